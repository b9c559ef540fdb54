import type { NixValue } from '../domain/manifest.js';
import type { KeyPath } from '../domain/problem.js';
import { isTable } from '../lib/json.js';

type Options = { readonly [name: string]: NixValue };

/** The option that an error of the module system is about; words and quotes differ between releases of nixpkgs. */
const OPTION =
  /(?:A definition for option|The (?:unique )?option(?: path| value)?|Cannot merge definitions of) [`'‘](.*?)[`'’](?: (?:is|has|does|was|in|can|defined|given)\b|\.)/;
const PART = /"((?:[^"\\]|\\[^])*)"|[^."]+/g;

/**
 * Which value of an app's `nixos` table Nix complains of, as a path in the manifest. Null: of none. `words`: the
 * error with its definition places, among which nix/options.nix names the table.
 */
export function blameValue(words: string, app: string, nixos: Options): KeyPath | null {
  const option = OPTION.exec(words)?.[1];
  const table = new RegExp(`(?:[\`'‘]|^\\s*- )\\[apps\\.${app}\\.nixos\\](?:[\`'’.]|$)`, 'm');
  if (option === undefined || !table.test(words)) return null;
  return ['apps', app, 'nixos', ...deepest(partsOf(option), nixos)];
}

/** `services."my.host".port` → its parts. */
function partsOf(option: string): string[] {
  return [...option.matchAll(PART)].map(([part, quoted]) =>
    quoted === undefined ? part : quoted.replace(/\\([^])/g, '$1'),
  );
}

/** As far as the table has it: an option's path goes on inside lists, and ends before what is in its value. */
function deepest(parts: readonly string[], table: Options): string[] {
  const [name, ...rest] = parts;
  if (name === undefined || !Object.hasOwn(table, name)) return [];
  const value = table[name];
  return value !== undefined && isTable(value) ? [name, ...deepest(rest, value)] : [name];
}
