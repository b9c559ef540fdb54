import type { FunctionNode, LetNode, Node, SetNode } from './nodes.js';

/** What gives names to the code within it. */
export type Frame = FunctionNode | LetNode | SetNode;
/** The innermost first. */
export type Scope = readonly Frame[];

/** An attribute set, or the modules of flake-parts, with what is around them. */
export type Found = { readonly set: SetNode; readonly scope: Scope };

/** Names can stand for one another in a circle. */
const MOST_NAMES = 20;

/** The sets that a value is, or is put together from with `//`: names are followed, and functions entered. */
export function setsOf(node: Node, scope: Scope, names = MOST_NAMES): Found[] {
  switch (node.kind) {
    case 'set':
      return [{ set: node, scope: scopeIn(node, scope) }];
    case 'function':
    case 'let':
      return setsOf(node.body, [node, ...scope], names);
    case 'update':
      return node.sides.flatMap((side) => setsOf(side, scope, names));
    case 'name':
      return names > 0 ? setsOfName(node.name, scope, names - 1) : [];
    case 'call':
    case 'operand':
    case 'other':
      return [];
  }
}

function setsOfName(name: string, scope: Scope, names: number): Found[] {
  const bound = lookUp(name, scope);
  const exact = bound?.holder.bindings.find(({ path }) => path?.length === 1 && path[0] === name);
  if (!bound || !exact) return [];
  // What a set inherits is in scope around it.
  return setsOf(exact.value, exact.isInherited ? bound.scope.slice(1) : bound.scope, names);
}

/** What is in a set sees its names only where it is recursive. */
export function scopeIn(set: SetNode, scope: Scope): Scope {
  return set.isRecursive ? [set, ...scope] : scope;
}

/** Where a name is bound by `let` or a recursive set; null: by nothing that is written there. `scope`: from there. */
export function lookUp(
  name: string,
  scope: Scope,
): { readonly holder: LetNode | SetNode; readonly scope: Scope } | null {
  for (const [i, frame] of scope.entries()) {
    if (frame.kind === 'function') {
      if (frame.whole === name || frame.names.includes(name)) return null;
    } else if (frame.bindings.some(({ path }) => path?.[0] === name)) {
      return { holder: frame, scope: scope.slice(i) };
    }
  }
  return null;
}

/** The expression for the flake itself; null: no function around it takes it. */
export function selfIn(scope: Scope): string | null {
  const functions = scope.filter((frame) => frame.kind === 'function');
  if (functions.some(({ names }) => names.includes('self'))) return 'self';
  const whole = functions.at(-1)?.whole ?? null;
  return whole === null ? null : `${whole}.self`;
}
