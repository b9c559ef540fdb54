import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { Ajv } from 'ajv';
import { manifestExample, manifestPage } from '../scripts/manifest-docs.js';
import { VERSION } from '../src/domain/version.js';
import { documentedTables } from '../src/manifest/documented.js';
import { manifestJsonSchema } from '../src/manifest/json-schema.js';
import { parseToml } from '../src/manifest/parse.js';
import { readManifest } from '../src/manifest/read.js';
import { formatProblem } from '../src/domain/problem.js';
import { ROOT } from './support/places.js';

const EXAMPLE = textOf('pets.toml.example');
const TABLES = documentedTables();

function textOf(path: string): string {
  return readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
}

/** What a person would see of it, or `ok`. */
function problemsIn(text: string, file: string): string {
  const read = readManifest(text, { file, directory: ROOT });
  return read.ok ? 'ok' : read.problems.map((problem) => formatProblem(problem)).join('\n');
}

describe.each(['pets.toml.example', 'examples/pets.toml'])('%s', (path) => {
  test('is a valid manifest', () => {
    expect(problemsIn(textOf(path), path)).toBe('ok');
  });

  test('is valid in an editor', () => {
    const parsed = parseToml(textOf(path), path);
    const validate = new Ajv({ allErrors: true, allowUnionTypes: true }).compile(manifestJsonSchema());
    expect([parsed.ok && validate(parsed.table), validate.errors]).toEqual([true, null]);
  });
});

test('docs/manifest.md and pets.toml.example are what `npm run docs` makes of the schema', () => {
  expect(textOf('docs/manifest.md')).toBe(manifestPage(textOf('scripts/manifest.template.md'), TABLES));
  expect(EXAMPLE).toBe(manifestExample(TABLES));
});

describe('pets.toml.example', () => {
  const lines = EXAMPLE.split('\n');

  test('has every key of every table, once', () => {
    for (const { header, of: table, keys } of TABLES) {
      const start = header === '' ? 0 : lines.indexOf(header);
      expect([header, start]).not.toEqual([header, -1]);
      const length = lines.slice(start + 1).findIndex((line) => line.startsWith('['));
      const section = lines.slice(start, length < 0 ? undefined : start + 1 + length);
      const written = section.flatMap((line) => /^(?:# )?([a-z-]+)[.\w"-]* = /.exec(line)?.[1] ?? []);
      const tables = TABLES.flatMap(({ of }) => (header === '[defaults]' ? [] : (of ?? [])));
      const expected = keys
        .map(({ key }) => key)
        .filter((key) => !tables.includes(key) && !tables.includes(`${table ?? ''}.${key}`));
      expect([header, [...new Set(written)]]).toEqual([header, expected]);
    }
  });

  test('is valid with each line that is commented out, in the place of what it cannot stand beside', () => {
    const commented = lines.filter((line) => /^# [a-z-]+ = /.test(line));
    expect(commented.map((line) => line.split(' ')[1])).toEqual([
      'config',
      'toplevel',
      'after',
      'was',
      'socket',
      'mode',
      'sops',
      'key',
      'env',
      'command',
      'generate',
      'length',
      'tcp',
      'unit',
      'command',
    ]);
    const plain = EXAMPLE.replace(/^(flake-ref|nixpkgs|modules|nixos\..*) = .*$/gm, '');
    expect(problemsIn(plain.replace('# toplevel', 'toplevel'), 'example')).toBe('ok');
    expect(problemsIn(plain.replace('# config', 'config'), 'example')).toBe('ok');
    expect(problemsIn(EXAMPLE.replace('# was', 'was'), 'example')).toBe('ok');
    expect(problemsIn(`${EXAMPLE.replace('# after', 'after')}[apps.db]\nflake-ref = "."\n`, 'example')).toBe(
      'ok',
    );
    const published = EXAMPLE.replace(
      /^\[\[.*\n[^[]*/m,
      '[[apps.web.publish]]\nsocket = "/run/web.sock"\nmode = "0666"\n\n',
    );
    expect(problemsIn(published, 'example')).toBe('ok');
    const noFile = EXAMPLE.replace('file = "./secrets/db"', '');
    const uncommented = (...keys: readonly string[]) =>
      keys.reduce((text, key) => text.replace(`# ${key} = `, `${key} = `), noFile);
    for (const keys of [['sops', 'key'], ['env'], ['command'], ['generate', 'length']])
      expect([keys, problemsIn(uncommented(...keys), 'example')]).toEqual([keys, 'ok']);
    const [before = '', health = ''] = EXAMPLE.split('[apps.web.health]');
    const noPath = health.replace(/^(path|status|host) = .*$/gm, '');
    const noPort = noPath.replace(/^port = .*$/m, '');
    for (const [key, text] of [
      ['tcp', noPath] as const,
      ['unit', noPort] as const,
      ['command', noPort] as const,
    ]) {
      const whole = `${before}[apps.web.health]${text.replace(`# ${key} = `, `${key} = `)}`;
      expect([key, problemsIn(whole, 'example')]).toEqual([key, 'ok']);
      expect(problemsIn(`${before}[apps.web.health]${text}`, 'example')).not.toBe('ok');
    }
  });
});

test('pets says the version that package.json has', () => {
  const { version } = JSON.parse(textOf('package.json')) as { version: string };
  expect(VERSION).toBe(version);
});
