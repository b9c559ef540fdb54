import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { KEEPER, STARTS } from './keeper.js';
import { freePorts, Story } from './rig.js';

describe('a renamed app', () => {
  const story = new Story('was');
  let port = 0;

  beforeAll(async () => {
    [port = 0] = await freePorts(1);
    story.plainFlake('keeper', KEEPER);
  });
  afterAll(() => story.cleanUp());

  test('keeps its container, volumes and generations', async () => {
    const lines = `flake-ref = "./keeper"\nport = ${port}\nvolumes = { data = "/var/lib/private/keeper" }`;
    story.manifest({ old: lines });
    await story.ok(['up']);
    await story.inside('old', 'sh', '-c', 'echo kept > /root/on-the-root-disk');
    const generations = (await story.generations('old')).length;

    story.manifest({ fresh: `${lines}\nwas = "${story.name('old')}"` });
    const diff = (await story.ok(['diff'])).stdout;
    expect(diff).toMatch(/rename +restarts the container/);
    expect(diff).not.toContain('destroy ');
    await story.ok(['up']);

    expect((await story.instances()).map((i) => i.name)).toEqual([story.name('fresh')]);
    expect(await story.inside('fresh', 'cat', '/root/on-the-root-disk')).toBe('kept');
    expect((await story.inside('fresh', 'cat', STARTS)).split('\n').length).toBeGreaterThanOrEqual(2);
    expect(await story.inside('fresh', 'hostname')).toBe(story.name('fresh'));
    expect((await story.generations('fresh')).length).toBeGreaterThanOrEqual(generations);
    expect(await story.generations('old')).toEqual([]);
    expect((await story.volumes())[0]?.config['user.pets.app']).toBe(story.name('fresh'));
    expect((await story.ok(['diff'])).stdout).toContain('No changes');
  });

  test('another app may take the former name, with a volume of its own', async () => {
    const lines = 'flake-ref = "./keeper"\nvolumes = { data = "/var/lib/private/keeper" }';
    story.manifest({ fresh: lines, old: lines });
    await story.ok(['up']);
    expect((await story.inside('old', 'cat', STARTS)).split('\n')).toHaveLength(1);
    expect(await story.volumes()).toHaveLength(2);
    expect((await story.ok(['diff'])).stdout).toContain('No changes');
  });
});
