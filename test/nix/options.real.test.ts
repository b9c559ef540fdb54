import { describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exec } from '../programs.js';
import type { NixValue } from '../../src/domain/manifest.js';
import { jsonWithFloats } from '../../src/lib/json.js';
import { standIn } from '../stand-in.js';
import { ASSEMBLY } from './scene.js';

type Options = { readonly [name: string]: NixValue };

type Case = { readonly module: string; readonly nixos: Options };

/** The configurations that apps' modules and `nixos` tables make together, in one evaluation. */
async function mergedAll(cases: readonly Case[]): Promise<unknown[]> {
  const folder = mkdtempSync(join(tmpdir(), 'pets-options-'));
  writeFileSync(join(folder, 'nixos.json'), `[${cases.map(({ nixos }) => jsonWithFloats(nixos)).join(',')}]`);
  const expression = `
    let
      inherit (builtins.getFlake "${standIn()}") lib;
      inherit (lib) mkOption mkDefault mkForce types;
      option = type: mkOption { inherit type; };
      # As types were before they named their parts.
      old = type: removeAttrs type [ "nestedTypes" ] // {
        functor.wrapped = with type.nestedTypes; type.nestedTypes.elemType or type.nestedTypes.finalType or [ left right ];
      };
      together = app: nixos:
        let before = (lib.evalModules { modules = [ app ]; }).config; in
        (lib.evalModules { modules = [ app (import ${ASSEMBLY}/options.nix { name = "web"; inherit nixos before; }) ]; }).config;
      modules = [ ${cases.map(({ module }) => `(${module})`).join(' ')} ];
    in
    lib.zipListsWith together modules (builtins.fromJSON (builtins.readFile ${folder}/nixos.json))`;
  const result = await exec('nix', ['eval', '--impure', '--json', '--expr', expression]);
  rmSync(folder, { recursive: true });
  if (result.exitCode !== 0) throw new Error(result.stderr);
  return JSON.parse(result.stdout) as unknown[];
}

const merged = async (module: string, nixos: Options) => (await mergedAll([{ module, nixos }]))[0];

/** One option `x` of a type, with what the app says of it. */
const single = (type: string, app: string, value: NixValue): Case => ({
  module: `{ options.x = option (${type}); config = ${app}; }`,
  nixos: { x: value },
});
const one = async (...what: Parameters<typeof single>) =>
  ((await mergedAll([single(...what)]))[0] as { x: unknown }).x;

/** Many of these: a test for each, and one evaluation. */
function each(
  title: string,
  table: readonly (readonly [type: string, app: string, value: NixValue, expected: unknown])[],
): void {
  let all: Promise<unknown[]> | null = null;
  const rows = table.map(([type, app, value, expected], i) => [type, app, value, expected, i] as const);
  test.each(rows)(title, async (_type, _app, _value, expected, i) => {
    all ??= mergedAll(table.map(([type, app, value]) => single(type, `{ x = ${app}; }`, value)));
    expect((await all)[i]).toEqual({ x: expected });
  });
}

describe('a value', () => {
  test.each([
    ['a plain definition', 'x = "app";', 'manifest'],
    ['a default', 'x = mkDefault "app";', 'manifest'],
    ['nothing', '', 'manifest'],
    ['mkForce', 'x = mkForce "app";', 'app'],
  ])('over %s', async (_, app, expected) => {
    expect(await one('types.str', `{ ${app} }`, 'manifest')).toBe(expected);
  });

  test.each([
    'a ${toString 1} $${x} ${',
    "'' '''' ''${x} ''\\n",
    '"quoted" \\ \\n \\\\',
    'two\nlines\r\n\ttab \u0001 end',
    'grün 🐈 \u2028 \u0000'.replace('\u0000', ''),
    '',
    '{ _type = "override"; }',
  ])('is data, whatever is in it: %j', async (text) => {
    expect(await one('types.str', '{ }', text)).toBe(text);
    expect(await one('types.listOf types.str', '{ }', [text])).toEqual([text]);
    expect(await one('types.attrsOf types.str', '{ }', { [text]: text })).toEqual({ [text]: text });
  });

  test('of every kind keeps it', async () => {
    const typed = `{ options = builtins.mapAttrs (_: option) {
      int = types.int; big = types.int; float = types.float; small = types.float; whole = types.float;
      zero = types.float; bool = types.bool; choice = types.enum [ "a" "b" ]; null' = types.nullOr types.int;
      path = types.path; table = types.attrsOf types.float;
    }; }`;
    const nixos: Options = {
      ...{ int: -7, big: 9_007_199_254_740_993n, float: 1.5, small: 1e-7, whole: { float: 1e21 } },
      ...{
        zero: { float: 0 },
        bool: false,
        choice: 'b',
        "null'": 3,
        path: '/var/lib',
        table: { float: { float: 3 } },
      },
    };
    const wanted = { ...nixos, big: 9_007_199_254_740_992, whole: 1e21, zero: 0, table: { float: 3 } };
    // JavaScript reads the big one inexactly; Nix had it exactly.
    expect(await merged(typed, nixos)).toEqual(wanted);
    const digits = `{ config, ... }: { options.x = option types.int; options.s = mkOption { default = toString config.x; }; }`;
    expect(await merged(digits, { x: 9_007_199_254_740_993n })).toMatchObject({ s: '9007199254740993' });
  });
});

describe('a list', () => {
  const list = 'types.listOf types.int';
  each('in %s, over %s', [
    [list, '[ 1 ]', [2], [2, 1]],
    [list, 'lib.mkBefore [ 1 ]', [2], [1, 2]],
    [list, 'mkDefault [ 1 ]', [2], [2]],
    [list, 'mkForce [ 1 ]', [2], [1]],
    ['types.anything', '[ 1 ]', [2], [2]],
    ['types.raw', '[ 1 ]', [2], [2]],
    ['types.nullOr types.anything', '[ 1 ]', [2], [2]],
    ['types.unspecified', '[ 1 ]', [2], [2, 1]],
    [`types.either types.str (${list})`, '[ 1 ]', [2], [2, 1]],
    [`types.nullOr (${list})`, '[ 1 ]', [2], [2, 1]],
    [`types.coercedTo types.str (s: [ 1 ]) (${list})`, '[ 1 ]', [2], [2, 1]],
  ]);

  const holders = [
    `types.attrsOf (${list})`,
    `types.attrsOf (types.either types.str (${list}))`,
    `types.submodule { options.a = option (${list}); }`,
    `types.submodule { freeformType = types.attrsOf (${list}); }`,
    `types.nullOr (types.submodule { options.a = option (${list}); })`,
  ];
  each('has its place in %s as elsewhere: over %s', [
    ...holders.map((type) => [type, '{ a = [ 1 ]; }', { a: [2] }, { a: [2, 1] }] as const),
    ...holders.map(
      (type) =>
        [`types.attrsOf (${type})`, '{ b.a = [ 1 ]; }', { b: { a: [2] } }, { b: { a: [2, 1] } }] as const,
    ),
  ]);
});

describe('what is of another kind than the app’s own takes its place', () => {
  const [texts, table] = ['types.listOf types.str', 'types.attrsOf types.str'];
  const module = 'types.submodule { options.a = option types.str; }';
  const json = `let value = types.nullOr (types.oneOf [ types.bool types.int types.str (types.attrsOf value) (types.listOf value) ]); in value`;
  const either = `types.either types.str (${texts})`;
  each('in %s: over %s, %j', [
    [either, '"app"', ['b'], ['b']],
    [`types.either (${texts}) types.str`, '"app"', ['b'], ['b']],
    [`types.either types.str (${table})`, '"app"', { a: 'b' }, { a: 'b' }],
    [`types.either types.str (${module})`, '"app"', { a: 'b' }, { a: 'b' }],
    [`types.either (${texts}) (${table})`, '[ "app" ]', { a: 'b' }, { a: 'b' }],
    [`types.either (${texts}) (${table})`, '{ a = "app"; }', ['b'], ['b']],
    [`types.oneOf [ types.int types.str (${texts}) ]`, '3', ['b'], ['b']],
    [`types.nullOr (${texts})`, 'null', ['b'], ['b']],
    [`types.nullOr (${table})`, 'null', { a: 'b' }, { a: 'b' }],
    [`types.nullOr (${either})`, '"app"', ['b'], ['b']],
    [`types.nullOr (${either})`, 'null', ['b'], ['b']],
    ['types.anything', '"app"', { a: 'b' }, { a: 'b' }],
    ['types.anything', '[ "app" ]', { a: 'b' }, { a: 'b' }],
    ['types.anything', '{ a = "app"; }', ['b'], ['b']],
    ['types.unspecified', '"app"', { a: 'b' }, { a: 'b' }],
    ['types.unspecified', '"app"', ['b'], ['b']],
    [`types.coercedTo (${texts}) toString types.str`, '"app"', ['b', 'c'], 'b c'],
    [`types.coercedTo (${texts}) toString types.str`, '[ "app" ]', ['b', 'c'], 'b c'],
    [json, '"app"', { a: 'b' }, { a: 'b' }],
    [json, '"app"', ['b'], ['b']],
    [json, 'null', ['b'], ['b']],
    [json, '{ a = "app"; }', ['b'], ['b']],
    [either, 'mkForce "app"', ['b'], 'app'],
    [either, 'mkDefault "app"', ['b'], ['b']],
    [either, 'lib.mkIf false "app"', ['b'], ['b']],
  ]);

  each(
    'wherever it is in %s, and only there',
    [
      `types.attrsOf (${either})`,
      `types.submodule { freeformType = types.attrsOf (${either}); }`,
      `types.submodule { options = builtins.mapAttrs (_: option) { a = ${either}; b = ${texts}; }; }`,
    ].map(
      (type) =>
        [
          type,
          '{ a = "app"; b = [ "app" ]; }',
          { a: ['c'], b: ['d'] },
          { a: ['c'], b: ['d', 'app'] },
        ] as const,
    ),
  );

  test('what the app’s own is may only be known with the manifest’s values', async () => {
    const options = `options = builtins.mapAttrs (_: option) { x = ${either}; y = types.attrsOf (${texts}); };`;
    const late = `{ config, ... }: { ${options} config.x = config.y.names or (throw "not yet"); }`;
    expect(await merged(late, { x: ['b'], y: { names: ['c'] } })).toMatchObject({ x: ['b', 'c'] });
  });
});

describe('types that do not name their parts, as before nixpkgs 21.05', () => {
  each('%s: over %s, %j', [
    [
      'old (types.attrsOf (types.attrsOf types.int))',
      '{ a.b = 1; a.c = 1; }',
      { a: { b: 2 } },
      { a: { b: 2, c: 1 } },
    ],
    ['old (types.nullOr (old (types.attrsOf types.int)))', '{ a = 1; c = 1; }', { a: 2 }, { a: 2, c: 1 }],
    ['old (types.either types.str (types.listOf types.int))', '[ 1 ]', [2], [2, 1]],
    ['old (types.either types.str (types.listOf types.int))', '"app"', [2], [2]],
    ['old (types.coercedTo types.str (s: [ s ]) (types.listOf types.str))', '"app"', ['b'], ['b', 'app']],
    ['old (types.coercedTo (types.listOf types.str) toString types.str)', '"app"', ['b', 'c'], 'b c'],
    [
      'old (types.coercedTo types.int (n: { a = n; }) (types.attrsOf types.int))',
      '{ a = 1; c = 1; }',
      { a: 2 },
      { a: 2, c: 1 },
    ],
  ]);
});

describe('a table', () => {
  const json = `let value = types.nullOr (types.oneOf [ types.bool types.int types.str (types.attrsOf value) (types.listOf value) ]); in value`;

  test.each([
    ['types.attrsOf (types.attrsOf types.int)'],
    ['types.lazyAttrsOf (types.attrsOf types.int)'],
    ['types.anything'],
    ['types.attrsOf types.anything'],
    ['types.nullOr (types.attrsOf (types.attrsOf types.int))'],
    ['types.either types.int (types.attrsOf (types.attrsOf types.int))'],
    ['types.coercedTo types.int (n: { a.b = n; }) (types.attrsOf (types.attrsOf types.int))'],
    [json],
    [`types.submodule { freeformType = ${json}; }`],
    [
      `types.submodule { freeformType = types.attrsOf (types.attrsOf types.int); options.a.d = mkOption { default = 0; }; }`,
    ],
    ['types.submodule { options.a.b = option types.int; options.a.c = option types.int; }'],
    ['types.attrsOf (types.submodule { options.b = option types.int; options.c = option types.int; })'],
  ])('is merged in %s', async (type) => {
    const app = '{ x.a = { b = 1; c = 1; }; }';
    expect(await one(type, app, { a: { b: 2 } })).toMatchObject({ a: { b: 2, c: 1 } });
  });

  test.each([
    ['types.attrs', { a: { b: 2 }, d: 1 }],
    ['types.unspecified', { a: { b: 2 }, d: 1 }],
    ['types.attrsOf types.attrs', { a: { b: 2, c: 1 }, d: { e: 1 } }, '{ x.a.c = 1; x.a.b = 1; x.d.e = 1; }'],
    ['types.raw', { a: { b: 2 } }],
    ['types.uniq types.attrs', { a: { b: 2 } }],
    ['types.submodule { freeformType = types.attrs; }', { a: { b: 2 } }, '{ }'],
    [
      'types.submodule { options.y = mkOption { type = types.attrs; default = { }; }; freeformType = types.attrsOf types.anything; }',
      { a: { b: 2 }, y: {} },
      '{ }',
    ],
    [
      'types.coercedTo types.attrs (set: builtins.attrNames set) (types.listOf types.str)',
      ['a'],
      '{ x = [ "b" ]; }',
    ],
  ])(
    'in %s, which looks at no property inside',
    async (type, expected, app = '{ x = { a.c = 1; d = 1; }; }') => {
      expect(await one(type, app, { a: { b: 2 } })).toEqual(expected);
    },
  );

  test('in anything: lists deep inside do not join either', async () => {
    expect(await one('types.anything', '{ x.a = { l = [ 1 ]; b = 1; }; }', { a: { l: [2] } })).toEqual({
      a: { l: [2], b: 1 },
    });
  });

  test('that is empty is one', async () => {
    expect(await one('types.attrsOf types.int', '{ x.a = 1; }', {})).toEqual({ a: 1 });
    const services = 'types.attrsOf (types.submodule { options.y = mkOption { default = 1; }; })';
    expect(await one(services, '{ }', { web: {} })).toEqual({ web: { y: 1 } });
  });

  test('an option that an alias stands for', async () => {
    const renamed = `{ imports = [ (lib.mkRenamedOptionModule [ "old" ] [ "new" ]) ]; options.new = option types.str; config.new = "app"; }`;
    expect(await merged(renamed, { old: 'manifest' })).toMatchObject({ new: 'manifest' });
  });

  test('names that Nix has words for are names', async () => {
    const module = `{ options = { imports = option types.int; config = option (types.attrsOf types.int); rec' = option types.int; }; }`;
    const nixos = { imports: 1, config: { options: 2 }, "rec'": 3 };
    expect(await merged(module, nixos)).toEqual(nixos);
  });
});
