import { bindingsText, type Added } from './added.js';
import { functionOf, outputsOf, Unfit } from './outputs.js';
import { NoPlace, placeIn, type Place } from './place.js';
import { lineOf, NotUnderstood } from './tokens.js';

/** Text to insert at a place of flake.nix; or why nobody can tell where. */
export type FlakeEdit =
  | { readonly ok: true; readonly at: number; readonly inserted: string }
  | { readonly ok: false; readonly reason: string };

/** Where modules belong in a flake.nix. What stands there stays as it is, byte for byte. */
export function modulesInsertion(text: string, added: readonly Added[]): FlakeEdit {
  try {
    return { ok: true, ...insertionAt(text, placeIn(functionOf(outputsOf(text))), added) };
  } catch (error) {
    if (error instanceof NotUnderstood)
      return { ok: false, reason: `line ${lineOf(text, error.at)}: ${error.message}` };
    if (error instanceof NoPlace || error instanceof Unfit) return { ok: false, reason: error.message };
    throw error;
  }
}

export function withInsertion(text: string, { at, inserted }: { at: number; inserted: string }): string {
  return text.slice(0, at) + inserted + text.slice(at);
}

type Insertion = { readonly at: number; readonly inserted: string };

/** Lines of their own, indented as the binding before them; on the same line where that does not begin one. */
function insertionAt(text: string, place: Place, added: readonly Added[]): Insertion {
  if (place.kind === 'update')
    return { at: place.at, inserted: ` // { ${bindingsText(added, [], place.self).join(' ')} }` };
  const { holder, after, prefix, self } = place;
  const lines = bindingsText(added, prefix, self);
  if (!after) return { at: holder.start, inserted: lines.map((line) => ` ${line}`).join('') };
  const begin = text.lastIndexOf('\n', after.start) + 1;
  const indent = text.slice(begin, after.start);
  if (/\S/.test(indent)) return { at: after.end, inserted: lines.map((line) => ` ${line}`).join('') };
  // What is said of a binding behind it stays with it.
  const rest = /^[ \t]*(?:#[^\n\r]*)?(?=\r?\n)/.exec(text.slice(after.end))?.[0] ?? '';
  const newline = text.slice(after.end + rest.length).startsWith('\r\n') ? '\r\n' : '\n';
  return {
    at: after.end + rest.length,
    inserted: lines.map((line) => `${newline}${indent}${line}`).join(''),
  };
}
