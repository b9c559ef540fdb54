import * as v from 'valibot';
import type { NixValue } from '../../domain/manifest.js';
import type { KeyPath } from '../../domain/problem.js';
import { pathItems, refuse, type Refused, wordsOf } from './kinds.js';
import { isTable, show, TomlDate, TomlFloat } from '../text.js';
import type { NixTable } from '../../domain/nix-value.js';

type Refuse = (path: KeyPath, refused: Refused) => void;

/** A table of NixOS options: data of any depth. */
export const nixos = v.pipe(
  v.unknown(),
  v.rawTransform<unknown, NixTable>(({ dataset, addIssue, NEVER }) => {
    const input = dataset.value;
    if (isTable(input)) {
      return nixTable(input, [], (path, refused) => {
        addIssue({ message: wordsOf(refused), path: pathItems(input, path) });
      });
    }
    addIssue({ message: `expected a table of NixOS options, got ${show(input)}` });
    return NEVER;
  }),
  v.metadata({ json: { type: 'object' } }),
);

function nixTable(table: Readonly<Record<string, unknown>>, path: KeyPath, say: Refuse): NixTable {
  const entries = Object.entries(table);
  return Object.fromEntries(
    entries.map(([key, value]) => {
      const at = [...path, key];
      if (key.includes('\0')) say(at, refuse(NO_NUL));
      if (key === '_type') say(at, refuse('`_type` is for Nix to set: values here are data'));
      // Else this table would look like a `Float`.
      const alone = key === 'float' && entries.length === 1;
      if (alone && typeof value === 'number' && Number.isFinite(value)) return [key, BigInt(value)];
      return [key, nixValue(value, at, say, alone)];
    }),
  );
}

function nixValue(value: unknown, path: KeyPath, say: Refuse, boxed = false): NixValue {
  if (typeof value === 'string' && value.includes('\0')) say(path, refuse(NO_NUL));
  if (typeof value === 'number' && !Number.isFinite(value))
    say(path, refuse(`Nix has no ${Number.isNaN(value) ? 'NaN' : 'infinity'}`));
  if (value instanceof TomlFloat) return floatValue(value.value, path, say, boxed);
  if (value instanceof TomlDate)
    say(path, refuse('Nix has no dates', 'quote it: NixOS options take dates as text'));
  else if (Array.isArray(value)) return value.map((one, i) => nixValue(one, [...path, i], say));
  else if (isTable(value)) return nixTable(value, path, say);
  return value as NixValue;
}

function floatValue(value: number, path: KeyPath, say: Refuse, boxed: boolean): NixValue {
  if (!Number.isFinite(value)) say(path, refuse('the number is too large'));
  return boxed || Number.isInteger(value) ? { float: value } : value;
}

const NO_NUL = "Nix' strings hold no U+0000";
