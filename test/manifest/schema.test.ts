import { expect, test } from '@jest/globals';
import * as v from 'valibot';
import { readManifest } from '../../src/manifest/read.js';
import { schemaOf } from '../../src/manifest/schema.js';
import { suggest } from '../../src/manifest/suggest.js';

test('every key has a meaning; every plain key an example that is a valid manifest', () => {
  const schema = schemaOf('/srv');
  for (const table of [schema.top, schema.defaults, schema.app]) {
    for (const [key, entry] of Object.entries<v.GenericSchema>(table.entries)) {
      expect([key, v.getDescription(entry)]).toEqual([key, expect.stringMatching(/.{10}/)]);
    }
  }
  const example = (entry: v.GenericSchema) => String(v.getMetadata(entry)['example']);
  const pairs = Object.entries<v.GenericSchema>(schema.app.entries).map(
    ([key, entry]) => `${key} = ${example(entry)}`,
  );
  const text = `project = ${example(schema.top.entries.project)}\n[apps.web]\n${pairs.join('\n')}\n`;
  expect(readManifest(text, { file: 'pets.toml', directory: '/srv' })).toMatchObject({ ok: true });
});

test.each([
  ['prot', 'port'],
  ['ports', 'port'],
  ['flake_ref', 'flake-ref'],
  ['flakeRef', 'flake-ref'],
  ['flake', null],
  ['Listen', 'listen'],
  ['nixpkg', 'nixpkgs'],
  ['volumes', null],
  ['', null],
  ['x'.repeat(100_000), null],
])('suggest: %.20s → %s', (word, expected) => {
  expect(suggest(word, ['flake-ref', 'port', 'listen', 'nixpkgs'])).toBe(expected);
});
