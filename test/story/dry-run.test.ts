import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { filesBelow } from '../files.js';
import { Story } from './rig.js';

const UNIT = `systemd.services.app = { wantedBy = [ "multi-user.target" ]; serviceConfig.ExecStart = "/bin/sleep infinity"; };`;

describe('--dry-run', () => {
  const story = new Story('dry');
  const [web, db] = [story.name('web'), story.name('db')];
  const manifest = (more = '') => {
    story.manifest({
      web: `flake-ref = "./app"\nhealth = false\nvolumes = { data = "/var/lib/web" }${more}`,
      db: 'flake-ref = "./app"\nhealth = false',
    });
  };

  beforeAll(async () => {
    story.plainFlake('app', UNIT);
    manifest();
    await story.ok(['up']);
    await story.ok(['backup', web]);
    manifest('\nkeep = 1\nlimits = { cpu = 1 }');
    story.plainFlake('app', UNIT.replace('infinity', '99999'));
    await story.ok(['up']);
  });
  afterAll(() => story.cleanUp());

  /** All that a verb could have changed. */
  const state = async () => ({
    instances: (await story.instances()).map(({ name, config }) => [name, config]),
    volumes: await story.volumes(),
    boots: await story.bootIds(),
    generations: await story.generations('web'),
    files: filesBelow(story.folder),
  });

  test.each([
    [['down'], () => [`- ${web}`, `- ${db}`, `keeps ${web}/data`]],
    [['down', '--volumes'], () => [`deletes ${web}/data, and all that is in them`]],
    [['rm', db], () => [`- ${db}`, 'it is in the manifest']],
    [['rollback', db], () => ['roll back', db]],
    [
      ['restore', web],
      () => [`restores ${web}/data from `, 'which is backed up first', `stops ${web} meanwhile`],
    ],
    [['update'], () => ['']],
    [['gc'], () => ['']],
  ])('%j says what it would do, and changes nothing', async (argv, words) => {
    const before = await state();
    const { stdout } = await story.ok([...argv, '--dry-run']);
    for (const word of words()) expect(stdout).toContain(word);
    expect(await state()).toEqual(before);
  });

  test('ps of some', async () => {
    expect((await story.ok(['ps', web])).stdout).not.toContain(db);
    expect(await story.pets(['ps', 'nothing-like-that'])).toMatchObject({ code: 64 });
  });
});
