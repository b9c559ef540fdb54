import { describe, expect, test } from '@jest/globals';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { manifestJsonSchema } from '../../src/manifest/json-schema.js';
import { parseToml } from '../../src/manifest/parse.js';
import { readManifest } from '../../src/manifest/read.js';
import { manifestText } from './random.js';
import { problemsIn } from './reading.js';
import { examples } from '../sample.js';

type Schema = {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly anyOf?: readonly Schema[];
  readonly description?: string;
  readonly examples?: readonly unknown[];
};

const SCHEMA = manifestJsonSchema() as Schema;
const validate = new Ajv({ allErrors: true, allowUnionTypes: true }).compile(SCHEMA);

/** What an editor would say of it. */
function editorSays(text: string): string {
  const parsed = parseToml(text, 'pets.toml');
  if (!parsed.ok) return 'syntax';
  return validate(parsed.table) ? 'ok' : JSON.stringify(validate.errors);
}

/** Every place of the schema where a value stands, as a TOML path; `[]` is an element of a list. */
function placesOf(schema: Schema, path: string): [path: string, schema: Schema][] {
  const below = [
    ...Object.entries(schema.properties ?? {}).map(([key, one]) => [`${path}.${key}`, one] as const),
    ...(schema.items ? [[`${path}[]`, schema.items] as const] : []),
    ...(typeof schema.additionalProperties === 'object'
      ? [[`${path}.a`, schema.additionalProperties] as const]
      : []),
    ...(schema.anyOf ?? []).map((one) => [path, one] as const),
  ];
  const isKnown = (one: string) => !/\.apps\.a\.nixos\.|devices\.a\.type/.test(one);
  return [
    [path, schema],
    ...below.filter(([one]) => isKnown(one)).flatMap(([one, inner]) => placesOf(inner, one)),
  ];
}

const PLACES = [...new Map(placesOf(SCHEMA, '')).keys()].filter((path) => path !== '');
const VALUES = [
  '1',
  '-1.5',
  'true',
  '"\\u0001"',
  '""',
  '[]',
  '{}',
  '[[1]]',
  '[{}]',
  '{ zz = 1 }',
  '1979-05-27',
  'nan',
  '9007199254740993',
];

/** A manifest with a value at a place: `.apps.a.publish[].port`. */
function textWith(path: string, value: string): string {
  const wrapped = path
    .slice(1)
    .split('[]')
    .reduceRight((inner, part) => {
      const keys = part.split('.').filter(Boolean);
      return keys.reduceRight((one, key) => `{ ${key} = ${one} }`, inner === value ? value : `[${inner}]`);
    }, value);
  const inner = wrapped.replace(/^\{ (.*) \}$/, '$1');
  return `${inner.startsWith('project') ? '' : 'project = "x"\n'}${inner}\n`;
}

test('has a place for every key, each with words and an example', () => {
  expect(PLACES).toEqual(
    expect.arrayContaining([
      '.project',
      '.apps.a.publish[].port',
      '.apps.a.volumes.a.size',
      '.defaults.limits.cpu',
    ]),
  );
  for (const [path, { description, examples }] of placesOf(SCHEMA, '').filter(
    ([one, { description }]) => description !== undefined && one !== '',
  )) {
    expect([path, description]).toEqual([path, expect.stringMatching(/.{9}/)]);
    expect([path, examples]).toEqual([path, [expect.anything()]]);
  }
  expect(JSON.stringify(SCHEMA)).toContain('"http://json-schema.org/draft-07/schema#"');
});

describe('a value of any kind', () => {
  test.each(PLACES)('at %s is refused with its place, or valid in an editor as well', (path) => {
    const refused = VALUES.filter((value) => {
      const text = withSource(textWith(path, value));
      const read = readManifest(text, { file: 'pets.toml', directory: '/srv' });
      if (read.ok) expect([text, editorSays(text)]).toEqual([text, 'ok']);
      else expect([text, read.problems.filter(({ place }) => place === undefined)]).toEqual([text, []]);
      return !read.ok;
    });
    expect(refused.length).toBeGreaterThan(path === '.apps.a.nixos' ? 6 : 7);
  });
});

/** So that nothing but the value itself can be wrong. */
function withSource(text: string): string {
  return text.replace(/^apps = \{ a = \{ (?!flake-ref|config|toplevel)/m, 'apps = { a = { flake-ref = ".", ');
}

test('random manifests are valid in an editor as well', () => {
  fc.assert(
    fc.property(manifestText, (text) => {
      expect(problemsIn(text)).toBe('ok');
      // Integers beyond 2^53 are for `nixos` alone, which the plain parser does not know.
      if (editorSays(text) !== 'syntax') expect(editorSays(text)).toBe('ok');
    }),
    examples(200),
  );
});

test.each([
  ['apps.a = { flake-ref = ".", config = "./x" }'],
  ['apps.a = { port = 1 }'],
  ['apps.a = { flake-ref = ".", prot = 1 }'],
  ['apps."a b" = { flake-ref = "." }'],
  ['apps.a = { flake-ref = ".", volumes."a b" = "/x" }'],
  ['apps.a = { flake-ref = ".", volumes.a = {} }'],
  ['apps.a = { flake-ref = ".", incus.devices.x = {} }'],
  ['apps.a = { flake-ref = ".", limits.cpu = "x" }'],
])('%s is wrong in an editor', (line) => {
  expect(editorSays(`project = "x"\n${line}\n`)).not.toBe('ok');
});
