import { describe, expect, test } from '@jest/globals';
import { documentedTables } from '../../src/manifest/documented.js';
import { readManifest } from '../../src/manifest/read.js';
import { formatProblem } from '../../src/problem.js';

/** Text that is no manifest ends as problems, each with a place and without control characters. */
function expectProblems(text: string): void {
  const start = performance.now();
  const read = readManifest(text, { file: 'pets.toml', directory: '/srv' });
  const ms = performance.now() - start;
  expect([text.slice(0, 200), read.ok]).toEqual([text.slice(0, 200), false]);
  const problems = read.ok ? [] : read.problems;
  expect(problems.filter(({ place }) => !place || place.line < 1 || place.column < 1)).toEqual([]);
  const shown = problems.map((problem) => formatProblem(problem)).join('');
  expect(/[^\P{Cc}\n\t]/u.test(shown)).toBe(false);
  expect(ms).toBeLessThan(20_000);
}

const APP = 'project = "x"\n[apps.web]\nflake-ref = "."\n';

describe('syntax', () => {
  test.each([
    '=',
    'a',
    'a =',
    'a = ]',
    'a = [',
    'a = {',
    'a = [1',
    'a = {b',
    'a = {b = 1',
    'a = {b = 1, c',
    'a = "',
    "a = '",
    'a = """',
    "a = '''",
    'a = "\\q"',
    'a = "\\u12"',
    'a = "\\uD800"',
    'a = "\\U7fffffff"',
    'a = "\t\u0001"',
    "a = '\u0000'",
    '# \u0001',
    'a = 1_',
    'a = _1',
    'a = 1__0',
    'a = 01',
    'a = 0x',
    'a = 0b2',
    'a = 0o9',
    'a = +',
    'a = 1.',
    'a = .5',
    'a = 1.e5',
    'a = 1e',
    'a = 1e+',
    'a = tru',
    'a = True',
    'a = nul',
    'a = in',
    'a = +na',
    'a = 1 2',
    'a = 1979-5-27',
    'a = 1979-02-30T00:00:00Z',
    'a = 1979-13-01',
    'a = 25:00:00',
    'a = 07:61:00',
    'a = 1979-05-27T',
    'a = 1979-05-27T07:32:00+99:99',
    'a = 1979-05-27 07',
    'a = 07:32',
    'a = 10:00:00',
    '[',
    '[]',
    '[a',
    '[a]]',
    '[[a]',
    '[[a',
    '[a.]',
    '[.a]',
    '[a..b]',
    '[a] b',
    '[a]\n[a]',
    'a = 1\na = 2',
    'a = 1\n[a]',
    '[[a]]\n[a]',
    'a = []\n[[a]]',
    'a.b = 1\n[a]',
    '[a.b]\n[a]\nb = 1',
    'a = {}\na.b = 1',
    'a b = 1',
    '"a',
    '"a" "b" = 1',
    'a = {,}',
    'a = {b = 1,}',
    'a = {b = 1,, c = 2}',
    'a = {b = 1\n}',
    'a = [1,,2]',
    'a = \u00a01',
    'a\u0000 = 1',
    '\u2028',
    '\ud800',
    'a = "\udfff"',
    '\uFEFF\uFEFFa = 1',
    'a = 1\rb = 2',
  ])('%j', (text) => {
    expectProblems(text);
    expectProblems(`${APP}nixos.x = 1\n${text}`);
    expectProblems(`\uFEFF${APP}${text}`.replaceAll('\n', '\r\n'));
  });
});

describe('names of inherited properties', () => {
  const NAMES = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf'];
  const tables = documentedTables().filter(({ header }) => header !== '');

  test.each(NAMES)('%s is a key that nobody knows, in every table', (name) => {
    for (const { header } of tables) {
      expectProblems(`${header === '[apps.web]' ? 'project = "x"\n' : APP}${header}\n${name} = 1\n`);
      expectProblems(`${APP}x.${name}.${name} = 1\n`);
    }
    expectProblems(`project = "x"\n[apps.web]\n${name}.flake-ref = "."\n`);
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  test.each(NAMES)('%s as the name of an app, a volume, a device, an option', (name) => {
    const text = `project = "x"\n[apps.${name}]\nflake-ref = "."\nvolumes.${name} = "/x"\nnixos.${name}.${name} = 1\nincus.devices.${name}.type = "gpu"\n`;
    const read = readManifest(text, { file: 'pets.toml', directory: '/srv' });
    expect(read.ok).toBe(name !== '__proto__');
  });
});

describe('too much', () => {
  const LEVELS = 20_000;
  test.each([
    ['lists', `project = ${'['.repeat(LEVELS)}${']'.repeat(LEVELS)}`],
    ['tables', `project = ${'{a='.repeat(LEVELS)}1${'}'.repeat(LEVELS)}`],
    ['lists that nobody closes', `project = ${'['.repeat(LEVELS)}`],
    ['dotted keys', `${APP}nixos.${'a.'.repeat(LEVELS)}a = 1`],
    ['headers', `${APP}[apps.web.nixos${'.a'.repeat(LEVELS)}]\nb = 1`],
    ['options', `${APP}nixos.x = ${'['.repeat(100)}1${']'.repeat(100)}`],
    ['digits', `project = ${'9'.repeat(300_000)}`],
    ['a line', `project = "${'x'.repeat(3_000_000)}"`],
    ['a key', `${'k'.repeat(1_000_000)} = 1`],
    ['keys', Array.from({ length: 20_000 }, (_, i) => `k${i} = 1`).join('\n')],
    [
      'apps',
      `project = "x"\n${Array.from({ length: 10_000 }, (_, i) => `[apps.a${i}]\nafter = ["b${i}"]\nprot = 1\nport = 80`).join('\n')}`,
    ],
    ['binds', `${APP}binds = [${'"./x:/x", '.repeat(10_000)}]`],
  ])('%s', (_, text) => {
    expectProblems(text);
  });
});
