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
  const notFound = (path: string) =>
    `error: getting status of '${STORE}-source/${path}': No such file or directory`;

  test('is there, but not tracked', () => {
    mkdirSync(join(folder, 'sub'));
    writeFileSync(join(folder, 'sub/new.nix'), '{ }');
    expect(hint(notFound('sub/new.nix'))).toBe(
      `sub/new.nix is not tracked by git, so Nix does not see it: git -C ${folder} add sub/new.nix`,
    );
  });

  test('is in a submodule', () => {
    mkdirSync(join(folder, 'vendor'));
    writeFileSync(join(folder, 'vendor/.git'), 'gitdir: ../.git/modules/vendor');
    writeFileSync(join(folder, 'vendor/x.nix'), '{ }');
    expect(hint(notFound('vendor/x.nix'))).toBe(
      'vendor/x.nix is in a submodule, which Nix does not see; git+file:…?submodules=1 has it',
    );
  });

  test('is nowhere: Nix has said all there is', () => {
    expect(hint(notFound('gone.nix'))).toBeNull();
  });

  test('is outside of its folder', () => {
    const words = "error: getting status of '/nix/store/shared/label.nix': No such file or directory";
    const advice = (where: string) =>
      `a flake is its own folder and nothing around it; git+file:${where} is the whole repository`;
    expect(hint(words)).toBe(advice('./web'));
    expect(hint(words, local('path:./web#nixosModules.x'))).toBe(advice('./web'));
  });

  test('is no matter to a remote one', () => {
    const ref = { written: 'github:o/r', url: 'github:o/r', attribute: '', directory: folder };
    expect(hint(notFound('sub/new.nix'), { kind: 'remote', ref, locked: null })).toBeNull();
  });
});

test('another output of the flake', () => {
  const words = "the flake has no output `nixosModules.incus'; it has: nixosModules.default, packages";
  expect(hint(words)).toBe('did you mean `./web#nixosModules.default`?');
});

test.each([
  ["cannot look up '<nixpkgs>' in pure evaluation mode", /^evaluation is pure: no <nixpkgs>/],
  ["access to absolute path '/etc/x' is forbidden in pure eval mode", /^evaluation is pure: name the file/],
  ["The option `a' does not exist. Did you mean `b'?", /^Did you mean `b'\?$/],
])('%s', (words, expected) => {
  expect(hint(words)).toMatch(expected);
});
