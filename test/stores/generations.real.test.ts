import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pointAt, removeGenerations, setGeneration } from '../../src/stores/generations.js';
import { hostDirectory } from '../../src/stores/host-directory.js';
import type { AppName, StorePath } from '../../src/domain/names.js';
import type { Exec } from '../../src/lib/program.js';

const APP = 'web' as AppName;

/** A store of its own: all of its garbage can be collected, and nobody else's. */
let root = '';
const nix = (program: string, ...args: string[]) =>
  execFileSync(program, args, {
    env: {
      ...process.env,
      NIX_REMOTE: '',
      NIX_STORE_DIR: join(root, 'store'),
      NIX_STATE_DIR: join(root, 'var'),
      NIX_LOG_DIR: join(root, 'log'),
    },
    stdio: 'pipe',
  })
    .toString()
    .trim();
const exec: Exec = (program, args) => {
  try {
    return Promise.resolve({ exitCode: 0, stdout: nix(program, ...args), stderr: '' });
  } catch (error) {
    return Promise.resolve({ exitCode: 1, stdout: '', stderr: String(error) });
  }
};
const add = (name: string) => {
  writeFileSync(join(root, name), name);
  return nix('nix-store', '--add', join(root, name)) as StorePath;
};
const profile = () => join(root, 'var/profiles/per-pet/p/web');

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'pets-store-'));
  mkdirSync(join(profile(), 'kept'), { recursive: true });
});
afterEach(() => {
  execFileSync('chmod', ['-R', 'u+w', root]);
  rmSync(root, { recursive: true });
});

// For Nix a link whose target has `link` in it is a profile: the systems of some apps are such.
test.each(['system', 'linkding'])('nix-collect-garbage -d takes no %s that is kept', async (name) => {
  const directory = hostDirectory(profile(), exec);
  const systems = [1, 2, 3, 4].map((n) => add(`${name}-${n}`)) as [
    StorePath,
    StorePath,
    StorePath,
    StorePath,
  ];
  const nobodys = add('nobodys');
  for (const system of systems.slice(0, 3)) await setGeneration(directory, APP, system, 0);
  await pointAt(directory, APP, 2, systems[1]);

  nix('nix-collect-garbage', '-d');
  expect(existsSync(nobodys)).toBe(false);
  expect(readdirSync(profile()).sort()).toEqual(['kept', 'system', 'system-2-link']);
  expect(readdirSync(join(profile(), 'kept')).sort()).toEqual(['1', '2', '3', 'newest']);
  await pointAt(directory, APP, 1, systems[0]);
  expect(await setGeneration(directory, APP, add(`${name}-4`), 0)).toBe(4);

  expect(await removeGenerations(directory, [1])).toBe(2);
  nix('nix-collect-garbage');
  expect(systems.map(existsSync)).toEqual([true, false, false, true]);
  await expect(pointAt(directory, APP, 3, systems[2])).rejects.toMatchObject({
    problems: [{ message: `the system of generation 3 is not in the store any more: ${systems[2]}` }],
  });
  expect(await directory.read('system')).toBe('system-4-link');
});
