import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { handProfileOver } from '../../src/stores/host-directory.js';
import { profileDirectory } from '../../src/stores/backend.js';
import { profileTarget } from '../../src/stores/shared.js';
import { openStores } from '../../src/stores/stores.js';
import { exec, stream } from '../programs.js';
import type { AppName, StorePath } from '../../src/domain/names.js';
import type { Incus } from '../../src/domain/services.js';

const [web, site] = ['web', 'site'] as [AppName, AppName];
const NOBODY = 65534;

describe('profiles on the host', () => {
  const project = `t${process.pid}-shared`;
  const { shared: store } = openStores(project, {} as Incus, exec, stream);
  const folder = dirname(profileDirectory(project, web));
  let scratch = '';
  /** A small path in the real store. */
  const path = async (name: string) => {
    writeFileSync(join(scratch, name), `${project} ${name}`);
    return (await exec('nix-store', ['--add', join(scratch, name)])).stdout as StorePath;
  };

  const links = () => readdirSync(join(folder, 'web')).sort();
  const rootsOf = async (system: StorePath) => {
    const { stdout } = await exec('nix-store', ['--query', '--roots', system]);
    const roots = stdout.split('\n').map((line) => line.split(' ')[0] ?? '');
    return roots.filter((root) => root.startsWith(folder)).sort();
  };

  beforeEach(() => {
    scratch = mkdtempSync(join(tmpdir(), 'pets-shared-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
    rmSync(scratch, { recursive: true });
  });

  test.each([0o000, 0o077])('their folders have their modes under umask %i', async (mask) => {
    const usual = process.umask(mask);
    try {
      await store.setProfile(web, await path('one'), 0);
    } finally {
      process.umask(usual);
    }
    const above = statSync(dirname(folder)).mode & 0o2020;
    const wanted = above === 0o2020 ? 0o2775 : 0o755;
    for (const made of ['', 'web', 'web/kept', 'web/per-user'])
      expect([made, statSync(join(folder, made)).mode & 0o7777]).toEqual([made, wanted]);
  });

  test('generations are counted, and the same system makes none', async () => {
    const [one, two] = [await path('one'), await path('two')];
    expect(await store.setProfile(web, one, 0)).toBe(1);
    expect(await store.setProfile(web, two, 0)).toBe(2);
    expect(await store.setProfile(web, two, 0)).toBe(2);
    expect(profileTarget(project, web)).toBe(two);
  });

  test('collect removes all but those it is told to keep, and the current one', async () => {
    expect(await store.collect(web, [])).toBe('');
    for (const name of ['one', 'two', 'three', 'four']) await store.setProfile(web, await path(name), 0);
    expect(await store.collect(web, [1, 2, 3, 9])).toBe('');
    expect(await store.collect(web, [4, 2])).toBe('2 generations');
    expect(links()).toEqual(['kept', 'per-user', 'system', 'system-2-link', 'system-4-link']);
    expect(await store.collect(web, [])).toBe('1 generation');
    expect(readlinkSync(join(folder, 'web', 'system'))).toBe('system-4-link');
    expect(profileTarget(project, web)).toBe(await path('four'));
  });

  test('a number is never given twice, whatever became of the generation', async () => {
    const [one, two, three] = [await path('one'), await path('two'), await path('three')];
    for (const system of [one, two, three]) await store.setProfile(web, system, 0);
    await store.activateGeneration(web, 1, one);
    await store.collect(web, []);
    expect(links()).toEqual(['kept', 'per-user', 'system', 'system-1-link']);
    expect(await store.setProfile(web, three, 0)).toBe(4);
    await store.activateGeneration(web, 1, one);
    // The newest one that is there is not the current one.
    expect(await store.setProfile(web, three, 0)).toBe(5);
  });

  test('a profile of an earlier release, and what somebody adds by hand', async () => {
    const [one, two, three] = [await path('one'), await path('two'), await path('three')];
    mkdirSync(join(folder, 'web'), { recursive: true });
    const nixEnv = (...args: string[]) =>
      exec('nix-env', ['--profile', join(folder, 'web', 'system'), ...args]);
    await nixEnv('--set', one);
    await nixEnv('--set', two);
    expect(await store.setProfile(web, two, 0)).toBe(2);
    await nixEnv('--delete-generations', 'old');
    expect(await rootsOf(one)).toEqual([join(folder, 'web/kept/1')]);
    await store.activateGeneration(web, 1, one);
    await nixEnv('--set', three);
    expect(await store.setProfile(web, two, 0)).toBe(4);
    expect((await nixEnv('--list-generations')).stdout).toMatch(/^ +1 .*\n +2 .*\n +3 .*\n +4 .*\(current\)/);
  });

  test('what is returned to is a root of the store again, and the current generation', async () => {
    const [one, two] = [await path('one'), await path('two')];
    await store.setProfile(web, one, 0);
    await store.setProfile(web, two, 0);
    await exec('nix-env', ['--profile', join(folder, 'web', 'system'), '--delete-generations', 'old']);
    expect(links()).toEqual(['kept', 'per-user', 'system', 'system-2-link']);
    expect(await rootsOf(one)).toEqual([join(folder, 'web/kept/1')]);
    await store.activateGeneration(web, 1, one);
    expect(profileTarget(project, web)).toBe(one);
    expect(await rootsOf(one)).toEqual([join(folder, 'web/kept/1'), join(folder, 'web/system-1-link')]);
    await store.collect(web, []);
    expect(await rootsOf(two)).toEqual([]);
  });

  test('what is gone from the store is said, and the profile stays as it is', async () => {
    const one = await path('one');
    await store.setProfile(web, one, 0);
    const gone = `/nix/store/${'a'.repeat(32)}-gone` as StorePath;
    const problem = {
      app: web,
      message: `the system of generation 7 is not in the store any more: ${gone}`,
      hint: expect.stringContaining('`pets up web`'),
    };
    await expect(store.activateGeneration(web, 7, gone)).rejects.toMatchObject({ problems: [problem] });
    expect(profileTarget(project, web)).toBe(one);
    await expect(store.setProfile(web, gone, 0)).rejects.toMatchObject({
      problems: [{ ...problem, message: expect.stringContaining('generation 8') }],
    });
    expect(profileTarget(project, web)).toBe(one);
  });

  test('a profile moves with its generations; once', async () => {
    const one = await path('one');
    await store.setProfile(web, one, 0);
    await store.moveProfile(web, site);
    await store.moveProfile(web, site);
    expect(profileTarget(project, web)).toBeUndefined();
    expect(profileTarget(project, site)).toBe(one);
    expect(await rootsOf(one)).toEqual([join(folder, 'site/kept/1'), join(folder, 'site/system-1-link')]);
    expect(await store.setProfile(site, await path('two'), 0)).toBe(2);
  });

  test('where both have one nothing is moved', async () => {
    const [one, two] = [await path('one'), await path('two')];
    await store.setProfile(web, one, 0);
    await store.setProfile(site, two, 0);
    await expect(store.moveProfile(web, site)).rejects.toMatchObject({
      problems: [{ app: site, message: expect.stringContaining('both `web` and `site` have a profile') }],
    });
    expect([profileTarget(project, web), profileTarget(project, site)]).toEqual([one, two]);
  });

  test('one is handed over to another project, again without harm, and never onto another', async () => {
    const other = `${project}-other`;
    try {
      const [one, two] = [await path('one'), await path('two')];
      await store.setProfile(web, one, 0);
      await handProfileOver(web, project, other);
      await handProfileOver(web, project, other);
      expect([profileTarget(project, web), profileTarget(other, web)]).toEqual([undefined, one]);
      expect(existsSync(folder)).toBe(false);
      await store.setProfile(web, two, 0);
      await expect(handProfileOver(web, project, other)).rejects.toThrow('have a profile');
      expect([profileTarget(project, web), profileTarget(other, web)]).toEqual([two, one]);
    } finally {
      rmSync(dirname(profileDirectory(other, web)), { recursive: true, force: true });
    }
  });

  test('the last one of a project takes its folder along', async () => {
    await store.setProfile(web, await path('one'), 0);
    await store.setProfile(site, await path('one'), 0);
    await store.dropProfile(web);
    expect(existsSync(folder)).toBe(true);
    await store.dropProfile(site);
    await store.dropProfile(site);
    expect(existsSync(folder)).toBe(false);
  });

  test('operators of one group may all write; others may not because of it', async () => {
    const one = await path('one');
    mkdirSync(folder, { recursive: true });
    await store.setProfile(web, one, 0);
    expect(statSync(join(folder, 'web')).mode & 0o7777).toBe(0o755);
    chmodSync(folder, 0o2775);
    await store.setProfile(site, one, 0);
    expect(statSync(join(folder, 'site')).mode & 0o7777).toBe(0o2775);
    expect(statSync(join(folder, 'site/kept')).mode & 0o7777).toBe(0o2775);
  });

  test.each([
    ['make', () => store.setProfile(site, '/nix/store/x' as StorePath, 0)],
    ['write in', () => store.setProfile(web, '/nix/store/x' as StorePath, 0)],
    ['write in', () => store.activateGeneration(web, 9, '/nix/store/x' as StorePath)],
    ['move', () => store.moveProfile(web, site)],
    ['remove', () => store.dropProfile(web)],
  ])('no permission to %s one is said with what to do', async (what, act) => {
    await store.setProfile(web, await path('one'), 0);
    process.seteuid?.(NOBODY);
    const failure = await act().catch((error: unknown) => error);
    process.seteuid?.(0);
    expect(failure).toMatchObject({
      problems: [
        {
          message: expect.stringMatching(`^no permission to ${what} ${folder}`),
          hint: expect.stringContaining('as root: install -d -m 2775 -g incus-admin /nix/var'),
        },
      ],
    });
  });
});
