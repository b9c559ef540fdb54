import * as v from 'valibot';
import type { KeyPath } from '../problem.js';
import type { ManifestSchema } from './schema.js';
import { didYouMean } from './suggest.js';
import { formatKeyPath, isTable, show } from './text.js';

/** Something wrong at a key; whoever has the text makes a `Problem` of it. */
export type Finding = {
  readonly path: KeyPath;
  readonly at: 'key' | 'value';
  /** Without the path. */
  readonly message: string;
  readonly hint?: string;
};

type TableSchema = v.ObjectSchema<v.ObjectEntries, undefined>;
type Context = { readonly schema: ManifestSchema; readonly findings: Finding[] };

/** A table's value by its part of the schema, or null; what is wrong with it is added to the findings. */
export function checkTable<T extends TableSchema>(
  { schema, findings }: Context,
  expected: T,
  value: unknown,
  path: KeyPath,
): v.InferOutput<T> | null {
  if (!isTable(value)) {
    const hint = `[${formatKeyPath(path)}], and below it: flake-ref = "github:owner/repo"`;
    findings.push({ path, at: 'value', message: `expected a table, got ${show(value)}`, hint });
    return null;
  }
  // Not valibot's strictObject: it passes over keys named `constructor` and `__proto__`.
  for (const key of Object.keys(value)) {
    if (Object.hasOwn(expected.entries, key)) continue;
    const hint = unknownKeyHint(schema, expected, key, value[key]);
    findings.push({ path: [...path, key], at: 'key', message: 'unknown key', ...hint });
  }
  const result = v.safeParse(expected, value);
  if (result.success) return result.output;
  for (const issue of result.issues) findings.push(findingOf(issue, expected, path));
  return null;
}

function findingOf(issue: v.BaseIssue<unknown>, { entries }: TableSchema, path: KeyPath): Finding {
  const key = String(issue.path?.[0]?.key);
  if (issue.type === 'object') {
    return { path, at: 'key', message: `\`${key}\` is missing`, hint: `${key} = ${exampleOf(entries[key])}` };
  }
  const [message = '', ...hint] = issue.message.split('\n');
  return { path: [...path, key], at: 'value', message, ...(hint.length > 0 && { hint: hint.join('\n') }) };
}

function exampleOf(schema: v.GenericSchema | undefined): string {
  const example = schema && v.getMetadata(schema)['example'];
  return typeof example === 'string' ? example : '…';
}

function unknownKeyHint(schema: ManifestSchema, expected: TableSchema, key: string, value: unknown) {
  const homes: readonly (readonly [TableSchema, string])[] = [
    [schema.top, 'at the top of the file, before the first [table]'],
    [schema.defaults, 'in [defaults] or [apps.<name>]'],
    [schema.app, 'in [apps.<name>]'],
  ];
  const home = homes.find(([table]) => Object.hasOwn(table.entries, key));
  const meant = didYouMean(key, Object.keys(expected.entries));
  if (home) return { hint: `\`${key}\` belongs ${home[1]}` };
  if (meant !== null) return { hint: meant };
  return expected === schema.top && isTable(value)
    ? { hint: `apps are written [apps.${formatKeyPath([key])}]` }
    : {};
}
