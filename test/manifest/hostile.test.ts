// First: what is loaded after it is counted.
import { steepParts } from '../work.js';
import { describe, expect, test } from '@jest/globals';
import { documentedTables } from '../../src/manifest/documented.js';
import { readManifest } from '../../src/manifest/read.js';
import { formatProblem } from '../../src/domain/problem.js';
import { problemsIn } from './reading.js';

/** Text that is no manifest ends as problems, each with a place and without control characters. */
function expectProblems(text: string): void {
  const read = readManifest(text, { file: 'pets.toml', directory: '/srv' });
  expect([text.slice(0, 200), read.ok]).toEqual([text.slice(0, 200), false]);
  const problems = read.ok ? [] : read.problems;
  expect(problems.filter(({ place }) => !place || place.line < 1 || place.column < 1)).toEqual([]);
  const shown = problems.map((problem) => formatProblem(problem)).join('');
  expect(/[^\P{Cc}\n\t]/u.test(shown)).toBe(false);
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
  const tooMuch: readonly (readonly [what: string, textOf: (n: number) => string, most: number])[] = [
    ['lists', (n) => `project = ${'['.repeat(n)}${']'.repeat(n)}`, 10_000],
    ['tables', (n) => `project = ${'{a='.repeat(n)}1${'}'.repeat(n)}`, 10_000],
    ['lists that nobody closes', (n) => `project = ${'['.repeat(n)}`, 10_000],
    ['dotted keys', (n) => `${APP}nixos.${'a.'.repeat(n)}a = 1`, 10_000],
    ['headers', (n) => `${APP}[apps.web.nixos${'.a'.repeat(n)}]\nb = 1`, 10_000],
    ['options', (n) => `${APP}nixos.x = ${'['.repeat(n)}1${']'.repeat(n)}`, 100],
    ['digits', (n) => `project = ${'9'.repeat(n)}`, 100_000],
    ['a line', (n) => `project = "${'x'.repeat(n)}"`, 100_000],
    ['a key', (n) => `${'k'.repeat(n)} = 1`, 100_000],
    ['keys', (n) => Array.from({ length: n }, (_, i) => `k${1000 + i} = 1`).join('\n'), 2000],
    [
      'apps',
      (n) =>
        `project = "x"\n${Array.from({ length: n }, (_, i) => `[apps.a${i}]\nafter = ["b${i}"]\nprot = 1\nport = 80`).join('\n')}`,
      300,
    ],
    ['binds', (n) => `${APP}binds = [${'"./x:/x", '.repeat(n)}]`, 2000],
  ];

  test.each(tooMuch)('%s', (_, textOf, most) => {
    expectProblems(textOf(most));
  });

  /** How many times the work: what an app mounts is compared with all else that it mounts. */
  const TIMES: Readonly<Record<string, number>> = { binds: 4.5 };

  // Eighty are more than what is allowed or suggested: nothing else begins at twice as many.
  test.each(tooMuch)('twice as much of %s is no more than what it should be', (what, textOf) => {
    const prepare = (n: number) => {
      const text = textOf(n);
      return () => problemsIn(text);
    };
    const steep = steepParts(80, prepare, TIMES[what]);
    expect(steep).toEqual([]);
  });
});
