import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { chmodSync, existsSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { exec } from '../programs.js';
import type { AppSource } from '../../src/domain/desired.js';
import type { FlakeRef, Locked } from '../../src/domain/manifest.js';
import type { AssembledApp } from '../../src/nix/inputs.js';
import { inspectorOver } from '../../src/nix/inspect.js';
import { nixOver } from '../../src/nix/nix.js';
import type { Exec } from '../../src/lib/program.js';
import { ASSEMBLY, petFlake, removeRunFolders, Scene } from './scene.js';

const NOWHERE = `/nix/store/${'0'.repeat(32)}-source`;

/** Nix, with other words in its answers to a command. */
function answering(command: string, change: (json: Record<string, unknown>) => object): Exec {
  return async (program, args, options) => {
    const result = await exec(program, args, options);
    if (program !== 'nix' || !args.join(' ').includes(command) || result.exitCode !== 0) return result;
    const json = JSON.parse(result.stdout) as Record<string, unknown>;
    return { ...result, stdout: JSON.stringify({ ...json, ...change(json) }) };
  };
}

/** As Nix answers since 2.35: the source is mounted where it would be in the store, and not copied there. */
const mounting = answering('flake metadata', () => ({ path: NOWHERE }));

/** As a Nix with lazy trees answers: what holds a source without its hash is not hashed. */
const lazy = answering('flake metadata', ({ locked, url }) => ({
  path: NOWHERE,
  locked: { ...(locked as object), narHash: undefined },
  url: (url as string).replace(/[?&]narHash=[^&]*/, ''),
}));

const scene = new Scene();
afterAll(() => {
  scene.cleanUp();
  removeRunFolders();
});

/** Its label says whose nixpkgs it got. */
const APP = (own: string) => `{
  inputs.nixpkgs.url = "path:${own}";
  outputs = { self, nixpkgs }: {
    nixosModules.incus = { incus.container.enable = true; system.nixos.label = nixpkgs.whose or "manifest"; };
  };
}`;

const run = async (command: string, ...args: string[]) => {
  expect(await exec(command, args)).toMatchObject({ exitCode: 0 });
};

beforeAll(async () => {
  scene.write('own/flake.nix', '{ outputs = _: { whose = "flake"; }; }');
  const app = APP(join(scene.folder, 'own'));
  const lock = async (folder: string) => {
    const features = ['--extra-experimental-features', 'nix-command flakes'];
    await run('nix', ...features, 'flake', 'lock', `path:${join(scene.folder, folder)}`);
  };
  // `inner` is a repository of which only the folder has a lock, `outer` one of which only the root has.
  const repositories = { locked: ['.'], open: [], inner: ['in+side'], outer: ['.'] };
  for (const [name, locks] of Object.entries(repositories)) {
    scene.write(`${name}/flake.nix`, app);
    scene.write(`${name}/in+side/flake.nix`, app);
    for (const folder of locks) await lock(join(name, folder));
    const folder = join(scene.folder, name);
    await run('git', '-C', folder, 'init', '--quiet');
    await run('git', '-C', folder, 'add', '-A');
    await run('tar', '-czf', `${folder}.tar.gz`, '-C', scene.folder, '--exclude=.git', name);
  }
});

function ref(url: string): FlakeRef {
  const directory = /^git\+file:\/\/([^?]*)/.exec(url)?.[1];
  return {
    ...{ written: url, url, attribute: 'nixosModules.incus' },
    ...(directory === undefined ? {} : { directory }),
  };
}

test.each([
  ['locked', 'flake'],
  ['open', 'manifest'],
  ['inner/in+side', 'flake'],
  ['outer/in+side', 'manifest'],
])('a flake’s own nixpkgs is kept where its folder has a lock: %s', async (folder, expected) => {
  expect(await scene.system(scene.flake(folder))).toBe(`web-${expected}`);
});

describe.each([
  ['copies a source to look at it', exec],
  ['mounts it', mounting],
  ['has lazy trees', lazy],
])('on a Nix that %s, a flake’s own nixpkgs is kept where it has a lock', (_, asked) => {
  const nix = nixOver(asked, ASSEMBLY, new Set());
  const whose = async (source: AppSource) => {
    const { toplevel } = await nix.evaluate(scene.app(source), {});
    return toplevel.replace(/^.*-nixos-system-web-/, '');
  };

  test.each([
    ['locked', 'flake'],
    ['open', 'manifest'],
    ['inner?dir=in+side', 'flake'],
    ['inner?dir=in%2Bside', 'flake'],
    ['inner', 'manifest'],
    ['outer?dir=in+side', 'manifest'],
  ])('a repository: %s', async (location, expected) => {
    const url = `git+file://${scene.folder}/${location}`;
    expect(await whose({ kind: 'local', ref: ref(url), contentHash: '' })).toBe(expected);
  });

  test.each([
    ['locked.tar.gz', 'flake'],
    ['open.tar.gz', 'manifest'],
    ['inner.tar.gz?dir=in%2Bside', 'flake'],
    ['outer.tar.gz?dir=in%2Bside', 'manifest'],
  ])('an archive, pinned: %s', async (location, expected) => {
    const url = `file://${scene.folder}/${location}`;
    const locked = await nix.lock(url);
    expect(locked).toMatchObject({
      locked: expect.stringMatching(/[?&]narHash=sha256-/),
      narHash: expect.stringMatching(/^sha256-[A-Za-z0-9+/]{43}=$/),
    });
    expect(await whose({ kind: 'remote', ref: ref(url), locked })).toBe(expected);
  });
});

test.each([
  ['inner', true],
  ['outer', false],
])('the contract is told of the lock of the flake’s own folder: %s', async (name, expected) => {
  const url = `git+file://${scene.folder}/${name}?dir=in+side`;
  const app = scene.app({ kind: 'local', ref: ref(url), contentHash: '' }) as AssembledApp;
  const { facts } = await inspectorOver(exec, ASSEMBLY)(app, {});
  expect(facts.isLocked).toBe(expected);
});

test('the git that Nix calls runs nothing that the repository’s own configuration names either', async () => {
  const folder = join(scene.folder, 'trap');
  const trap = join(folder, '.git', 'sprung');
  scene.write('trap/flake.nix', petFlake('{ }'));
  await run('git', '-C', folder, 'init', '--quiet');
  await run('git', '-C', folder, 'add', '-A');
  scene.write('trap/.git/run', `#!/bin/sh\necho "$0" >> '${trap}'\n`);
  chmodSync(join(folder, '.git', 'run'), 0o755);
  for (const hook of ['post-index-change', 'reference-transaction'])
    symlinkSync('../run', join(folder, '.git', 'hooks', hook));
  await run('git', '-C', folder, 'config', 'core.fsmonitor', join(folder, '.git', 'run'));
  const url = `git+file://${folder}`;
  await nixOver(exec, ASSEMBLY, new Set()).evaluate(
    scene.app({ kind: 'local', ref: ref(url), contentHash: '' }),
    {},
  );
  expect(existsSync(trap)).toBe(false);
});

describe('an archive that is pinned and whose address has another one since', () => {
  const evaluated = async (ref: FlakeRef, locked: Locked) => {
    const nix = nixOver(exec, ASSEMBLY, new Set());
    return (await nix.evaluate(scene.app({ kind: 'remote', ref, locked }), {})).toplevel;
  };
  const archived = async (name: string, label: string) => {
    const text = `{ outputs = _: { nixosModules.incus = { incus.container.enable = true; system.nixos.label = "${label}"; }; }; }`;
    scene.write('moved/in/flake.nix', text);
    await run('tar', '-czf', join(scene.folder, name), '-C', scene.folder, 'moved');
  };

  test('is what it was, for as long as the store has it', async () => {
    await archived('moved.tar.gz', 'first');
    const moved = ref(`file://${scene.folder}/moved.tar.gz?dir=in`);
    const nix = nixOver(exec, ASSEMBLY, new Set());
    const locked = await nix.lock(moved.url);
    expect(await evaluated(moved, locked)).toMatch(/-web-first$/);
    await archived('moved.tar.gz', 'second');
    // Nix remembers for an hour what an address has, unless it is asked anew.
    expect(await nix.lock(moved.url)).not.toEqual(locked);
    expect(await evaluated(moved, locked)).toMatch(/-web-first$/);
    expect(await evaluated(moved, await nix.lock(moved.url))).toMatch(/-web-second$/);
    // What bears its hash is pinned already.
    expect(await nix.lock(locked.locked)).toEqual(locked);
  });

  test('cannot be had once the store has forgotten it, and what to do is said', async () => {
    await archived('forgotten.tar.gz', 'only');
    const url = `file://${scene.folder}/forgotten.tar.gz?dir=in`;
    const { locked } = await nixOver(exec, ASSEMBLY, new Set()).lock(url);
    const other = `sha256-${'A'.repeat(43)}=`;
    const pin = {
      locked: locked.replace(/narHash=[^&]*/, `narHash=${encodeURIComponent(other)}`),
      narHash: other,
    };
    await expect(evaluated(ref(url), pin)).rejects.toMatchObject({
      problems: [{ hint: expect.stringContaining('`pets update`') }],
    });
  });
});

describe('what is not there is no flake without a lock', () => {
  const problem = async (url: string, asked = exec) => {
    const nix = nixOver(asked, ASSEMBLY, new Set());
    const source = { kind: 'local', ref: ref(url), contentHash: '' } as const;
    return nix.evaluate(scene.app(source), {}).then(
      () => null,
      (error: unknown) => (error as Error).message,
    );
  };

  test('a folder of the repository', async () => {
    const url = `git+file://${scene.folder}/locked?dir=gone`;
    expect(await problem(url)).toBe(`\`${url}\`: there is no folder "gone" in it`);
  });

  test('the repository', async () => {
    expect(await problem(`git+file://${scene.folder}/gone`)).toMatch(/^cannot fetch git\+file:/);
  });

  test('the copy of it', async () => {
    const url = `git+file://${scene.folder}/locked`;
    const asked = answering('flake prefetch', () => ({ storePath: NOWHERE }));
    expect(await problem(url, asked)).toBe(`\`${url}\`: cannot read ${NOWHERE} (ENOENT)`);
  });
});
