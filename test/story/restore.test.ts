import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { appendFileSync, cpSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DATA, keeperStory } from './backup-story.js';
import { must } from './rig.js';

describe('backup and restore', () => {
  const { story, app, folderOf, ids, ok, pets, inside, fingerprint, unfinished, setUp } =
    keeperStory('restore');
  let known = '';

  beforeAll(async () => {
    known = await setUp();
    await ok('backup', app);
  });
  afterAll(() => story.cleanUp());

  test('data that the app does not come up with: it has its own again, and serves', async () => {
    await inside(`touch ${DATA}/broken`);
    await ok('backup', app).catch(() => undefined);
    const broken = ids().at(-1) ?? '';
    await pets('up');
    await ok('restore', app, ids()[0] ?? '', '--confirm', app, '--timeout', '20s');
    const before = ids().length;
    const failed = await pets('restore', app, broken, '--confirm', app, '--timeout', '20s');
    expect(failed).toMatchObject({ code: 1 });
    expect(failed.stderr).toMatch(/keeper.service failed.*the data it had before/);
    expect(await fingerprint()).toBe(known);
    expect(await inside('systemctl is-active keeper')).toBe('active');
    expect(await unfinished()).toEqual([]);
    expect(ids()).toHaveLength(before);
    rmSync(join(folderOf(), broken), { recursive: true });
  });

  test('a stopped app stays stopped', async () => {
    await must('incus', ['stop', app]);
    await ok('backup', app);
    await ok('restore', app, '--confirm', app);
    expect((await story.instances())[0]?.status).toBe('Stopped');
    await ok('up');
    expect(await fingerprint()).toBe(known);
  });

  test('an archive that was altered is refused before anything is touched', async () => {
    const [id = ''] = ids();
    const copy = join(story.folder, 'copy');
    cpSync(join(folderOf(), id), copy, { recursive: true });
    const boots = await story.bootIds();
    appendFileSync(join(copy, 'data.tar.gz'), 'x');
    const longer = await pets('restore', app, '--from', copy, '--confirm', app);
    expect(longer).toMatchObject({ code: 1 });
    expect(longer.stderr).toContain('data.tar.gz is not what was backed up');
    const path = join(copy, 'backup.json');
    story.write('copy/backup.json', readFileSync(path, 'utf8').replace('data.tar.gz', '../../x'));
    expect((await pets('restore', app, '--from', copy, '--confirm', app)).stderr).toContain(
      'volumes.1.file: expected the name of a file',
    );
    expect(await story.bootIds()).toEqual(boots);
  });

  test('onto an empty machine: with the manifest, the flake and the folder', async () => {
    const away = join(story.folder, 'away');
    const { stdout } = await ok('backup', app, '--output', 'away');
    const [id = ''] = readdirSync(join(away, app));
    expect(stdout).toBe(`${join(away, app, id)}\n`);
    await ok('down', '--volumes', '--confirm', story.project);
    expect(await story.volumes()).toEqual([]);
    rmSync(join(story.folder, '.state'), { recursive: true });
    const { stderr } = await ok('restore', app, '--from', join('away', app, id));
    expect(stderr).toContain(`\`pets up ${app}\` attaches`);
    expect(existsSync(folderOf())).toBe(false);
    await ok('up');
    await inside('systemctl stop keeper');
    expect(await fingerprint()).toBe(known);
    expect((await ok('diff')).stdout).toContain('No changes');
  });
});
