import { describe, expect, test } from '@jest/globals';
import { leavesOf, formatJson } from '../../../src/domain/nix-value.js';
import { manifestOf, problemsIn } from '../reading.js';

const HEAD = 'project = "x"\n[apps.web]\nflake-ref = "."\n[apps.web.nixos]\n';

function nixosOf(lines: string) {
  const [app] = manifestOf(`${HEAD}${lines}\n`).apps;
  return app?.nixos ?? {};
}

/** Each option with its value as JSON. */
function options(lines: string): Record<string, string> {
  return Object.fromEntries(
    leavesOf(nixosOf(lines)).map(([path, value]) => [path.join('/'), formatJson(value)]),
  );
}

describe('values', () => {
  test.each([
    ['a = 1', '1'],
    ['a = 1.0', '1.0'],
    ['a = 1.5', '1.5'],
    ['a = -0.0', '-0.0'],
    ['a = 1e3', '1000.0'],
    ['a = 1e300', '1e+300'],
    ['a = 0x1F', '31'],
    ['a = 1_000', '1000'],
    ['a = 9007199254740993', '9007199254740993'],
    ['a = -9223372036854775808', '-9223372036854775808'],
    ['a = 0x7fffffffffffffff', '9223372036854775807'],
    ['a = [1, 1.0, "x", [true], { b = 2.0 }]', '[1,1.0,"x",[true],{"b":2.0}]'],
    ['a = {}', '{}'],
    ['a = []', '[]'],
    ['a = "${builtins.abort 1} \'\' \\\\ \\n é"', '"${builtins.abort 1} \'\' \\\\ \\n é"'],
  ])('%s', (line, json) => {
    expect(options(line)).toEqual({ a: json });
  });

  test('a number at the end of the file', () => {
    const { apps } = manifestOf(`${HEAD}a = 9007199254740993`);
    expect(apps[0]?.nixos).toEqual({ a: 9007199254740993n });
  });

  test('a table called `float` is no Float', () => {
    expect(nixosOf('a.float = 1\nb.float = 1.0\nc.float = 1.5\nd = 1.0\ne = { float = 1, x = 2 }')).toEqual({
      a: { float: 1n },
      b: { float: { float: 1 } },
      c: { float: { float: 1.5 } },
      d: { float: 1 },
      e: { float: 1, x: 2 },
    });
    expect(options('a.float = 1\nb.float = 1.0\nd = 1.0')).toEqual({
      'a/float': '1',
      'b/float': '1.0',
      d: '1.0',
    });
  });

  test('options are named by any text', () => {
    const lines = 'services.__proto__.x = 1\nconstructor = 2\ntoString.y = 3\n"a b"."" = 4';
    expect(options(lines)).toEqual({
      'services/__proto__/x': '1',
      constructor: '2',
      'toString/y': '3',
      'a b/': '4',
    });
  });

  test('tables may be written as headers, lists of tables too', () => {
    expect(
      options('[apps.web.nixos.a.b]\nc = 1\n[[apps.web.nixos.d]]\nx = 1\n[[apps.web.nixos.d]]\nx = 2.0'),
    ).toEqual({
      'a/b/c': '1',
      d: '[{"x":1},{"x":2.0}]',
    });
  });
});

test('what Nix does not have is refused, all of it, each at its place', () => {
  const shown = problemsIn(`${HEAD}a = 1979-05-27
b = [1, nan]
c.d = -inf
e = 1979-05-27T07:32:00Z
f = "a\\u0000"
g = 1e999
`);
  expect(shown.split('\n').filter((line) => line.startsWith('pets.toml'))).toEqual([
    'pets.toml:5:5: apps.web.nixos.a: Nix has no dates',
    'pets.toml:6:9: apps.web.nixos.b[1]: Nix has no NaN',
    'pets.toml:7:7: apps.web.nixos.c.d: Nix has no infinity',
    'pets.toml:8:5: apps.web.nixos.e: Nix has no dates',
    "pets.toml:9:5: apps.web.nixos.f: Nix' strings hold no U+0000",
    'pets.toml:10:5: apps.web.nixos.g: the number is too large',
  ]);
  expect(shown).toContain('hint: quote it');
});

test('what marks a value of Nix’ own is not for a manifest to set', () => {
  expect(problemsIn(`${HEAD}a = { _type = "if", condition = true }\nb._type = "derivation"\n`)).toContain(
    'apps.web.nixos.a._type: `_type` is for Nix to set: values here are data',
  );
  expect(problemsIn(`${HEAD}a = [{ b._type = "x" }]\n`)).toContain('apps.web.nixos.a[0].b._type: ');
  expect(options('a._types = 1\nb = "_type"')).toEqual({ 'a/_types': '1', b: '"_type"' });
});

test.each(['9223372036854775808', '-9223372036854775809', '18446744073709551617', `1${'0'.repeat(5000)}`])(
  '%.30s has more than 64 bits',
  (number) => {
    expect(problemsIn(`${HEAD}a = [${number}]\n`)).toContain('apps.web.nixos.a[0]: the number is too large');
  },
);

test('elsewhere numbers are as they were', () => {
  const { apps } = manifestOf('project = "x"\n[apps.web]\nflake-ref = "."\nport = 80.0\nkeep = 3.0\n');
  expect(apps[0]).toMatchObject({ port: 80, keep: 3 });
  expect(problemsIn('project = "x"\n[apps.web]\nflake-ref = "."\nkeep = 9007199254740993\n')).toContain(
    'apps.web.keep: expected a number from 1 to 100, got 9007199254740993',
  );
});
