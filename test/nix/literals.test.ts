import { describe, expect, test } from '@jest/globals';
import { pathLiterals } from '../../src/nix/literals.js';

/** `exact` as it is, `start` with an ellipsis. */
const found = (text: string) =>
  pathLiterals(text).map(({ from, kind }) => (kind === 'exact' ? from : `${from}…`));

describe('the path literals of Nix code', () => {
  test.each([
    [
      '{ imports = [ ./a.nix ../b/c.nix ./. ./dir .././d ]; }',
      ['./a.nix', '../b/c.nix', './.', './dir', '.././d'],
    ],
    ['import hosts/web.nix { }', ['hosts/web.nix']],
    ['(import ./a){x=./b;}', ['./a', './b']],
    ['a.b/c', ['a.b/c']],
    ['{ x }:./y', ['./y']],
    ['x //./y', ['./y']],
    ['a // b', []],
    ['a / b', []],
    ['1 - 2 ++ [ ] -> x', []],
  ])('%s', (text, expected) => {
    expect(found(text)).toEqual(expected);
  });

  test.each([
    ['./hosts/${name}.nix', ['./hosts/…']],
    ['./host-${name}/x.nix', ['./host-…']],
    ['./${name}', ['./…']],
    ['./${import ./names.nix}', ['./…', './names.nix']],
    ['./a + ".nix"', ['./a…']],
    ['[ ./a ++ b ]', ['./a']],
    ['./a /* ./no */ # ./no\n + x', ['./a…']],
  ])('more is added: %s', (text, expected) => {
    expect(found(text)).toEqual(expected);
  });

  test.each([
    ['# ./a\n./b', ['./b']],
    ['/* ./a\n ./c */ ./b', ['./b']],
    ['/* open ./a', []],
    ['"./a" ./b', ['./b']],
    ['"\\"./a" ./b', ['./b']],
    ['"\\${./a}" ./b', ['./b']],
    ['"$${./a}" ./b', ['./b']],
    ['"${./a}/x" ./b', ['./a', './b']],
    ['"${toString { p = ./a; q = "}"; }} ./no" ./b', ['./a', './b']],
    ["'' ./a ''' ./a ''${./a} ''\\n ./a $${./a} '' ./b", ['./b']],
    ["'' ${./a} ${''${./c}''} '' ./b", ['./a', './c', './b']],
    ["foo''./a", ['./a']],
    ["x: x' ./a", ['./a']],
    ['https://x.org/./a ./b', ['./b']],
    ['<nixpkgs/nixos> ./b', ['./b']],
    ['/etc/passwd ~/x/y ./b', ['./b']],
  ])('%j', (text, expected) => {
    expect(found(text)).toEqual(expected);
  });
});
