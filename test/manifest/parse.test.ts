import { describe, expect, test } from '@jest/globals';
import { parseToml } from '../../src/manifest/parse.js';
import { formatProblem } from '../../src/domain/problem.js';
import { golden } from './reading.js';

function parse(text: string): unknown {
  const result = parseToml(text, 'pets.toml');
  return result.ok ? result.table : result.problems.map((problem) => formatProblem(problem)).join('\n');
}

test('values arrive as plain data', () => {
  const text = 'a.b = 1\n"c d" = [1.5, "x", true]\n[e]\nf = { g = "" }\n[[h]]\ni = 0x10\n[[h]]\n';
  expect(parse(text)).toEqual({
    a: { b: 1 },
    'c d': [1.5, 'x', true],
    e: { f: { g: '' } },
    h: [{ i: 16 }, {}],
  });
  expect(parse('')).toEqual({});
});

test('__proto__ is a key like any other', () => {
  const table = parse('[__proto__]\nx = 1\n') as object;
  expect(Object.getPrototypeOf(table)).toBe(Object.prototype);
  expect(Object.keys(table)).toEqual(['__proto__']);
});

describe('syntax errors', () => {
  const QUOTES = 'text must be in quotes: listen = "127.0.0.1"';
  test.each<[text: string, message: string, hint?: string]>([
    ['a =', '1:4: expected a value after `=`'],
    ['a = \nb = 1', '1:4: expected a value after `=`'],
    ['a = # 1', '1:8: expected a value after `=`'],
    ['\na = foo', '2:5: expected a value', QUOTES],
    ['a = inactive', '1:5: expected a value', QUOTES],
    ['a = github:a/b', '1:5: expected a value', QUOTES],
    ['a = 127.0.0.1', '1:10: unexpected text at the end of the line', QUOTES],
    ['a = 7700/tcp', '1:9: unexpected text at the end of the line', QUOTES],
    ['a = 1 b = 2', '1:7: unexpected text at the end of the line'],
    ['\n[a] b', '2:5: unexpected text at the end of the line'],
    ['a', '1:2: expected `=` after the key'],
    ['a\n', '1:2: expected `=` after the key'],
    ['a b = 1', '1:3: expected `=` after the key'],
    ['= 1', '1:1: expected a key or a table, got `=`'],
    ['é = 1', '1:1: expected a key or a table, got `é`'],
    ['😀 = 1', '1:1: expected a key or a table, got `😀`'],
    ['a..b = 1', '1:2: expected a key'],
    ['[]', '1:2: expected a key'],
    ['[a', "1:3: expected `]` after the table's name"],
    ['[a\n', "1:3: expected `]` after the table's name"],
    ['[[a]\nb = 1', "1:5: expected `]` after the table's name"],
    ['a = [1 2]', '1:8: expected `,` or a closing bracket'],
    ['a = [1,\n', '1:8: expected a closing bracket before the end of the file'],
    ['a = "b\nc"', '1:5: the string has no closing quote'],
    ['\na = """b\n\n', '2:5: the string has no closing quote'],
    ['a = "C:\\path"', '1:9: unknown escape in the string', "in '…' a backslash is only a backslash"],
    ['a = "\\ud800"', '1:11: the escape is no Unicode character'],
    ['a = "\\U00110000"', '1:15: the escape is no Unicode character'],
    ['a = 1e', '1:5: not a valid number', QUOTES],
    ['\na = 2025-13-45', '2:5: not a valid date or time', QUOTES],
    ['a = [2025-13-45]', '1:6: not a valid date or time', QUOTES],
    ['a = "\0"', '1:6: U+0000 is not allowed in a string or comment'],
    ['# \u007f', '1:3: U+007F is not allowed in a string or comment'],
    ['\0', '1:1: expected a key or a table, got U+0000'],
    ['a = "x"\nb = "\ud800"', '2:6: not valid Unicode'],
    ['a = 1\nb = 2\na = 3\n', '3:1: this key or table is defined a second time'],
    ['[a]\n[b]\n[a]\n', '3:2: this key or table is defined a second time'],
    ['a = 1\n[a.b]\n', '2:2: this key or table is defined a second time'],
    ['a = []\n[[a]]\n', '2:3: this key or table is defined a second time'],
  ])('%j', (...[text, message, hint]) => {
    const lines = String(parse(text)).split('\n');
    expect(lines[0]).toBe(`pets.toml:${message}`);
    expect(lines.find((line) => line.startsWith('  hint: '))).toBe(
      hint === undefined ? undefined : `  hint: ${hint}`,
    );
  });

  test('show the line, without control characters, and cut where it is long', () => {
    expect(parse(`\tport = "\x1b[31m${'x'.repeat(1000)}"`)).toBe(
      golden(`
pets.toml:1:10: U+001B is not allowed in a string or comment
  1 | \tport = "\uFFFD[31m${'x'.repeat(155)}
    | \t        ^
`),
    );
    expect(parse(`a = "${'x'.repeat(1000)}" b`)).toBe(
      'pets.toml:1:1008: unexpected text at the end of the line',
    );
  });

  test('a CRLF file has the same places', () => {
    expect(parse('# one\r\na = """\r\n"""\r\nb = foo\r\n')).toContain('pets.toml:4:5: expected a value');
  });
});

test('every number that does not fit is named', () => {
  expect(parse('a = 1\nb = 9223372036854775808\n[c]\nd = [1, -9223372036854775809]\n')).toBe(
    golden(`
pets.toml:2:5: b: the number is too large
  2 | b = 9223372036854775808
    |     ^^^^^^^^^^^^^^^^^^^
pets.toml:4:9: c.d[1]: the number is too large
  4 | d = [1, -9223372036854775809]
    |         ^^^^^^^^^^^^^^^^^^^^
`),
  );
});
