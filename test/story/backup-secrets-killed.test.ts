import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { databaseStory } from './database-story.js';
import { booted, recorder, seen, sleep } from './rig.js';
import { sampleOf } from '../sample.js';

/** What it says then, and how long after that it is killed, in ms. */
const MOMENTS: readonly [string, number][] = [
  ['unpacking', 0],
  ['stopping', 300],
  ['exchanging', 20],
  ['exchanging', 150],
  ['starting', 100],
  ['waiting for', 0],
];

describe('a backup and the secret that its data needs', () => {
  const { story, app, away, backups, secret, password, emptied, setUp } = databaseStory('skilled');

  /** A whole backup with another password than the present one. */
  const other = () => {
    const folders = [away, ...readdirSync(backups()).map((id) => join(backups(), id))];
    const isOther = (folder: string) => readFileSync(join(folder, 'pass.secret'), 'utf8') !== secret();
    return folders.find(isOther) ?? '';
  };

  beforeAll(async () => {
    await setUp();
    const { stdout } = await story.ok(['backup', app]);
    renameSync(stdout.trim(), away);
    // `up` makes another password than the one that is away; of that there is a backup too.
    await emptied();
    await story.ok(['up']);
    await story.ok(['backup', app]);
  });
  afterAll(() => story.cleanUp());

  test.each(sampleOf(MOMENTS, 3))(
    'a restore killed while %s (%i ms): after `up` data and password fit',
    async (step, ms) => {
      const { child, ended } = story.start(['restore', app, '--from', other(), '--confirm', app]);
      await seen(child, step);
      await sleep(ms);
      child.kill('SIGKILL');
      await ended;
      await story.ok(['up']);
      await booted(app);
      await password();
      expect((await story.ok(['diff'])).stdout).toContain('No changes');
    },
  );

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
