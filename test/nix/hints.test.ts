import { afterAll, describe, expect, test } from '@jest/globals';
import type { AppSource } from '../../src/domain/desired.js';
import { hintFor, type Known } from '../../src/nix/hints.js';
import type { Missing } from '../../src/nix/missing.js';
import { Scene } from './scene.js';

const scene = new Scene();
const { folder } = scene;
afterAll(() => {
  scene.cleanUp();
});

const OWN = `/nix/store/${'0'.repeat(32)}-source`;
const OTHER = `/nix/store/${'1'.repeat(32)}-source`;
const KNOWN: Known = { missing: null, isOwn: (path) => path === OWN };

function hint(words: string, source: AppSource = local('./web'), known = KNOWN): string | null {
  return hintFor(words, scene.app(source) as Parameters<typeof hintFor>[1], known);
}

function local(written: string, directory = folder): AppSource {
  const ref = { written, url: `path:${directory}`, attribute: 'nixosModules.incus', directory };
  return { kind: 'local', ref, contentHash: '' };
}

describe('a file that a local flake names and Nix does not find', () => {
  const because = (why: Missing['why'], directory = folder) =>
    hint('error: it is not there', local('./web', directory), {
      ...KNOWN,
      missing: { file: 'sub/new.nix', why },
    });

  test.each([
    ['untracked', 'is not tracked by git, so Nix does not see it: git -C /srv/web add sub/new.nix'],
    ['ignored', 'is ignored by git, so Nix does not see it: git -C /srv/web add --force sub/new.nix'],
    ['link', 'is a link out of the flake’s folder: Nix does not see what it leads to'],
    ['own', 'is the manifest’s own, or one of its secrets: these are part of no flake'],
  ] as const)('%s: %s', (why, expected) => {
    expect(because(why, '/srv/web')).toBe(`sub/new.nix ${expected}`);
  });

  test('a folder with a space is one word of the command', () => {
    expect(because('untracked', '/srv/my web')).toContain("git -C '/srv/my web' add sub/new.nix");
  });

  const outside = [
    "error: getting status of '/nix/store/shared/label.nix': No such file or directory",
    "error: access to absolute path '/nix/store/shared' is forbidden in pure evaluation mode (use '--impure' to override)",
    `error: relative path '../shared' points outside of its parent's store path '${OWN}'`,
  ];
  const web = (written = './my web') => local(written, `${folder}/my web`);
  const ALONE = 'a flake is its own folder and nothing around it';

  test.each(outside)('is outside of its folder, which is in no repository: %s', (words) => {
    scene.write('shared/label.nix', '{ }');
    scene.write('my web/flake.nix', '{ }');
    expect(hint(words, web())).toBe(ALONE);
  });

  test.each(outside)('is outside of its folder, which is part of a repository: %s', async (words) => {
    await scene.git('init', '-q');
    const whole = `${ALONE}; git+file:${folder}?dir=my%20web`;
    expect(hint(words, web())).toBe(`${whole} is the whole repository`);
    expect(hint(words, web('./my web#nixosModules.x'))).toBe(
      `${whole}#nixosModules.x is the whole repository`,
    );
    expect(because('submodule', `${folder}/my web`)).toBe(
      `sub/new.nix is in a submodule, which Nix does not see; git+file:${folder}?dir=my%20web&submodules=1 has it`,
    );
  });

  test('a flake that is the whole repository already is told no more', () => {
    expect(hint(outside[2] ?? '', local('.'))).toBe(ALONE);
  });

  test('what another source reaches for is not the app’s', () => {
    for (const words of [
      "error: getting status of '/nix/store/elsewhere/label.nix': No such file or directory",
      `error: relative path '../shared' points outside of its parent's store path '${OTHER}'`,
    ])
      expect(hint(words, web())).toBeNull();
    const ref = { written: 'github:o/r', url: 'github:o/r', attribute: '' };
    expect(hint(outside[0] ?? '', { kind: 'remote', ref, locked: null })).toBeNull();
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
