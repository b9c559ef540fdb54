import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { recorder, seen, Story } from './rig.js';

/** As a database does: its data knows the password that it was made with, and it runs with no other. */
const DATABASE = `
  systemd.services.db = {
    wantedBy = [ "multi-user.target" ];
    serviceConfig = { Type = "exec"; LoadCredential = "pass"; ExecStart = "/bin/sh -c 'test ! -e /var/lib/db/broken || exit 8; test -e /var/lib/db/pass || cp %d/pass /var/lib/db/pass; grep -qxFf %d/pass /var/lib/db/pass || exit 7; exec sleep infinity'"; };
  };
  users.users.clerk = { isSystemUser = true; group = "clerk"; };
  users.groups.clerk = { };
`;
const FILE = '/etc/credstore/pass';
const EXTRA = '/etc/credstore/extra';

describe('a backup and the secret that its data needs', () => {
  const story = new Story('safe');
  const app = story.name('db');
  const state = join(story.folder, '.state');
  const kept = join(state, story.project, 'secrets');
  const backups = () => join(state, story.project, 'backups', app);
  const newest = () => readdirSync(backups()).sort().at(-1) ?? '';
  const secret = (name = 'pass') => readFileSync(join(kept, 'generated', `${app}.${name}`), 'utf8');
  const away = join(story.folder, 'away');
  let first = '';
  /** A backup of data that the app does not come up with. */
  let broken = '';

  /** The data, what is kept, and what the guest has: one password. */
  const password = async () => {
    const of = async (path: string) => story.inside('db', 'cat', path);
    expect([await of(FILE), await of('/var/lib/db/pass')]).toEqual([secret(), secret()]);
    expect(await story.inside('db', 'systemctl', 'is-active', 'db')).toBe('active');
    expect(await story.inside('db', 'stat', '-c', '%a %U', FILE)).toBe('400 root');
    expect(await story.inside('db', 'stat', '-c', '%a %U', EXTRA)).toBe('440 clerk');
    expect(await story.inside('db', 'cat', EXTRA)).toBe(secret('extra'));
    expect(existsSync(join(kept, 'restoring'))).toBe(false);
    return secret();
  };
  const settled = async () => {
    expect((await story.ok(['diff'])).stdout).toContain('No changes');
    expect((await story.volumes()).map((v) => v.config['user.pets.volume'])).toEqual(['data']);
  };
  /** Another machine: nothing is there but the manifest, the flake and the folder `away`. */
  const emptied = async () => {
    await story.ok(['down', '--volumes', '--confirm', story.project]);
    rmSync(state, { recursive: true });
  };

  /** A whole backup with another password than the present one. */
  const other = () => {
    const folders = [away, ...readdirSync(backups()).map((id) => join(backups(), id))];
    const isOther = (folder: string) => readFileSync(join(folder, 'pass.secret'), 'utf8') !== secret();
    return folders.find((folder) => folder !== broken && isOther(folder)) ?? '';
  };

  beforeAll(async () => {
    story.plainFlake('db', DATABASE);
    story.manifest({
      db: 'flake-ref = "./db"\nvolumes = { data = "/var/lib/db" }\nsecrets = { pass = { generate = true }, extra = { generate = true, mode = "0440", owner = "clerk" } }',
    });
    await story.ok(['up']);
    first = await password();
  });
  afterAll(() => story.cleanUp());

  test('it is in the backup, for its owner alone to read, and in nothing that is printed', async () => {
    const { stdout, stderr } = await story.ok(['backup', app]);
    const folder = stdout.trim();
    expect(readFileSync(join(folder, 'pass.secret'), 'utf8')).toBe(first);
    expect(statSync(join(folder, 'pass.secret')).mode & 0o777).toBe(0o600);
    const printed = [stderr, (await story.ok(['backups', '--json'])).stdout];
    for (const text of [...printed, readFileSync(join(folder, 'backup.json'), 'utf8')])
      expect(text).not.toContain(first);
    await settled();
    renameSync(folder, away);
  });

  test('onto an empty machine: data and password are there, and fit', async () => {
    await emptied();
    await story.ok(['restore', app, '--from', 'away']);
    await story.ok(['up']);
    expect(await password()).toBe(first);
    await settled();
  });

  test('where `up` had made another: both are exchanged, and what was there is a backup', async () => {
    await emptied();
    await story.ok(['up']);
    const second = await password();
    expect(second).not.toBe(first);
    const asked = await story.pets(['restore', app, '--from', 'away']);
    expect(asked).toMatchObject({ code: 64 });
    expect(asked.stderr).toContain('this replaces data, the secret extra, the secret pass of');
    expect(await password()).toBe(second);
    const done = await story.ok(['restore', app, '--from', 'away', '--confirm', app]);
    expect(await password()).toBe(first);
    expect(done.stderr).toContain(`\`pets up ${app}\` records it`);
    expect(done.stderr).not.toContain(first);
    await story.ok(['up']);
    await settled();
    await story.ok(['restore', app, newest(), '--confirm', app]);
    expect(await password()).toBe(second);
    await story.ok(['up']);
    await settled();
  });

  test('data that the app does not come up with: it has its own again, and its own password', async () => {
    const second = await password();
    await story.inside('db', 'touch', '/var/lib/db/broken');
    await story.pets(['backup', app]);
    broken = join(backups(), newest());
    await story.ok(['restore', app, '--from', 'away', '--confirm', app]);
    await story.ok(['up']);
    const failed = await story.pets(['restore', app, '--from', broken, '--confirm', app, '--timeout', '20s']);
    expect(failed).toMatchObject({ code: 1 });
    expect(failed.stderr).toMatch(/db.service failed.*the data it had before/);
    expect(await password()).toBe(first);
    expect(first).not.toBe(second);
    await settled();
  });

  test.each([
    ['unpacking', 0],
    ['stopping', 300],
    ['exchanging', 20],
    ['exchanging', 150],
    ['starting', 100],
    ['waiting for', 0],
  ])('a restore killed while %s (%i ms): after `up` data and password fit', async (step, ms) => {
    const { child, ended } = story.start(['restore', app, '--from', other(), '--confirm', app]);
    await seen(child, step);
    await new Promise((resolve) => setTimeout(resolve, ms));
    child.kill('SIGKILL');
    await ended;
    await story.ok(['up']);
    await story.inside('db', 'systemctl', 'is-system-running', '--wait');
    await password();
    expect((await story.ok(['diff'])).stdout).toContain('No changes');
  });

  test('killed once the daemon has the change of volumes: `up` ends the restore, with its password', async () => {
    const from = other();
    const wanted = readFileSync(join(from, 'pass.secret'), 'utf8');
    let kill = () => false;
    const daemon = await recorder((text) => {
      const changes = daemon.requests.filter((r) => r.startsWith(`PATCH /1.0/instances/${app}`));
      // The first one is the mark.
      if (changes.length === 2) kill();
      return text;
    });
    const { child, ended } = story.start(['restore', app, '--from', from, '--confirm', app], {
      INCUS_SOCKET: daemon.socket,
    });
    kill = () => child.kill('SIGKILL');
    expect(await ended).toMatchObject({ code: null });
    await daemon.close();
    expect(secret()).not.toBe(wanted);
    await story.ok(['up']);
    expect(await password()).toBe(wanted);
    expect((await story.ok(['diff'])).stdout).toContain('No changes');
  });
});
