import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import type { AppSource } from '../../src/model.js';
import { hintFor } from '../../src/nix/hints.js';
import { Scene } from './scene.js';

const scene = new Scene();
const folder = mkdtempSync(join(tmpdir(), 'pets-hints-'));
afterAll(() => {
  scene.cleanUp();
  rmSync(folder, { recursive: true });
});

const STORE = `/nix/store/${'0'.repeat(32)}`;

function hint(words: string, source: AppSource = local('./web')): string | null {
  return hintFor(words, scene.app(source) as Parameters<typeof hintFor>[1]);
}

function local(written: string): AppSource {
  const ref = { written, url: `path:${folder}`, attribute: 'nixosModules.incus', directory: folder };
  return { kind: 'local', ref, contentHash: '' };
}

describe('a file that a local flake names and Nix does not find', () => {
  /** In the words of Nix 2.8 and its builtins, of 2.26, and of 2.34 on a copy and in a repository. */
  const wordings: Record<string, (path: string) => string> = {
    '2.8': (path) => `error: getting status of '${STORE}-source/${path}': No such file or directory`,
    '2.26, import': (path) => `error: path '${STORE}-source/${path}' does not exist`,
    '2.26, readFile': (path) => `error: opening file '${STORE}-source/${path}': No such file or directory`,
    '2.34': (path) =>
      `error: Path '${path}' in the repository "${folder}" is not tracked by Git.\n       To make it visible to Nix, run:\n       git -C "${folder}" add "${path}"`,
    '2.34, nowhere': (path) => `error: Path '${path}' does not exist in Git repository "${folder}".`,
  };
  const each = Object.entries(wordings);

  test.each(each)('%s: is there, but not tracked', (_, notFound) => {
    mkdirSync(join(folder, 'sub'), { recursive: true });
    writeFileSync(join(folder, 'sub/new.nix'), '{ }');
    expect(hint(notFound('sub/new.nix'))).toBe(
      `sub/new.nix is not tracked by git, so Nix does not see it: git -C ${folder} add sub/new.nix`,
    );
  });

  test.each(each)('%s: is in a submodule', (_, notFound) => {
    mkdirSync(join(folder, 'vendor'), { recursive: true });
    writeFileSync(join(folder, 'vendor/.git'), 'gitdir: ../.git/modules/vendor');
    writeFileSync(join(folder, 'vendor/x.nix'), '{ }');
    expect(hint(notFound('vendor/x.nix'))).toBe(
      'vendor/x.nix is in a submodule, which Nix does not see; git+file:…?submodules=1 has it',
    );
  });

  test.each(each)('%s: is nowhere: Nix has said all there is', (_, notFound) => {
    expect(hint(notFound('gone.nix'))).toBeNull();
  });

  test.each([
    "error: getting status of '/nix/store/shared/label.nix': No such file or directory",
    "error: access to absolute path '/nix/store/shared' is forbidden in pure evaluation mode (use '--impure' to override)",
    "error: access to absolute path '/nix/store/shared/label.nix' is forbidden in pure eval mode (use '--impure' to override)",
  ])('is outside of its folder: %s', (words) => {
    const advice = (where: string) =>
      `a flake is its own folder and nothing around it; git+file:${where} is the whole repository`;
    expect(hint(words)).toBe(advice('./web'));
    expect(hint(words, local('path:./web#nixosModules.x'))).toBe(advice('./web'));
  });

  test.each(each)('%s: is no matter to a remote one', (_, notFound) => {
    const ref = { written: 'github:o/r', url: 'github:o/r', attribute: '', directory: folder };
    expect(hint(notFound('sub/new.nix'), { kind: 'remote', ref, locked: null })).toBeNull();
  });
});

test('another output of the flake', () => {
  const words = "the flake has no output `nixosModules.incus'; it has: nixosModules.default, packages";
  expect(hint(words)).toBe('did you mean `./web#nixosModules.default`?');
});

// nixpkgs 20.09 and later ones.
test.each([
  "The option `nix.settings' defined in `[what pets sets in every app]' does not exist.",
  "The option `nix.settings' does not exist. Definition values:\n- In `[what pets sets in every app]': { }",
])('an option of pets itself that is not there: %s', (words) => {
  expect(hint(`error: ${words}`)).toMatch(/^this nixpkgs is too old/);
  expect(hint(`error: ${words.replace('[what pets sets in every app]', '/x.nix')}`)).toBeNull();
});

// Nix 2.8, 2.26 and 2.34.
test.each([
  ["cannot look up '<nixpkgs>' in pure evaluation mode (use '--impure' to override)", /: no <nixpkgs>/],
  ["access to absolute path '/etc/x' is forbidden in pure eval mode", /: name the file/],
  ["access to absolute path '/etc' is forbidden in pure evaluation mode", /: name the file/],
  ["attribute 'currentSystem' missing", /: no builtins\.currentSystem/],
  ["in pure evaluation mode, 'fetchTarball' requires a 'sha256' argument", /: nothing is fetched without/],
  ["in pure evaluation mode, 'fetchurl' requires a 'sha256' argument", /: nothing is fetched without/],
  ["in pure evaluation mode, 'fetchMercurial' requires a Mercurial revision", /: nothing is fetched without/],
  ["in pure evaluation mode, 'fetchTree' requires a locked input, at /x", /: nothing is fetched without/],
  [
    "in pure evaluation mode, 'fetchGit' will not fetch unlocked input 'git+x'",
    /: nothing is fetched without/,
  ],
  [
    "in pure evaluation mode, 'fetchTree' doesn't fetch unlocked input 'github:a/b'",
    /: nothing is fetched without/,
  ],
  [
    "cannot call 'getFlake' on unlocked flake reference 'github:a/b', at «none»:0",
    /: nothing is fetched without/,
  ],
])('%s', (words, expected) => {
  expect(hint(`error: ${words}`)).toMatch(/^evaluation is pure/);
  expect(hint(`error: ${words}`)).toMatch(expected);
});

test.each([
  ["The option `a' does not exist. Did you mean `b'?", "Did you mean `b'?"],
  ["error: attribute 'fooo' missing\n       at /x:1:2:\n       Did you mean foo?", 'Did you mean foo?'],
])('%s', (words, expected) => {
  expect(hint(words)).toBe(expected);
});
