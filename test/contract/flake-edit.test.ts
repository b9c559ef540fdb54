import { describe, expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { incusInsertion, withInsertion } from '../../src/contract/flake-edit.js';
import { parseNix } from '../../src/contract/syntax.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const insertion = (text: string) => incusInsertion(text, (self) => `import ./incus.nix ${self}`);

/** The line that the insertion is on, with what was there before in brackets left out: `+` is the insertion. */
function edited(text: string): string {
  const edit = insertion(text);
  if (!edit.ok) throw new Error(edit.reason);
  // Only an insertion: all that was there is there, in its place.
  const after = withInsertion(text, edit);
  expect(after.slice(0, edit.at) + after.slice(edit.at + edit.inserted.length)).toBe(text);
  // It is still a flake, and has one binding more.
  expect(() => parseNix(after)).not.toThrow();
  return `${text.slice(0, edit.at)}«${edit.inserted}»${text.slice(edit.at)}`;
}

const flake = (outputs: string) => `{\n  description = "x";\n  outputs = ${outputs};\n}\n`;

describe('nixosModules.incus is inserted', () => {
  test.each([
    [
      'beside nixosModules.default',
      '{ self, nixpkgs, ... }: {\n    nixosModules.default = ./module.nix;\n  }',
      'nixosModules.default = ./module.nix;«\n    nixosModules.incus = import ./incus.nix self;»\n  }',
    ],
    [
      'behind the last of several',
      '{ self }: {\n    nixosModules.default = ./a.nix;\n    nixosModules.b = { a = 1; };\n    x = 1;\n  }',
      'b = { a = 1; };«\n    nixosModules.incus = import ./incus.nix self;»\n    x',
    ],
    [
      'in the set nixosModules',
      '{ self }: {\n    nixosModules = {\n      default = ./a.nix; # the service\n    };\n  }',
      'default = ./a.nix; # the service«\n      incus = import ./incus.nix self;»\n    };',
    ],
    [
      'in one line',
      '{ self }: { nixosModules = { default = ./a.nix; }; }',
      './a.nix;« incus = import ./incus.nix self;» }',
    ],
    ['in a recursive set', '{ self }: rec { nixosModules = rec { default = ./a.nix; }; }', './a.nix;« incus'],
    [
      'below let',
      '{ self }:\n  let\n    a = { b = "}"; };\n  in\n  {\n    nixosModules.default = a;\n  }',
      'default = a;«\n    nixosModules.incus',
    ],
    [
      'below with and assert',
      '{ self }: with { a = 1; }; assert a == 1; { nixosModules.default = 1; }',
      '= 1;« nixosModules.incus',
    ],
    [
      'left of //',
      '{ self }: { nixosModules.default = 1; } // { packages = 2; }',
      'default = 1;« nixosModules.incus',
    ],
    [
      'right of //',
      '{ self, u }: u.lib.eachDefaultSystem (s: { packages.x = 1; }) // { nixosModules.default = 2; }',
      'default = 2;« nixosModules.incus',
    ],
    [
      'in the one of two that counts',
      '{ self }: { nixosModules.x = 1; } // { nixosModules.default = 2; }',
      'default = 2;« nixosModules.incus',
    ],
    ['in parentheses', '{ self }: ({ nixosModules.default = 1; })', 'default = 1;« nixosModules.incus'],
    ['with `inputs`', 'inputs: { nixosModules.default = 1; }', 'incus = import ./incus.nix inputs.self;'],
    [
      'with inputs@',
      'inputs@{ nixpkgs, ... }: { nixosModules.default = 1; }',
      'incus = import ./incus.nix inputs.self;',
    ],
    [
      'with @inputs',
      '{ nixpkgs, ... }@inputs: { nixosModules.default = 1; }',
      'incus = import ./incus.nix inputs.self;',
    ],
    [
      'with default arguments',
      '{ self, a ? { b = ":"; }, ... }: { nixosModules.default = 1; }',
      'import ./incus.nix self;',
    ],
    ['a quoted name', '{ self }: { "nixosModules"."default" = 1; }', 'default" = 1;« nixosModules.incus'],
    [
      'flake-parts with flake = { … }',
      'inputs@{ self, flake-parts, ... }: flake-parts.lib.mkFlake { inherit inputs; } {\n    systems = [ "a" ];\n    flake = {\n      nixosModules.default = 1;\n    };\n  }',
      'default = 1;«\n      nixosModules.incus = import ./incus.nix self;»\n    };',
    ],
    [
      'flake-parts with flake.nixosModules',
      'inputs: inputs.flake-parts.lib.mkFlake { inherit inputs; } { flake.nixosModules.default = 1; }',
      'default = 1;« flake.nixosModules.incus = import ./incus.nix inputs.self;»',
    ],
    [
      'flake-parts with flake.nixosModules = { … }',
      'inputs: inputs.flake-parts.lib.mkFlake { inherit inputs; } { flake.nixosModules = { default = 1; }; }',
      'default = 1;« incus = import ./incus.nix inputs.self;»',
    ],
    [
      'flake-parts whose modules are elsewhere',
      'inputs@{ self, parts, ... }: parts.lib.mkFlake { inherit inputs; } ({ lib, ... }: {\n    imports = [ ./m.nix ];\n    perSystem = { pkgs, ... }: { packages.default = pkgs.hello; };\n  })',
      '};«\n    flake.nixosModules.incus = import ./incus.nix self;»\n  })',
    ],
    [
      'an empty flake = { }',
      'inputs: inputs.p.lib.mkFlake { } { flake = { }; }',
      'flake = {« nixosModules.incus',
    ],
    ['an empty module', 'inputs: inputs.p.lib.mkFlake { } { }', '{« flake.nixosModules.incus'],
    [
      'Windows’ line ends',
      '{ self }: {\r\n    nixosModules.default = 1; # x\r\n  }',
      '# x«\r\n    nixosModules.incus = import ./incus.nix self;»\r\n',
    ],
    [
      'a comment that goes on below',
      '{ self }: {\n    nixosModules.default = 1; /* a\n b */ x = 1;\n  }',
      '= 1;«\n    nixosModules.incus = import ./incus.nix self;» /* a',
    ],
    [
      'words in strings and comments',
      "{ self }: /* { nixosModules.a = 1; } */ {\n    a = \"nixosModules.default = { ${\"}\"} ;\";\n    # nixosModules.default = 1;\n    b = ''\n      nixosModules.x = 1; ''${ ''' }\n    '';\n    nixosModules.default = 1;\n  }",
      '\n    nixosModules.default = 1;«\n    nixosModules.incus',
    ],
    [
      'paths, URIs and operators',
      '{ self }: { a = x: y: if !x || y ? b.c then ./a/${y}/b.nix else -1 + 2; u = https://a.b/c?d=e; n = <nixpkgs/lib>; l = [ a.b (c d) "e" ]; o = a.b or c.d; nixosModules.default = a { } // b; }',
      '// b;« nixosModules.incus',
    ],
  ])('%s', (_, outputs, expected) => {
    expect(edited(flake(outputs))).toContain(expected);
  });
});

describe('what is not understood is refused, with the reason', () => {
  test.each([
    ['outputs elsewhere', '{ outputs = import ./outputs.nix; }', 'not a function that is written there'],
    [
      'outputs by a call',
      '{ outputs = inputs: import ./nix inputs; }',
      'no `nixosModules` that is written there',
    ],
    ['no outputs', '{ description = "x"; }', 'no plain `outputs'],
    ['no set at all', 'import ./flake-in-disguise.nix', 'no plain attribute set'],
    [
      'inherited',
      '{ outputs = { self }: let nixosModules = { }; in { inherit nixosModules; }; }',
      '`nixosModules` is no set',
    ],
    [
      'a file',
      '{ outputs = { self }: { nixosModules = import ./modules.nix; }; }',
      '`nixosModules` is no set',
    ],
    [
      'a module per system',
      '{ outputs = { self, u }: u.eachSystem (s: { nixosModules.default = 1; }); }',
      'no `nixosModules`',
    ],
    [
      'either or',
      '{ outputs = { self }: if x then { nixosModules.default = 1; } else { }; }',
      'no `nixosModules`',
    ],
    ['no self', '{ outputs = { nixpkgs, ... }: { nixosModules.default = 1; }; }', 'does not take `self`'],
    ['a syntax error', '{\n  outputs = { self }: { a = ; };\n}', 'line 2: `;` where'],
    ['a string without an end', '{\n\n outputs = "a;\n}', 'line 3: a string that does not end'],
    ['it ends too soon', '{ outputs = { self }: {', 'the end of the file'],
    ['it goes on', '{ } }', '`}` where'],
  ])('%s', (_, text, reason) => {
    expect(insertion(text)).toEqual({ ok: false, reason: expect.stringContaining(reason) });
  });
});

test('Nix files of all kinds are parsed', () => {
  const files = ['nix', 'test/bench/nixpkgs', 'examples'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.nix'))
      .map((file) => join(ROOT, folder, file)),
  );
  expect(files.length).toBeGreaterThan(40);
  for (const file of files) expect(() => parseNix(readFileSync(file, 'utf8'))).not.toThrow();
});
