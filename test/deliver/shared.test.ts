import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { profileDirectory } from '../../src/deliver/instance.js';
import { profileTarget, sharedStore } from '../../src/deliver/shared.js';
import { exec } from '../../src/exec.js';
import type { AppName, StorePath } from '../../src/model.js';

const [web, site] = ['web', 'site'] as [AppName, AppName];
const NOBODY = 65534;

describe('profiles on the host', () => {
  const project = `t${process.pid}-shared`;
  const store = sharedStore(project, exec);
  const folder = dirname(profileDirectory(project, web));
  let scratch = '';
  /** A small path in the real store. */
  const path = async (name: string) => {
    writeFileSync(join(scratch, name), `${project} ${name}`);
    return (await exec('nix-store', ['--add', join(scratch, name)])).stdout as StorePath;
  };

  beforeEach(() => {
    scratch = mkdtempSync(join(tmpdir(), 'pets-shared-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
    rmSync(scratch, { recursive: true });
  });

  test('generations are counted, and the same system makes none', async () => {
    const [one, two] = [await path('one'), await path('two')];
    expect(await store.setProfile(web, one)).toBe(1);
    expect(await store.setProfile(web, two)).toBe(2);
    expect(await store.setProfile(web, two)).toBe(2);
    expect(profileTarget(project, web)).toBe(two);
  });

  test('collect keeps the newest, and the current one always', async () => {
    expect(await store.collect(web, 1)).toBe('');
    for (const name of ['one', 'two', 'three', 'four']) await store.setProfile(web, await path(name));
    expect(await store.collect(web, 5)).toBe('');
    expect(await store.collect(web, 3)).toBe('1 generation');
    expect(await store.collect(web, 1)).toBe('2 generations');
    expect(readlinkSync(join(folder, 'web', 'system'))).toBe('system-4-link');
    expect(profileTarget(project, web)).toBe(await path('four'));
  });

  test('a profile moves with its generations; once', async () => {
    const one = await path('one');
    await store.setProfile(web, one);
    await store.moveProfile(web, site);
    await store.moveProfile(web, site);
    expect(profileTarget(project, web)).toBeUndefined();
    expect(profileTarget(project, site)).toBe(one);
    expect(await store.setProfile(site, await path('two'))).toBe(2);
  });

  test('where both have one nothing is moved', async () => {
    const [one, two] = [await path('one'), await path('two')];
    await store.setProfile(web, one);
    await store.setProfile(site, two);
    await expect(store.moveProfile(web, site)).rejects.toMatchObject({
      problems: [{ app: site, message: expect.stringContaining('both `web` and `site` have a profile') }],
    });
    expect([profileTarget(project, web), profileTarget(project, site)]).toEqual([one, two]);
  });

  test('the last one of a project takes its folder along', async () => {
    await store.setProfile(web, await path('one'));
    await store.setProfile(site, await path('one'));
    await store.dropProfile(web);
    expect(existsSync(folder)).toBe(true);
    await store.dropProfile(site);
    await store.dropProfile(site);
    expect(existsSync(folder)).toBe(false);
  });

  test('operators of one group may all write; others may not because of it', async () => {
    const one = await path('one');
    mkdirSync(folder, { recursive: true });
    await store.setProfile(web, one);
    expect(statSync(join(folder, 'web')).mode & 0o7777).toBe(0o755);
    chmodSync(folder, 0o2775);
    await store.setProfile(site, one);
    expect(statSync(join(folder, 'site')).mode & 0o7777).toBe(0o2775);
  });

  test.each([
    ['make', () => store.setProfile(site, '/nix/store/x' as StorePath)],
    ['move', () => store.moveProfile(web, site)],
    ['remove', () => store.dropProfile(web)],
  ])('no permission to %s one is said with what to do', async (what, act) => {
    await store.setProfile(web, await path('one'));
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
