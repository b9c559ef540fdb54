import { describe, expect, test } from '@jest/globals';
import { documentedTables } from '../../src/manifest/documented.js';
import { readManifest } from '../../src/manifest/read.js';
import { APP, TOO_MUCH } from './many.js';
import { expectProblems } from './reading.js';

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
  test.each(TOO_MUCH)('%s', (_, textOf, most) => {
    expectProblems(textOf(most));
  });
});
