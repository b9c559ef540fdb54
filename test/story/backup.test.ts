import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { CACHE, DATA, keeperStory } from './backup-story.js';
import { must } from './rig.js';

describe('backup and restore', () => {
  const { story, app, folderOf, ids, ok, pets, inside, fingerprint, unfinished, setUp } =
    keeperStory('backup');
  let known = '';

  beforeAll(async () => {
    known = await setUp();
  });
  afterAll(() => story.cleanUp());

  test('a backup of a running app: whole, private, and the app runs on', async () => {
    const [boot] = Object.values(await story.bootIds());
    const { stdout, stderr } = await ok('backup', app);
    const [id = ''] = ids();
    const folder = join(folderOf(), id);
    expect(stdout).toBe(`${folder}\n`);
    expect(stderr).toMatch(/stopping[^]*copying data[^]*starting[^]*packing data/);
    expect(readdirSync(folder).sort()).toEqual(['backup.json', 'cache.tar.gz', 'data.tar.gz']);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
    const file = JSON.parse(readFileSync(join(folder, 'backup.json'), 'utf8')) as Record<string, unknown>;
    expect(file).toMatchObject({
      version: 1,
      project: story.project,
      app,
      flakeRef: './keeper',
      generation: 1,
      volumes: [
        { name: 'cache', path: CACHE, size: null, file: 'cache.tar.gz' },
        { name: 'data', path: DATA },
      ],
    });
    const sum = (await must('sha256sum', [join(folder, 'data.tar.gz')])).split(' ')[0];
    expect(file).toMatchObject({ volumes: [{}, { sha256: sum }] });
    expect(Object.values(await story.bootIds())).not.toEqual([boot]);
    expect(await inside('systemctl is-active keeper')).toBe('active');
    expect(await unfinished()).toEqual([]);
    expect((await ok('diff')).stdout).toContain('No changes');
  });

  test('what runs while it is stopped is consistent: nothing is half written', async () => {
    const [id = ''] = ids();
    const file = join(folderOf(), id, 'data.tar.gz');
    const numbers = await must('tar', ['-xzOf', file, 'backup/volume/numbers']);
    const lines = numbers.split('\n');
    expect(lines).toEqual(lines.map((_, i) => String(i + 1)));
  });

  test('`backups` lists it; JSON too', async () => {
    const [id = ''] = ids();
    expect((await ok('backups')).stdout).toMatch(new RegExp(`${app} +${id} .*KiB +sha256-.* cache, data`));
    const json = JSON.parse((await ok('backups', app, '--json')).stdout) as { backups: unknown[] };
    expect(json.backups).toMatchObject([{ id, folder: join(folderOf(), id), app }]);
  });

  test('without the app’s name nothing is replaced', async () => {
    await inside(`echo new > ${DATA}/known; rm ${DATA}/link; echo more > ${DATA}/added`);
    const asked = await pets('restore', app);
    expect(asked).toMatchObject({ code: 64 });
    expect(asked.stderr).toContain(`pets restore ${app} ${ids()[0] ?? ''} --confirm ${app}`);
    expect(await pets('restore', app, '--confirm', 'yes')).toMatchObject({ code: 64 });
    expect(await pets('restore', app, '2099', '--confirm', app)).toMatchObject({ code: 1 });
    expect(await inside(`cat ${DATA}/added`)).toBe('more');
  });

  test('restored it is as it was, and what it replaced is a backup', async () => {
    const [id = ''] = ids();
    const { stderr } = await ok('restore', app, id.slice(0, 8), '--confirm', app);
    expect(await fingerprint()).toBe(known);
    expect(await inside('systemctl is-active keeper')).toBe('active');
    expect(await inside(`cat ${CACHE}/warm`)).toBe('warm');
    expect(ids()).toHaveLength(2);
    expect(stderr).toContain(`pets restore ${app} ${ids()[1] ?? ''}`);
    expect(await story.volumes()).toHaveLength(2);
    expect((await ok('diff')).stdout).toContain('No changes');
    await ok('restore', app, '--confirm', app);
    expect(await inside(`cat ${DATA}/added`)).toBe('more');
    await ok('restore', app, id, '--confirm', app);
    expect(await fingerprint()).toBe(known);
  });
});
