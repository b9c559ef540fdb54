import type { Binding, Node } from './nodes.js';
import { parseNix } from './syntax.js';
import { NotUnderstood } from './tokens.js';

/** Text to insert at a place of flake.nix; or why nobody can tell where. */
export type FlakeEdit =
  | { readonly ok: true; readonly at: number; readonly inserted: string }
  | { readonly ok: false; readonly reason: string };

type SetNode = Extract<Node, { kind: 'set' }>;
type FunctionNode = Extract<Node, { kind: 'function' }>;

/**
 * Where `nixosModules.incus` belongs in a flake.nix. `valueFor`: its value, given the expression for the flake
 * itself (`self`, `inputs.self`). What stands there stays as it is, byte for byte.
 */
export function incusInsertion(text: string, valueFor: (self: string) => string): FlakeEdit {
  try {
    const outputs = outputsOf(parseNix(text));
    const place = placeIn(outputs.body);
    return { ok: true, ...insertionAt(text, place, `${place.name} = ${valueFor(selfOf(outputs))};`) };
  } catch (error) {
    if (error instanceof NotUnderstood) return { ok: false, reason: reasonOf(error, text) };
    throw error;
  }
}

export function withInsertion(text: string, { at, inserted }: { at: number; inserted: string }): string {
  return text.slice(0, at) + inserted + text.slice(at);
}

/** `at` -1: it is about the file, and no place in it. */
function reasonOf({ message, at }: NotUnderstood, text: string): string {
  return at < 0 ? message : `line ${text.slice(0, at).split('\n').length}: ${message}`;
}

function refuse(reason: string): NotUnderstood {
  return new NotUnderstood(reason, -1);
}

function outputsOf(flake: Node): FunctionNode {
  if (flake.kind !== 'set') throw refuse('flake.nix is no plain attribute set');
  const [outputs] = named(flake, 'outputs');
  if (outputs?.path?.length !== 1) throw refuse('there is no plain `outputs = …` in it');
  if (outputs.value.kind !== 'function')
    throw refuse('its `outputs` are not a function that is written there');
  return outputs.value;
}

function selfOf({ names, whole }: FunctionNode): string {
  if (names.includes('self')) return 'self';
  if (whole !== null) return `${whole}.self`;
  throw refuse('the function `outputs` does not take `self`');
}

/** The set to insert in, behind which of its bindings (null: it is empty), and the name to give there. */
type Place = { readonly set: SetNode; readonly after: Binding | null; readonly name: string };

const MODULES = 'nixosModules';

function placeIn(body: Node): Place {
  const results = resultsOf(body);
  // Of `a // b` the last one wins, and they are not merged.
  for (const set of [...results.plain].reverse()) {
    const found = placeIfAny(set, [MODULES]);
    if (found) return found;
  }
  const parts = results.parts.at(-1);
  if (parts) return placeInParts(parts);
  throw refuse(`its \`outputs\` have no \`${MODULES}\` that is written there`);
}

/** A module of flake-parts, whose definitions are merged with those of other modules. */
function placeInParts(set: SetNode): Place {
  const inner = named(set, 'flake').find(({ path, value }) => path?.length === 1 && value.kind === 'set');
  if (inner?.value.kind === 'set') {
    return placeIfAny(inner.value, [MODULES]) ?? { ...atEnd(inner.value), name: `${MODULES}.incus` };
  }
  return placeIfAny(set, ['flake', MODULES]) ?? { ...atEnd(set), name: `flake.${MODULES}.incus` };
}

/** Beside what the set has at that path already; null where it has nothing. */
function placeIfAny(set: SetNode, path: readonly string[]): Place | null {
  const there = set.bindings.filter((binding) => path.every((name, i) => binding.path?.[i] === name));
  const last = there.at(-1);
  if (!last) return null;
  const longer = there.filter((binding) => (binding.path?.length ?? 0) > path.length).at(-1);
  if (longer) return { set, after: longer, name: [...path, 'incus'].join('.') };
  const inner = resultsOf(last.value).plain.at(-1);
  if (!inner) throw refuse(`\`${path.join('.')}\` is no set that is written there`);
  return { ...atEnd(inner), name: 'incus' };
}

function atEnd(set: SetNode): Pick<Place, 'set' | 'after'> {
  return { set, after: set.bindings.at(-1) ?? null };
}

function named({ bindings }: SetNode, name: string): Binding[] {
  return bindings.filter(({ path }) => path?.[0] === name);
}

/** Sets that a value is, or is put together from with `//`; and the modules that flake-parts makes a flake of. */
type Results = { readonly plain: readonly SetNode[]; readonly parts: readonly SetNode[] };

function resultsOf(node: Node): Results {
  switch (node.kind) {
    case 'set':
      return { plain: [node], parts: [] };
    case 'function':
      return resultsOf(node.body);
    case 'update': {
      const all = node.sides.map(resultsOf);
      return { plain: all.flatMap(({ plain }) => plain), parts: all.flatMap(({ parts }) => parts) };
    }
    case 'call': {
      const isParts = node.to?.at(-1) === 'mkFlake' && node.args.length === 2;
      const module = isParts ? node.args[1] : undefined;
      return { plain: [], parts: module ? resultsOf(module).plain : [] };
    }
    case 'other':
      return { plain: [], parts: [] };
  }
}

/** A line of its own, indented as the binding before it; on the same line where that does not begin one. */
function insertionAt(text: string, { set, after }: Place, line: string): { at: number; inserted: string } {
  if (!after) return { at: set.start, inserted: ` ${line}` };
  const begin = text.lastIndexOf('\n', after.start) + 1;
  const indent = text.slice(begin, after.start);
  if (/\S/.test(indent)) return { at: after.end, inserted: ` ${line}` };
  // What is said of a binding behind it stays with it.
  const rest = /^[ \t]*(?:#[^\n\r]*)?(?=\r?\n)/.exec(text.slice(after.end))?.[0] ?? '';
  const newline = text.slice(after.end + rest.length).startsWith('\r\n') ? '\r\n' : '\n';
  return { at: after.end + rest.length, inserted: `${newline}${indent}${line}` };
}
