import type { Binding, FunctionNode, LetNode, Node, SetNode } from './nodes.js';
import { lookUp, selfIn, setsOf, scopeIn, type Found, type Scope } from './scope.js';

/** Where modules can be added to a flake.nix. */
export type Place =
  /** As bindings of a set, behind one of them (null: it is empty), with what goes before their names. */
  | {
      readonly kind: 'binding';
      readonly holder: SetNode | LetNode;
      readonly after: Binding | null;
      readonly prefix: readonly string[];
      readonly self: string;
    }
  /** As a set that is joined to a binding's value with `//`. */
  | { readonly kind: 'update'; readonly binding: Binding; readonly at: number; readonly self: string };

/** Where nothing can be added by inserting text: what a person has to change. */
export type Shape =
  | { readonly kind: 'inherited' | 'value'; readonly binding: Binding }
  /** A module of flake-parts whose `flake` is written elsewhere. */
  | { readonly kind: 'parts'; readonly module: SetNode }
  | { readonly kind: 'outputs' }
  | { readonly kind: 'self' };

export class NoPlace extends Error {
  readonly shape: Shape;
  readonly self: string | null;
  constructor(reason: string, shape: Shape, self: string | null = null) {
    super(reason);
    this.name = 'NoPlace';
    this.shape = shape;
    this.self = self;
  }
}

const MODULES = 'nixosModules';

/** Where the modules of a flake are, whose `outputs` are this function. Throws NoPlace. */
export function placeIn(outputs: FunctionNode): Place {
  const scope = [outputs];
  const sets = setsOf(outputs.body, scope);
  // Of `a // b` the last one wins, and they are not merged.
  for (const { set, scope: around } of [...sets].reverse()) {
    const found = placeAt(set, [MODULES], around);
    if (found) return found;
  }
  const last = sets.at(-1);
  if (last && isAllWritten(outputs.body)) return atEnd(last, [MODULES]);
  const parts = partsOf(outputs.body, scope).at(-1);
  if (parts) return placeInParts(parts);
  throw new NoPlace(
    `its \`outputs\` have no \`${MODULES}\` that is written there`,
    { kind: 'outputs' },
    selfIn(scope),
  );
}

/** Whether nothing else can have modules than the sets that are written there. */
function isAllWritten(node: Node): boolean {
  switch (node.kind) {
    case 'set':
      return node.bindings.every(({ path }) => path !== null);
    case 'function':
    case 'let':
      return isAllWritten(node.body);
    case 'update':
      return node.sides.every(isAllWritten);
    case 'call':
    case 'name':
    case 'operand':
    case 'other':
      return false;
  }
}

/** The module that flake-parts makes a flake of. */
function partsOf(node: Node, scope: Scope): Found[] {
  switch (node.kind) {
    case 'function':
    case 'let':
      return partsOf(node.body, [node, ...scope]);
    case 'update':
      return node.sides.flatMap((side) => partsOf(side, scope));
    case 'call': {
      const module = node.to?.at(-1) === 'mkFlake' && node.args.length === 2 ? node.args[1] : undefined;
      return module ? setsOf(module, scope) : [];
    }
    case 'set':
    case 'name':
    case 'operand':
    case 'other':
      return [];
  }
}

/** Definitions of such a module are merged with those of others; in one set nothing can be defined twice. */
function placeInParts({ set, scope }: Found): Place {
  const config = set.bindings.find(({ path }) => path?.[0] === 'config');
  const inConfig = config?.path?.length === 1 ? setsOf(config.value, scope).at(-1) : undefined;
  if (inConfig) return placeInParts(inConfig);
  // Beside `config` nothing else is taken for a definition.
  const flake = config ? ['config', 'flake'] : ['flake'];
  const whole = set.bindings.find(({ path }) => path?.join('.') === flake.join('.'));
  const modules = [...flake, MODULES];
  if (!whole) return placeAt(set, modules, scope) ?? atEnd({ set, scope }, modules);
  const inner = setsOf(whole.value, scope).at(-1);
  if (inner) return placeAt(inner.set, [MODULES], inner.scope) ?? atEnd(inner, [MODULES]);
  throw new NoPlace(
    'its `flake` is no set that is written there',
    { kind: 'parts', module: set },
    selfIn(scope),
  );
}

/** Beside what is bound at that path already; null: nothing is. */
function placeAt(holder: SetNode | LetNode, path: readonly string[], scope: Scope): Place | null {
  const there = holder.bindings.filter((binding) => path.every((name, i) => binding.path?.[i] === name));
  const last = there.at(-1);
  if (!last) return null;
  const after = there.filter((binding) => (binding.path?.length ?? 0) > path.length).at(-1);
  if (after) return { kind: 'binding', holder, after, prefix: path, self: selfFor(scope) };
  return last.isInherited ? placeOfInherited(last, path, scope) : placeInValue(last, path, scope);
}

function placeInValue(binding: Binding, path: readonly string[], scope: Scope): Place {
  const inner = writtenIn(binding.value, scope).at(-1);
  if (inner) return atEnd(inner, []);
  if (binding.source && canBeUpdated(binding.value))
    return { kind: 'update', binding, at: binding.source.end, self: selfFor(scope) };
  throw noSet(path, { kind: 'value', binding }, scope);
}

/** What `let` binds is added to there. */
function placeOfInherited(binding: Binding, path: readonly string[], scope: Scope): Place {
  const name = binding.value.kind === 'name' ? binding.value.name : null;
  // Within a recursive set the name would be the inherited one itself.
  const around = scope.filter((frame) => frame.kind !== 'set' || !frame.bindings.includes(binding));
  const bound = name === null ? null : lookUp(name, around);
  const place = name === null || !bound ? null : placeAt(bound.holder, [name], bound.scope);
  if (place) return place;
  // There it cannot be written in terms of itself.
  const isRecursive = around.length < scope.length && binding.source === null;
  throw noSet(path, isRecursive ? { kind: 'outputs' } : { kind: 'inherited', binding }, scope);
}

function noSet(path: readonly string[], shape: Shape, scope: Scope): NoPlace {
  return new NoPlace(`\`${path.join('.')}\` is no set that is written there`, shape, selfIn(scope));
}

/** Names are not followed: what they stand for may be used elsewhere too. */
function writtenIn(node: Node, scope: Scope): Found[] {
  if (node.kind === 'let') return writtenIn(node.body, [node, ...scope]);
  if (node.kind === 'update') return node.sides.flatMap((side) => writtenIn(side, scope));
  return node.kind === 'set' ? [{ set: node, scope: scopeIn(node, scope) }] : [];
}

function canBeUpdated(node: Node): boolean {
  if (node.kind === 'let') return canBeUpdated(node.body);
  return ['name', 'call', 'operand', 'update'].includes(node.kind);
}

function atEnd({ set, scope }: Found, prefix: readonly string[]): Place {
  return { kind: 'binding', holder: set, after: set.bindings.at(-1) ?? null, prefix, self: selfFor(scope) };
}

function selfFor(scope: Scope): string {
  const self = selfIn(scope);
  if (self !== null) return self;
  throw new NoPlace('the function `outputs` does not take `self`', { kind: 'self' });
}
