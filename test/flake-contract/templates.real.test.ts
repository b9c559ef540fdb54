import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { execFileSync } from 'node:child_process';
import { attribute, text } from '../../src/flake-contract/nix-text.js';
import { parseNix } from '../../src/flake-contract/syntax.js';
import { incusModule } from '../../src/flake-contract/incus-module.js';
import { wrapperFlake, wrapperModule } from '../../src/flake-contract/wrapper.js';

/** The values of Nix expressions, by Nix itself. */
function valuesOf(expressions: readonly string[]): unknown {
  const args = [
    '--eval',
    '--strict',
    '--json',
    '--expr',
    `[ ${expressions.map((e) => `(${e})`).join(' ')} ]`,
  ];
  return JSON.parse(execFileSync('nix-instantiate', args, { encoding: 'utf8' }));
}

const texts = fc.sample(
  fc.string({ unit: fc.constantFrom('"', '\\', '$', '{', '}', '\n', '\r', "'", '#', ' ', 'a', 'é', '😀') }),
  { numRuns: 200, seed: 1 },
);

test('any text is a Nix string that says it', () => {
  expect(valuesOf(texts.map(text))).toEqual(texts);
});

test('any name is an attribute of that name', () => {
  const names = [...new Set([...texts, 'a-b', "a'b", '2fa', 'if', 'or', 'inherit', '__x', 'true'])];
  expect(valuesOf(names.map((name) => `builtins.attrNames { ${attribute(name)} = 1; }`))).toEqual(
    names.map((name) => [name]),
  );
});

test('what is written of a flake is Nix code', () => {
  const listen = [['port', '8080']] as const;
  const service = { name: '2-fa', hostname: 'x', release: '25.11', hasPackage: true, listen };
  const wrapper = {
    ...{ app: 'web', service, module: null },
    upstream: 'git+https://x/${y}?a="b"',
    package: 'the server',
    mainProgram: 'x',
    nixpkgs: 'n',
  };
  for (const code of [incusModule(service), wrapperFlake(wrapper), wrapperModule(service)]) {
    expect(() => parseNix(code)).not.toThrow();
    expect(valuesOf([`builtins.typeOf (${code})`])).toEqual([
      code.includes('description = ') && code.startsWith('{\n') ? 'set' : 'lambda',
    ]);
  }
});
