import { describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exec } from '../../src/exec.js';
import type { NixValue } from '../../src/model.js';
import { nixJson } from '../../src/nix/json.js';
import { standIn } from '../stand-in.js';
import { ASSEMBLY } from './scene.js';

type Options = { readonly [name: string]: NixValue };

/** The configuration that an app's module and a `nixos` table make together. */
async function merged(module: string, nixos: Options): Promise<unknown> {
  const folder = mkdtempSync(join(tmpdir(), 'pets-options-'));
  writeFileSync(join(folder, 'nixos.json'), nixJson(nixos));
  const expression = `
    let
      inherit (builtins.getFlake "${standIn()}") lib;
      inherit (lib) mkOption mkDefault mkForce types;
      option = type: mkOption { inherit type; };
      nixos = builtins.fromJSON (builtins.readFile ${folder}/nixos.json);
    in
    (lib.evalModules { modules = [
      (${module})
      (import ${ASSEMBLY}/options.nix { name = "web"; inherit nixos; })
    ]; }).config`;
  const { exitCode, stdout, stderr } = await exec('nix', [
    'eval',
    '--impure',
    '--json',
    '--expr',
    expression,
  ]);
  rmSync(folder, { recursive: true });
  if (exitCode !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

/** One option `x` of a type, with what the app says of it. */
const one = async (type: string, app: string, value: NixValue) =>
  ((await merged(`{ options.x = option (${type}); config = ${app}; }`, { x: value })) as { x: unknown }).x;

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
  test.each([
    ['is added to a plain one', 'x = [ 1 ];', [1, 2]],
    ['wins over a default', 'x = mkDefault [ 1 ];', [2]],
    ['loses to mkForce', 'x = mkForce [ 1 ];', [1]],
  ])('%s', async (_, app, expected) => {
    const both = await one('types.listOf types.int', `{ ${app} }`, [2]);
    expect([...(both as number[])].sort()).toEqual(expected);
  });

  test.each([
    ['types.anything', [2]],
    ['types.raw', [2]],
    ['types.nullOr types.anything', [2]],
    ['types.unspecified', [1, 2]],
    ['types.either types.str (types.listOf types.int)', [1, 2]],
    ['types.coercedTo types.str (s: [ 1 ]) (types.listOf types.int)', [1, 2]],
  ])('in %s', async (type, expected) => {
    const both = await one(type, '{ x = [ 1 ]; }', [2]);
    expect([...(both as number[])].sort()).toEqual(expected);
  });
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
