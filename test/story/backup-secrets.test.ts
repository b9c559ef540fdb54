import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { databaseStory } from './database-story.js';

describe('a backup and the secret that its data needs', () => {
  const { story, app, away, backups, newest, password, settled, emptied, setUp } = databaseStory('safe');
  let first = '';

  beforeAll(async () => {
    first = await setUp();
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
    const broken = join(backups(), newest());
    await story.ok(['restore', app, '--from', 'away', '--confirm', app]);
    await story.ok(['up']);
    const failed = await story.pets(['restore', app, '--from', broken, '--confirm', app, '--timeout', '20s']);
    expect(failed).toMatchObject({ code: 1 });
    expect(failed.stderr).toMatch(/db.service failed.*the data it had before/);
    expect(await password()).toBe(first);
    expect(first).not.toBe(second);
    await settled();
  });
});
