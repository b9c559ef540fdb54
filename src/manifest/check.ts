import * as v from 'valibot';
import type { ProblemCode } from '../domain/problem-code.js';
import type { KeyPath } from '../domain/problem.js';
import { answerTo } from './keys/brought.js';
import { whereIs } from './keys/kinds.js';
import type { ManifestSchema } from './schema.js';
import { type Entries, exampleOf, isOptional, type Shape, shapeOf } from './shape.js';
import { didYouMean } from '../lib/closest-match.js';
import { formatKeyPath, isTable, show } from './text.js';

/** Something wrong at a key; whoever has the text makes a `Problem` of it. */
export type Issue = {
  readonly code: ProblemCode;
  readonly path: KeyPath;
  readonly at: 'key' | 'value';
  /** Without the path. */
  readonly message: string;
  readonly hint?: string;
};

export type Say = (finding: Issue) => void;

type TableSchema = v.ObjectSchema<v.ObjectEntries, undefined>;
type Context = { readonly schema: ManifestSchema; readonly say: Say };
/** What is right of a table. */
export type Checked<T extends TableSchema> = Partial<v.InferOutput<T>>;

export type App = Checked<ManifestSchema['app']>;

/**
 * An app as far as it is right: what is wrong with one of its keys must not hide what is wrong with another.
 * What it leaves to [defaults] is filled in.
 */
export type PartialApp = {
  /** As written; it may be no name. */
  readonly name: string;
  readonly path: KeyPath;
  readonly keys: App;
  /** Every key that stands in the app's own table, right or wrong. */
  readonly written: ReadonlySet<string>;
};

/** A table's values by its part of the schema, or null where it is no table; what is wrong with it is said. */
export function checkTable<T extends TableSchema>(
  { schema, say }: Context,
  expected: T,
  value: unknown,
  path: KeyPath,
): Checked<T> | null {
  if (!isTable(value)) {
    const hint = `[${formatKeyPath(path)}], and below it: flake-ref = "github:owner/repo"`;
    say({ code: 'manifest-value', path, at: 'value', message: `expected a table, got ${show(value)}`, hint });
    return null;
  }
  sayUnknownKeys({ kind: 'table', entries: expected.entries }, value, path, (entries, at) => {
    const hint =
      answerTo(at, valueAt(value, at.slice(path.length))) ?? unknownKeyHint(schema, entries, at, value);
    say({
      code: 'manifest-unknown-key',
      path: at,
      at: 'key',
      message: 'unknown key',
      ...(hint !== null && { hint }),
    });
  });
  const right: Record<string, unknown> = {};
  for (const [key, entry] of Object.entries(expected.entries)) {
    if (!Object.hasOwn(value, key)) {
      const message = `\`${key}\` is missing`;
      if (!isOptional(entry))
        say({ code: 'manifest-missing-key', path, at: 'key', message, hint: exampleOf(key, entry) });
      continue;
    }
    const result = v.safeParse(entry, value[key]);
    if (result.success) right[key] = result.output;
    else for (const issue of result.issues) say(findingOf(issue, [...path, key]));
  }
  return right;
}

function findingOf(issue: v.BaseIssue<unknown>, above: KeyPath): Issue {
  const { steps, at } = whereIs(issue);
  const [message = '', ...hint] = issue.message.split('\n');
  const code = at === 'key' && issue.type === 'object' ? 'manifest-missing-key' : 'manifest-value';
  return { code, path: [...above, ...steps], at, message, ...(hint.length > 0 && { hint: hint.join('\n') }) };
}

type OnUnknown = (known: Entries, path: KeyPath) => void;

/** In the table and those below it. Not valibot's strictObject: it passes over `constructor` and `__proto__`. */
function sayUnknownKeys(shape: Shape, value: unknown, path: KeyPath, onUnknown: OnUnknown): void {
  const into = (below: v.GenericSchema, one: unknown, ...step: KeyPath) => {
    sayUnknownKeys(shapeOf(below), one, [...path, ...step], onUnknown);
  };
  if (shape.kind === 'list' && Array.isArray(value))
    for (const [i, one] of value.entries()) into(shape.item, one, i);
  if (!isTable(value)) return;
  if (shape.kind === 'map') for (const [key, one] of Object.entries(value)) into(shape.values, one, key);
  if (shape.kind === 'either') into(shape.long, value);
  if (shape.kind !== 'table') return;
  for (const [key, one] of Object.entries(value)) {
    const entry = Object.hasOwn(shape.entries, key) ? shape.entries[key] : undefined;
    if (entry) into(entry, one, key);
    else onUnknown(shape.entries, [...path, key]);
  }
}

function valueAt(table: unknown, path: KeyPath): unknown {
  return path.reduce((at, step) => (at as Readonly<Record<string | number, unknown>>)[step], table);
}

/** Where the key belongs, or what it could be. `value`: of the whole table. */
function unknownKeyHint(
  schema: ManifestSchema,
  known: Entries,
  path: KeyPath,
  value: Readonly<Record<string, unknown>>,
): string | null {
  const key = String(path.at(-1));
  const below = (entry: v.GenericSchema) => {
    const shape = shapeOf(entry);
    return shape.kind === 'table' ? shape.entries : {};
  };
  const { limits, incus } = schema.app.entries;
  const homes: readonly (readonly [Entries, string])[] = [
    [schema.top.entries, 'at the top of the file, before the first [table]'],
    [schema.defaults.entries, 'in [defaults] or [apps.<name>]'],
    [schema.app.entries, 'in [apps.<name>]'],
    [below(limits), 'in [apps.<name>.limits]'],
    [below(incus), 'in [apps.<name>.incus]'],
  ];
  const home = homes.find(([entries]) => Object.hasOwn(entries, key));
  if (home) return `\`${key}\` belongs ${home[1]}`;
  const meant = didYouMean(key, Object.keys(known));
  if (meant !== null) return meant;
  const isApp = known === schema.top.entries && isTable(value[key]);
  return isApp ? `apps are written [apps.${formatKeyPath([key])}]` : null;
}
