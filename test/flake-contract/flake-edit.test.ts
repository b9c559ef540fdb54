import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { byHand } from '../../src/flake-contract/by-hand.js';
import { modulesInsertion, withInsertion } from '../../src/flake-contract/flake-edit.js';
import { parseNix } from '../../src/flake-contract/syntax.js';
import { ROOT } from '../support/places.js';

const INCUS = { name: 'incus', value: (self: string) => `import ./incus.nix ${self}` };
const insertion = (text: string) => modulesInsertion(text, [INCUS]);

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
      'flake-parts with a function as its flake',
      'inputs@{ self, parts, ... }: parts.lib.mkFlake { inherit inputs; } {\n    flake = { self, ... }: {\n      nixosModules.default = 1;\n    };\n  }',
      'default = 1;«\n      nixosModules.incus = import ./incus.nix self;»\n    };',
    ],
    [
      'flake-parts, where only the function takes self',
      '{ parts, ... }@all: parts.lib.mkFlake { } { flake = { self, ... }: { nixosModules = { default = 1; }; }; }',
      'default = 1;« incus = import ./incus.nix self;» }',
    ],
    [
      'flake-parts with let and // as its flake',
      'inputs: inputs.p.lib.mkFlake { } { flake = let a = 1; in { x = a; } // { y = 1; }; }',
      'y = 1;« nixosModules.incus = import ./incus.nix inputs.self;»',
    ],
    [
      'flake-parts with config',
      'inputs: inputs.p.lib.mkFlake { } { imports = [ ]; config = { flake.x = 1; }; }',
      'flake.x = 1;« flake.nixosModules.incus = import ./incus.nix inputs.self;» }',
    ],
    [
      'flake-parts with config.flake',
      'inputs: inputs.p.lib.mkFlake { } { config.flake = { nixosModules.a = 1; }; }',
      'a = 1;« nixosModules.incus = import ./incus.nix inputs.self;» }',
    ],
    [
      'flake-parts with config.systems',
      'inputs: inputs.p.lib.mkFlake { } { config.systems = [ ]; }',
      '[ ];« config.flake.nixosModules.incus = import ./incus.nix inputs.self;» }',
    ],
    [
      'flake-parts whose flake is bound by let',
      'inputs: let flake = { x = 1; }; in inputs.p.lib.mkFlake { } { inherit flake; }',
      '{ x = 1;« nixosModules.incus = import ./incus.nix inputs.self;» }',
    ],
    [
      'flake-parts whose module is bound by let',
      'inputs: let m = { lib, ... }: { flake.x = 1; }; in inputs.p.lib.mkFlake { } m',
      'flake.x = 1;« flake.nixosModules.incus = import ./incus.nix inputs.self;» }',
    ],
    [
      'flake-parts with a file for flake.nixosModules',
      'inputs: inputs.p.lib.mkFlake { } { flake.nixosModules = import ./m.nix; }',
      'import ./m.nix« // { incus = import ./incus.nix inputs.self; }»;',
    ],
    [
      'behind a file',
      '{ self }: { nixosModules = import ./modules.nix; }',
      'import ./modules.nix« // { incus = import ./incus.nix self; }»;',
    ],
    [
      'behind what is selected',
      '{ self, x }: { nixosModules = x."a b".nixosModules or { }; }',
      'or { }« // { incus = import ./incus.nix self; }»;',
    ],
    [
      'behind brackets',
      '{ self }: { nixosModules = (if a then b else c); }',
      'c)« // { incus = import ./incus.nix self; }»;',
    ],
    [
      'behind a name, whatever else has its value',
      '{ self }: let m = { default = 1; }; in { nixosModules = m; darwinModules = m; }',
      'nixosModules = m« // { incus = import ./incus.nix self; }»;',
    ],
    [
      'in the set that joins a file',
      '{ self }: { nixosModules = import ./m.nix // { a = 1; }; }',
      'a = 1;« incus = import ./incus.nix self;» }',
    ],
    [
      'in what let binds',
      '{ self }:\n  let\n    nixosModules = {\n      default = 1;\n    };\n  in\n  { inherit nixosModules; }',
      'default = 1;«\n      incus = import ./incus.nix self;»\n    };',
    ],
    [
      'beside what let binds',
      '{ self }:\n  let\n    nixosModules.default = 1;\n  in\n  { inherit nixosModules; }',
      'default = 1;«\n    nixosModules.incus = import ./incus.nix self;»\n  in',
    ],
    [
      'behind what let binds',
      '{ self }: let nixosModules = import ./m.nix; in rec { inherit nixosModules; }',
      'import ./m.nix« // { incus = import ./incus.nix self; }»;',
    ],
    [
      'in outputs that let binds',
      '{ self }: let outputs = { nixosModules.default = 1; }; in outputs',
      'default = 1;« nixosModules.incus',
    ],
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
      'inherited from elsewhere',
      '{ outputs = { self }: { inherit (import ./x.nix) nixosModules; }; }',
      '`nixosModules` is no set',
    ],
    [
      'inherited from an argument',
      '{ outputs = { self, nixosModules }: { inherit nixosModules; }; }',
      '`nixosModules` is no set',
    ],
    [
      'one that stands for itself',
      '{ outputs = { self }: let a = b; b = a; in { x = 1; } // a; }',
      'no `nixosModules` that is written there',
    ],
    [
      'one thing or another',
      '{ outputs = { self }: { nixosModules = if x then y else { }; }; }',
      '`nixosModules` is no set',
    ],
    [
      'a flake of flake-parts in a file',
      '{ outputs = i: i.p.lib.mkFlake { } { flake = import ./x.nix; }; }',
      'its `flake` is no set',
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

describe('what to write by hand fits what is there', () => {
  const write = (text: string, isTried = false) => {
    const words = byHand(text, [{ name: 'incus', value: (self) => `f ${self}` }], isTried);
    const code = words.slice(words.indexOf('\n')).trim().replaceAll('…', 'x');
    expect(() => parseNix(code.startsWith('{') ? code : `{ ${code} }`)).not.toThrow();
    return words.replace(/\s+/g, ' ');
  };
  test.each([
    [
      'a set',
      '{ outputs = { self }: {\n nixosModules = { default = 1; }; }; }',
      'to flake.nix, behind `default` in line 2: incus = f self;',
    ],
    [
      'paths of attributes',
      '{ outputs = i: {\n nixosModules.default = 1;\n }; }',
      'behind `nixosModules.default` in line 2: nixosModules.incus = f i.self;',
    ],
    [
      'no modules',
      '{ outputs = { self }: let a = 1; in {\n packages = a;\n } // { x = 1; }; }',
      'behind `x` in line 3: nixosModules.incus = f self;',
    ],
    [
      'an empty set',
      '{ outputs = { self }: { nixosModules = { }; }; }',
      'in the set that begins in line 1: incus = f self;',
    ],
    [
      'a file',
      '{ outputs = { self }: { nixosModules = import ./x.nix; }; }',
      'in place of `nixosModules` in line 1: nixosModules = import ./x.nix // { incus = f self; };',
    ],
    [
      'inherited from a set',
      '{ outputs = { self }: { inherit (import ./x.nix) a nixosModules; }; }',
      'take `nixosModules` out of the `inherit` in line 1: nixosModules = (import ./x.nix).nixosModules // { incus = f self; };',
    ],
    [
      'inherited from a name',
      '{ outputs = { self, x }: { inherit (x) nixosModules; }; }',
      'nixosModules = x.nixosModules // { incus = f self; };',
    ],
    [
      'inherited from an argument',
      '{ outputs = { self, nixosModules }: { inherit nixosModules; }; }',
      'nixosModules = nixosModules // { incus = f self; };',
    ],
    [
      'inherited by a recursive set, which cannot name it',
      '{ outputs = { self, nixosModules }: rec { inherit nixosModules; }; }',
      'in place of `outputs` in line 1: outputs = { self, nixosModules }: let outputs = rec { inherit nixosModules; }; in outputs // { nixosModules = outputs.nixosModules or { } // { incus = f self; }; };',
    ],
    [
      'one thing or another',
      '{ outputs = { self }: {\n nixosModules = if x then y else { }; }; }',
      'in place of `nixosModules` in line 2: nixosModules = (if x then y else { }) // { incus = f self; };',
    ],
    [
      'flake-parts',
      '{ outputs = i: i.p.lib.mkFlake { } {\n flake = import ./x.nix; }; }',
      'in the module in line 1: imports = [ { flake.nixosModules.incus = f i.self; } ];',
    ],
    [
      'flake-parts with imports',
      '{ outputs = i: i.p.lib.mkFlake { } { imports = [ ]; flake = import ./x.nix; }; }',
      'to the list `imports` of the module in line 1: { flake.nixosModules.incus = f i.self; }',
    ],
    [
      'a call',
      '{ outputs = inputs: import ./nix inputs; }',
      'outputs = inputs: let outputs = import ./nix inputs; in outputs // { nixosModules = outputs.nixosModules or { } // { incus = f inputs.self; }; };',
    ],
    [
      'a long call',
      `{ outputs = { self, ... }: f {\n a = 1;\n };\n}`,
      'in place of `outputs` in lines 1 to 3 (… stands for what is there now): outputs = { self, ... }: let outputs = …; in outputs //',
    ],
    [
      'outputs elsewhere',
      '{ outputs = import ./outputs.nix; }',
      'outputs = inputs: let outputs = (import ./outputs.nix) inputs; in outputs // { nixosModules = outputs.nixosModules or { } // { incus = f inputs.self; }; };',
    ],
    [
      'no self',
      '{ outputs = { nixpkgs, ... }: { nixosModules.default = 1; }; }',
      'let the function `outputs` take `self`: nixosModules.incus = f self;',
    ],
    [
      'no flake that is understood',
      '{ outputs = { self }: { a = ; }; }',
      'to the flake’s outputs, where `self` is in scope: nixosModules.incus = f self;',
    ],
  ])('%s', (_, text, expected) => {
    expect(write(text)).toContain(expected);
  });

  test('where it was inserted in vain, what does not depend on that place', () => {
    expect(write('{ outputs = { self }: { nixosModules.default = 1; } // x; }', true)).toContain(
      'let outputs = { nixosModules.default = 1; } // x; in outputs // { nixosModules = outputs.nixosModules or { } //',
    );
  });
});

test('several modules are added in one place', () => {
  const both = [{ name: 'default', value: (self: string) => `${self}.nixosModules.notes` }, INCUS];
  const after = (outputs: string) => {
    const edit = modulesInsertion(flake(outputs), both);
    return edit.ok ? edit.inserted : edit.reason;
  };
  expect(after('{ self }: {\n    nixosModules.notes = 1;\n  }')).toBe(
    '\n    nixosModules.default = self.nixosModules.notes;\n    nixosModules.incus = import ./incus.nix self;',
  );
  expect(after('{ self }: { nixosModules = import ./x.nix; }')).toBe(
    ' // { default = self.nixosModules.notes; incus = import ./incus.nix self; }',
  );
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

/** Whatever stands around a module, in each of the shapes: only what is inserted is new, and the rest parses alike. */
test('property: the text stays byte for byte, with one binding more', () => {
  const name = fc.constantFrom('a', 'b-c', "d'", '"e f"', 'x.y', '${q}.z');
  const expression = fc.letrec<{ e: string; bindings: string }>((tie) => ({
    e: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom(
        '1',
        'a.b or c',
        './p/${a}/q.nix',
        '<n/p>',
        'https://x.y/z',
        '"s ${"t" + "}"} \\" nixosModules = {"',
      ),
      fc.constantFrom(
        "''\n  nixosModules.default = '''; ${a} ''$ {\n''",
        '{ a, b ? { c = "}"; }, ... }@d: d',
        'f x (y: z)',
      ),
      fc.tuple(tie('e'), fc.constantFrom('//', '++', '->', '==', '?')).map(([e, o]) => `(${e}) ${o} a`),
      tie('e').map((e) => `[ (${e}) a.b ]`),
      tie('bindings').map((b) => `{ ${b} }`),
      tie('bindings').map((b) => `rec { ${b} }`),
      fc.tuple(tie('bindings'), tie('e')).map(([b, e]) => `let ${b} in ${e}`),
      tie('e').map((e) => `with a; assert b; if (${e}) then x: x else y`),
    ),
    bindings: fc
      .array(
        fc.oneof(
          { maxDepth: 3 },
          fc.tuple(name, tie('e')).map(([n, e]) => `${n} = ${e};`),
          fc.constantFrom('inherit a "b";', 'inherit (a.b) c;', '# nixosModules = { }; }\n', '/* } ; */'),
        ),
        { maxLength: 3 },
      )
      .map((all) => all.join('\n  ')),
  }));
  const module = expression.e.chain((e) =>
    fc.constantFrom(
      `nixosModules.default = ${e};`,
      `nixosModules = { default = ${e}; };`,
      `nixosModules.a.b = 1;\n\tnixosModules.default = ${e};`,
    ),
  );
  const shape = fc.constantFrom(
    (b: string) => `{ self, ... }: { ${b} }`,
    (b: string) => `inputs@{ nixpkgs, ... }:\n  let z = 1; in\n  {\n    ${b}\n  }`,
    (b: string) => `inputs: each (s: { nixosModules.no = 1; }) // { ${b} }`,
    (b: string) => `inputs: parts.lib.mkFlake { inherit inputs; } { flake = { ${b} }; }`,
  );
  const eol = fc.constantFrom('\n', '\r\n');
  fc.assert(
    fc.property(
      shape,
      expression.bindings,
      module,
      expression.bindings,
      eol,
      (wrap, before, own, after, newline) => {
        const whole = flake(wrap(`${before}\n    ${own}\n    ${after}`)).replaceAll('\n', newline);
        const edit = insertion(whole);
        if (!edit.ok) throw new Error(edit.reason);
        const changed = withInsertion(whole, edit);
        expect(changed.replace(edit.inserted, '')).toBe(whole);
        expect(edit.inserted).toMatch(
          /^\s+(nixosModules\.)?incus = import \.\/incus\.nix (self|inputs\.self);$/,
        );
        expect(bindingsIn(parseNix(changed))).toBe(bindingsIn(parseNix(whole)) + 1);
      },
    ),
  );
});

function bindingsIn(node: unknown): number {
  if (typeof node !== 'object' || node === null) return 0;
  const own = Array.isArray(node) ? 0 : 'path' in node && 'value' in node ? 1 : 0;
  return Object.values(node).reduce<number>((sum, inner) => sum + bindingsIn(inner), own);
}
