import { describe, expect, test } from '@jest/globals';
import { parseToml } from '../../src/manifest/parse.js';
import { TomlDate, TomlFloat } from '../../src/manifest/text.js';

/** What TOML itself says: which texts it has, and what they mean. */

function valueOf(text: string): unknown {
  const parsed = parseToml(`v = ${text}`, 'f', () => true);
  return parsed.ok ? (parsed.table as { v: unknown }).v : parsed.problems[0]?.message;
}

describe('numbers', () => {
  test.each<[text: string, value: number]>([
    ['0e0', 0],
    ['0E+3', 0],
    ['0.0e-1', 0],
    ['5e+22', 5e22],
    ['-2E-2', -0.02],
    ['6.626e-34', 6.626e-34],
    ['224_617.445_991', 224617.445991],
    ['-0.0', -0],
    ['3.0', 3],
  ])('the float %s', (text, value) => {
    const read = valueOf(text);
    expect(read).toBeInstanceOf(TomlFloat);
    expect((read as TomlFloat).value).toBe(value);
  });

  test.each<[text: string, value: number | bigint]>([
    ['0', 0],
    ['+0', 0],
    ['-0', 0],
    ['+99', 99],
    ['-1_000', -1000],
    ['0xDEAD_beef', 0xdeadbeef],
    ['0o0755', 0o755],
    ['0b1101', 13],
    ['9007199254740993', 9007199254740993n],
    ['9223372036854775807', 2n ** 63n - 1n],
    ['-9223372036854775808', -(2n ** 63n)],
    ['0x7fffffffffffffff', 2n ** 63n - 1n],
  ])('the integer %s', (text, value) => {
    expect(valueOf(text)).toBe(value);
  });

  test('inf and nan', () => {
    expect(['inf', '+inf', '-inf', 'nan', '-nan'].map(valueOf)).toEqual([
      Infinity,
      Infinity,
      -Infinity,
      NaN,
      NaN,
    ]);
  });
});

test.each([
  '1979-05-27T07:32:00Z',
  '1979-05-27 00:32:00.999999-07:00',
  '1979-05-27t07:32:00.6z',
  '1979-05-27T07:32:00',
  '0001-01-01',
  '2000-02-29',
  '07:32:00',
  '00:32:00.999999',
  '07:32',
  '1979-05-27 07:32Z',
])('the date or time %s', (text) => {
  expect(valueOf(text)).toEqual(new TomlDate(text));
});

describe('strings', () => {
  test.each<[text: string, value: string]>([
    [String.raw`"\b\t\n\f\r\"\\\u00e9\U0001F600"`, '\b\t\n\f\r"\\é😀'],
    [String.raw`"\e[0m \x41"`, '\u001b[0m A'],
    [String.raw`'C:\x'`, String.raw`C:\x`],
    ['"""\none\ntwo"""', 'one\ntwo'],
    ['"""a \\\n   \n  b"""', 'a b'],
    ['""""quoted""""', '"quoted"'],
    ["''''quoted'''''", "'quoted''"],
    ['"# no comment"', '# no comment'],
  ])('%j', (text, value) => {
    expect(valueOf(text)).toBe(value);
  });

  test('a line ends with \\n, whatever the file has', () => {
    expect(valueOf('"""\r\na\r\nb"""')).toBe('a\nb');
  });
});

test('tables and lists', () => {
  const text = `
fruit.apple.colour = "red"
"a.b".'c d' = [[1, 2], ["x", { y = 1.5 }],]
[x.y.z.w]
[x]
"" = 1
[fruit.apple.texture]
smooth = true
[[points]]
[[points.at]]
i = 1
[[points.at]]
[[points]]
inline = {
  one = 1, # TOML 1.1
  two = {},
}
`;
  const parsed = parseToml(text, 'f');
  expect(parsed.ok && parsed.table).toEqual({
    fruit: { apple: { colour: 'red', texture: { smooth: true } } },
    'a.b': {
      'c d': [
        [1, 2],
        ['x', { y: 1.5 }],
      ],
    },
    x: { y: { z: { w: {} } }, '': 1 },
    points: [{ at: [{ i: 1 }, {}] }, { inline: { one: 1, two: {} } }],
  });
});

describe('no TOML', () => {
  const SECOND = 'this key or table is defined a second time';
  const CR = 'a carriage return (U+000D) without a line feed after it';
  const DATE = 'not a valid date or time';
  test.each<[text: string, problem: string]>([
    ['[a.b]\nc = 1\n[a]\nb.d = 2', `4:1 ${SECOND}`],
    ['a.b.c = 1\n[a]', `2:2 ${SECOND}`],
    ['a = { b = 1 }\n[a.c]', `2:2 ${SECOND}`],
    ['a = { b.c = 1, b = 2 }', `1:16 ${SECOND}`],
    ['a = [{ b = 1 }]\n[[a]]', `2:3 ${SECOND}`],
    ['[[a.b]]\n[a]\nb.c = 1', `3:1 ${SECOND}`],
    ['[a]\nb = 1\n[[a]]', `3:3 ${SECOND}`],
    ['[[a]]\n[a]', `2:2 ${SECOND}`],
    ['a = 1\n"a" = 2', `2:1 ${SECOND}`],
    ['a.b = 1\na.b.c = 2', `2:3 ${SECOND}`],
    ['a = 1\rb = 2', `1:6 ${CR}`],
    ['\r', `1:1 ${CR}`],
    ['# a\rb', `1:4 ${CR}`],
    ['a = "b\rc"', `1:7 ${CR}`],
    ['a = """\nb\rc"""', `2:2 ${CR}`],
    ['a = 2023-02-29', `1:5 ${DATE}`],
    ['a = 2100-02-29T00:00:00Z', `1:5 ${DATE}`],
    ['a = 2024-04-31', `1:5 ${DATE}`],
    ['a = 2024-04-30T24:00:00', `1:5 ${DATE}`],
    ['a = 2024-04-30T00:00:00+24:00', `1:5 ${DATE}`],
    ['a = 1987-7-05', `1:5 ${DATE}`],
    ['a = 01', '1:5 a number does not begin with 0'],
    ['a = 1__0', '1:5 not a valid number'],
    ['a = 1.e2', '1:5 not a valid number'],
    ['a = 0XFF', '1:6 unexpected text at the end of the line'],
    ['a = 9223372036854775808', '1:5 a: the number is too large'],
    ['a = [1,,2]', '1:8 expected a value, got `,`'],
    ['a = { b = 1,, c = 2 }', '1:13 expected a key, got a second `,`'],
    ['a = { b = 1 c = 2 }', '1:13 expected `,` or a closing bracket'],
    ['a = [\n  one,\n]', '2:3 expected a value'],
    ['a = [ # one\n  1\n  2\n]', '2:4 expected `,` or a closing bracket'],
    ['a =\n1', '1:4 expected a value after `=`'],
    ['[a]\nb\n= 1', '2:2 expected `=` after the key'],
    ['[ [a]]', '1:3 no space between two brackets'],
    ['[a.]', '1:3 expected a key'],
    ['a = """b""""""', '1:9 the string has too many quotes at its end'],
    ['"""a""" = 1', '1:1 expected a key or a table, got `"`'],
    ['a = "x" # "\nb = \'y\'\nc = """"\nd = 1', '3:5 the string has no closing quote'],
    [`b = 1\na = ${'['.repeat(20_000)}${']'.repeat(20_000)}`, '2:1005 nested too deeply'],
    [`a = ${'1'.repeat(400_000)}`, '1:5 a text, a key or a number of more than 100,000 characters'],
    [`a = ${'['.repeat(100)}${']'.repeat(100)}`, '1:6 a[0]: nested too deeply'],
    [`a = "${'x'.repeat(400_000)}"\nb = 1`, '1:5 a text, a key or a number of more than 100,000 characters'],
  ])('%#', (text, problem) => {
    const parsed = parseToml(text, 'f');
    const [first] = parsed.ok ? [] : parsed.problems;
    expect(`${first?.place?.line}:${first?.place?.column} ${first?.message}`).toBe(problem);
  });
});
