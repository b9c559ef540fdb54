import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PROGRAM, run, Story } from './rig.js';

const UNIT = `systemd.services.app = { wantedBy = [ "multi-user.target" ]; serviceConfig.ExecStart = "/bin/sleep infinity"; };`;

describe('backups of several apps', () => {
  const story = new Story('several');
  const [web, db, plain] = [story.name('web'), story.name('db'), story.name('plain')];
  const folders = (stdout: string) => stdout.trimEnd().split('\n');
  const kept = (app: string) => readdirSync(join(story.folder, '.state', story.project, 'backups', app));

  beforeAll(async () => {
    story.plainFlake('app', UNIT);
    story.manifest({
      web: 'flake-ref = "./app"\nhealth = false\nvolumes = { data = "/var/lib/web" }\ntags = ["public"]',
      db: 'flake-ref = "./app"\nhealth = false\nvolumes = { data = "/var/lib/db" }',
      plain: 'flake-ref = "./app"\nhealth = false\ntags = ["public"]',
    });
    await story.ok(['up']);
  });
  afterAll(() => story.cleanUp());

  test('without names: of all that have volumes', async () => {
    const { stdout } = await story.ok(['backup']);
    expect(folders(stdout).map((folder) => dirname(folder).split('/').at(-1))).toEqual([db, web]);
  });

  test('by tag and by name, each once; --keep deletes the older ones of these', async () => {
    const { stdout, stderr } = await story.ok(['backup', '@public', web, '--keep', '1']);
    expect(folders(stdout)).toHaveLength(1);
    expect(stderr).toContain(`${web}: deleted `);
    expect(kept(web)).toHaveLength(1);
    expect(kept(db)).toHaveLength(1);
  });

  test('one that is named and has no volumes is refused before any is stopped', async () => {
    const boots = await story.bootIds();
    const refused = await story.pets(['backup', web, plain]);
    expect(refused).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('has no volumes') });
    expect(await story.bootIds()).toEqual(boots);
  });

  test('a loop over names goes on where `exec -n` leaves its list alone', async () => {
    story.write('list', `${web}\n${db}\n`);
    const loop = 'while read -r app; do "$@" exec -n "$app" -- true && echo "$app"; done < list';
    const args = ['-c', loop, 'sh', process.execPath, PROGRAM];
    const { stdout } = await run('sh', args, { cwd: story.folder, env: story.env() });
    expect(stdout).toBe(`${web}\n${db}\n`);
  });
});
