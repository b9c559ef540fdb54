import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { appendFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CACHE, DATA, keeperStory } from './backup-story.js';
import { must, seen } from './rig.js';

type Verified = { backups: { id: string; verified: string }[] };
type Due = { backups: { app: string; result: string; message: string }[] };

describe('backups by a schedule', () => {
  const { story, app, ok, pets, inside, fingerprint, unfinished, setUp, killed } = keeperStory('backup-due');
  const to = join(story.folder, 'nas');
  const place = join(to, story.project, app);
  const ids = () => (existsSync(place) ? readdirSync(place).sort() : []);
  const BACKUP = 'backup = { schedule = "daily", keep = { last = 2 }, to = "./nas" }';
  const LINES = `flake-ref = "./keeper"\nvolumes = { data = "${DATA}", cache = "${CACHE}" }\n${BACKUP}`;
  const record = async () => {
    const [found] = await story.instances();
    return JSON.parse(found?.config['user.pets.backup'] ?? 'null') as {
      at: string;
      last: { at: string; folder: string } | null;
    } | null;
  };
  /** As if its time had come since: what is known of the last one stays, but for its age. */
  const makeDue = async (at = '2001-01-01T00:00:00.000Z') => {
    const last = (await record())?.last ?? null;
    const older = { at, last: last && { ...last, at } };
    await must('incus', ['config', 'set', app, `user.pets.backup=${JSON.stringify(older)}`], story.env());
  };
  const alerts = async (...args: string[]) => {
    const { stdout } = await ok('alerts', '--json', ...args);
    return (JSON.parse(stdout) as { alerts: { kind: string }[] }).alerts.map(({ kind }) => kind);
  };
  let known = '';

  beforeAll(async () => {
    known = await setUp();
    mkdirSync(to);
    story.manifest({ keeper: LINES });
  });
  afterAll(() => story.cleanUp());

  test('the first look notes that it was there; nothing changes by the key', async () => {
    expect((await ok('diff')).stdout).toContain('No changes');
    expect((await ok('backup', '--due')).stdout).toBe('No backup is due.\n');
    expect(await record()).toMatchObject({ at: expect.stringMatching(/^20[2-9]/), last: null });
    expect(ids()).toEqual([]);
  });

  test('once its time came it is taken, once, and where it was to go', async () => {
    await makeDue();
    expect((await ok('update', '--due', '--dry-run')).stdout).toMatch(/would be backed up now/);
    const { stdout } = await ok('backup', '--due');
    expect(stdout).toBe(`${join(place, ids()[0] ?? '')}\n`);
    expect((await record())?.last?.folder).toBe(join(place, ids()[0] ?? ''));
    expect((await ok('backup', '--due')).stdout).toBe('No backup is due.\n');
    expect(await inside('systemctl is-active keeper')).toBe('active');
    expect((await ok('diff')).stdout).toContain('No changes');
    expect((await ok('backups')).stdout).toContain(ids()[0]);
  });

  test('the timer of updates does it; of those by a schedule what nothing asks for goes', async () => {
    const byHand = (await ok('backup', app)).stdout.trim();
    for (let n = 0; n < 2; n++) {
      await makeDue();
      const { backups } = JSON.parse((await ok('update', '--due', '--json')).stdout) as Due;
      expect(backups).toEqual([{ app, result: 'backed-up', message: expect.stringContaining(place) }]);
    }
    expect(ids()).toHaveLength(3);
    expect(join(place, ids()[0] ?? '')).toBe(byHand);
  });

  test('a folder that is away fails before the app is touched, is told once, and is tried again', async () => {
    const [boot] = Object.values(await story.bootIds());
    await makeDue();
    renameSync(to, `${to}.away`);
    for (let n = 0; n < 2; n++) {
      const refused = await pets('backup', '--due');
      expect(refused).toMatchObject({ code: 1 });
      expect(refused.stderr).toContain('is it mounted?');
    }
    expect((await ok('backups')).stderr).toContain('it is not there');
    // The mount point alone, with nothing in it.
    mkdirSync(to);
    expect((await pets('backup', '--due')).stderr).toContain('are not there any more');
    rmSync(to, { recursive: true });
    expect(await alerts()).toEqual(['backup-failed']);
    expect(await alerts('--check')).toEqual(['backup-failed', 'backup-late']);
    expect(Object.values(await story.bootIds())).toEqual([boot]);
    renameSync(`${to}.away`, to);
    await ok('backup', '--due');
    expect(await alerts('--check')).toEqual([]);
  });

  test('one that is interrupted is due again', async () => {
    await makeDue();
    const before = ids();
    const { child, ended } = story.start(['backup', '--due']);
    await seen(child, 'stopping');
    child.kill('SIGINT');
    expect(await ended).toMatchObject({ code: 130 });
    expect((await record())?.at).toBe('2001-01-01T00:00:00.000Z');
    expect(await unfinished()).toEqual([]);
    expect(ids()).toEqual(before);
    expect((await story.instances()).map(({ status }) => status)).toEqual(['Running']);
    await ok('backup', '--due');
    expect(ids()).not.toEqual(before);
  });

  test('one that is killed with the app down: the next run starts it, and takes one', async () => {
    await makeDue();
    const before = ids();
    await killed(['backup', '--due'], 'copying data', 0);
    await must('incus', ['stop', app], story.env()).catch(() => undefined);
    expect(await record()).toMatchObject({ stopped: true });
    renameSync(to, `${to}.away`);
    const away = await pets('update', '--due');
    expect(away.stderr).toContain('was stopped for a backup that was killed, and is started');
    expect((await story.instances()).map(({ status }) => status)).toEqual(['Running']);
    expect(await inside('systemctl is-active keeper')).toBe('active');
    renameSync(`${to}.away`, to);
    await ok('backup', '--due');
    expect(ids()).not.toEqual(before);
    expect(await record()).not.toHaveProperty('stopped');
    expect(await unfinished()).toEqual([]);
    expect((await ok('backup', '--due')).stdout).toBe('No backup is due.\n');
  });

  test('whom somebody wants stopped is not started, though one that was killed had stopped it', async () => {
    await makeDue();
    await killed(['backup', '--due'], 'copying data', 0);
    await must('incus', ['stop', app], story.env()).catch(() => undefined);
    await ok('stop', app);
    await ok('backup', '--due');
    expect((await story.instances()).map(({ status }) => status)).toEqual(['Stopped']);
    await ok('start', app);
    expect(await fingerprint()).toBe(known);
  });

  test('one that cannot be started is told, and tried again', async () => {
    await makeDue();
    await killed(['backup', '--due'], 'copying data', 0);
    await must('incus', ['stop', app], story.env()).catch(() => undefined);
    // What somebody else's device needs is away.
    const folder = join(story.folder, 'passing');
    const disk = [`source=${folder}`, 'path=/passing'];
    mkdirSync(folder);
    await must('incus', ['config', 'device', 'add', app, 'passing', 'disk', ...disk], story.env());
    rmSync(folder, { recursive: true });
    const failing = await pets('backup', '--due');
    await must('incus', ['config', 'device', 'remove', app, 'passing'], story.env());
    expect(failing).toMatchObject({ code: 1, stderr: expect.stringContaining('does not run again') });
    expect(await record()).toMatchObject({ stopped: true });
    await ok('backup', '--due');
    expect((await story.instances()).map(({ status }) => status)).toEqual(['Running']);
    expect(await record()).not.toHaveProperty('stopped');
    expect(await alerts()).toEqual([]);
  });

  test('each can be restored: the newest is, into volumes of its own', async () => {
    const [boot] = Object.values(await story.bootIds());
    const { backups } = JSON.parse((await ok('backups', '--verify', '--json')).stdout) as Verified;
    expect(backups.map(({ verified }) => verified)).toEqual(['restored', 'checksums', 'checksums']);
    expect(await unfinished()).toEqual([]);
    expect(Object.values(await story.bootIds())).toEqual([boot]);
    expect(await fingerprint()).toBe(known);
  });

  test('one byte more, and it is told which', async () => {
    const [oldest = '', , newest = ''] = ids();
    appendFileSync(join(place, oldest, 'data.tar.gz'), 'x');
    const { code, stdout, stderr } = await pets('backups', '--verify');
    expect(code).toBe(1);
    expect(stdout).toMatch(new RegExp(`${oldest} .* DAMAGED`));
    expect(stdout).toMatch(new RegExp(`${newest} .* restored`));
    expect(stderr).toContain(`${oldest}: `);
  });

  test('a restore finds it by its id, and puts what it replaces beside it', async () => {
    const newest = ids().at(-1) ?? '';
    await inside(`rm -r ${DATA}/deep`);
    await ok('restore', app, newest, '--confirm', app);
    expect(await fingerprint()).toBe(known);
    expect(ids().at(-1)).not.toBe(newest);
  });

  test('wrong use is refused', async () => {
    expect(await pets('backup', '--due', '--keep', '1')).toMatchObject({ code: 64 });
    expect(await pets('backup', '--due', '--output', 'x')).toMatchObject({ code: 64 });
  });
});
