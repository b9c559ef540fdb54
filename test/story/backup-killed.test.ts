import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { keeperStory } from './backup-story.js';
import { booted, seen } from './rig.js';
import { sampleOf } from '../sample.js';

/** What it says then, and how long after that it is killed, in ms. */
const MOMENTS: readonly [string, number][] = [
  ['stopping', 100],
  ['copying data', 0],
  ['starting', 300],
  ['packing data', 50],
];

describe('backup and restore', () => {
  const { story, app, entries, ids, ok, inside, fingerprint, unfinished, setUp, killed } =
    keeperStory('bkilled');
  let known = '';

  beforeAll(async () => {
    known = await setUp();
    await ok('backup', app);
  });
  afterAll(() => story.cleanUp());

  test.each(sampleOf(MOMENTS, 4))(
    'killed while %s: `up` has it running, and the next backup clears up',
    async (step, ms) => {
      const before = ids();
      await killed(['backup', app], step, ms);
      await ok('up');
      expect(await fingerprint()).toBe(known);
      // A container that runs is no reason for `up` to wait.
      await booted(story.name('keeper'));
      expect(await inside('systemctl is-active keeper')).toBe('active');
      expect(ids()).toEqual(before);
      await ok('backup', app);
      expect(entries()).toHaveLength(before.length + 1);
      expect(ids()).toEqual(entries());
      expect(await unfinished()).toEqual([]);
    },
  );

  test('Ctrl-C: the app runs, and there is no half backup', async () => {
    const before = entries();
    const { child, ended } = story.start(['backup', app]);
    await seen(child, 'stopping');
    child.kill('SIGINT');
    expect(await ended).toMatchObject({ code: 130, stdout: '' });
    expect((await story.instances())[0]?.status).toBe('Running');
    expect(entries()).toEqual(before);
    expect(await unfinished()).toEqual([]);
  });
});
