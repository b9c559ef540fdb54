import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdirSync, renameSync } from 'node:fs';
import { must, PROFILES, Story } from './rig.js';
import { UNIT } from './sleeper.js';

const KEY = 'security.protection.delete';

describe('a container that Incus protects', () => {
  const story = new Story('protected');
  const app = story.name('app');
  const directory = `${PROFILES}/${story.project}/${app}`;
  const generation = async () => {
    const { stdout } = await story.ok(['ps', '--json']);
    return (JSON.parse(stdout) as { apps: { generation: number }[] }).apps[0]?.generation;
  };

  beforeAll(async () => {
    story.plainFlake('app', UNIT);
    story.manifest({ app: 'flake-ref = "./app"\nhealth = false' });
    await story.ok(['up']);
    await must('incus', ['config', 'set', app, `${KEY}=true`]);
  });
  afterAll(async () => {
    await must('incus', ['config', 'unset', app, KEY]).catch(() => undefined);
    await story.cleanUp();
  });

  test.each([
    ['rm', () => ['rm', '--yes', app]],
    ['down', () => ['down', '--yes']],
  ])('%s touches nothing, and says which command unsets it', async (_, args) => {
    const boots = await story.bootIds();
    const refused = await story.pets(args());
    expect(refused).toMatchObject({ code: 65 });
    expect(refused.stderr).toContain(`incus config unset ${app} ${KEY}`);
    expect(await story.bootIds()).toEqual(boots);
    expect(await story.generations('app')).toHaveLength(1);
  });

  test('a generation is not numbered anew where the whole profile was lost', async () => {
    expect(await generation()).toBe(1);
    story.plainFlake('app', `${UNIT} environment.etc.version.text = "2";`);
    await story.ok(['up']);
    expect(await generation()).toBe(2);
    renameSync(directory, `${directory}-lost`);
    mkdirSync(directory);
    await must('incus', ['stop', '--force', app]);
    story.plainFlake('app', `${UNIT} environment.etc.version.text = "3";`);
    await story.ok(['up']);
    expect(await generation()).toBe(3);
  });

  test('is removed once that is unset', async () => {
    await must('incus', ['config', 'unset', app, KEY]);
    await story.ok(['rm', '--yes', app]);
    expect(await story.instances()).toEqual([]);
  });
});
