import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import * as v from 'valibot';
import { VERSION } from '../src/cli/version.js';
import { parseToml } from '../src/manifest/parse.js';
import { readManifest } from '../src/manifest/read.js';
import { schemaOf } from '../src/manifest/schema.js';
import { isTable } from '../src/manifest/text.js';
import { formatProblem } from '../src/problem.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SCHEMA = schemaOf(ROOT);
const EXAMPLE = textOf('pets.toml.example');

function textOf(path: string): string {
  return readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
}

/** What a person would see of it, or `ok`. */
function problemsIn(path: string): string {
  const read = readManifest(textOf(path), { file: path, directory: ROOT });
  return read.ok ? 'ok' : read.problems.map((problem) => formatProblem(problem)).join('\n');
}

test.each(['pets.toml.example', 'examples/pets.toml'])('%s is a valid manifest', (path) => {
  expect(problemsIn(path)).toBe('ok');
});

type Entries = Readonly<Record<string, v.GenericSchema>>;
/** Each table of the example with its part of the schema. */
const TABLES: readonly (readonly [name: string, entries: Entries, header: string | null])[] = [
  ['top', SCHEMA.top.entries, null],
  ['defaults', SCHEMA.defaults.entries, '[defaults]'],
  ['apps.web', SCHEMA.app.entries, '[apps.web]'],
];

describe.each(TABLES)('pets.toml.example, %s', (_, entries, header) => {
  test('has every key of the schema, and no other', () => {
    expect(Object.keys(tableAt(header)).sort()).toEqual(Object.keys(entries).sort());
  });

  test.each(Object.entries(entries))('says what `%s` means, and its default', (key, entry) => {
    const [comment = '', value] = writtenAt(header, key);
    expect(comment.split('\n')[0]).toBe(`# ${v.getDescription(entry) ?? ''}`);
    const example = v.getMetadata(entry)['example'];
    // A table's own header stands for its value.
    if (value !== null) expect(value).toBe(example);
  });
});

function tableAt(header: string | null): object {
  const parsed = parseToml(EXAMPLE, 'pets.toml.example');
  let table: unknown = parsed.ok ? parsed.table : null;
  for (const key of header === null ? [] : header.slice(1, -1).split('.'))
    table = isTable(table) ? table[key] : null;
  return isTable(table) ? table : {};
}

/** The comment above a key, and its value as it is written; a table's key is its header. */
function writtenAt(header: string | null, key: string): [comment: string | undefined, value: string | null] {
  const lines = EXAMPLE.split('\n');
  const start = header === null ? 0 : lines.indexOf(header);
  const isKey = (line: string) => line.startsWith(`${key} = `);
  const isHeader = (line: string) => line === `[${key}]` || line.startsWith(`[${key}.`);
  const at = lines.findIndex((line, i) => i >= start && (isKey(line) || (header === null && isHeader(line))));
  const line = lines[at] ?? '';
  let first = at;
  while (lines[first - 1]?.startsWith('#')) first--;
  return [lines.slice(first, at).join('\n'), isKey(line) ? line.slice(`${key} = `.length) : null];
}

test('no key is written twice in a table, not even in a comment', () => {
  const keys = EXAMPLE.split('\n').flatMap((line) => /^#? ?([a-z-]+) = /.exec(line)?.[1] ?? []);
  expect(keys).toHaveLength(TABLES.reduce((sum, [, entries]) => sum + Object.keys(entries).length, 0) - 2);
});

test('pets says the version that package.json has', () => {
  const { version } = JSON.parse(textOf('package.json')) as { version: string };
  expect(VERSION).toBe(version);
});
