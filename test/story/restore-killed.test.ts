import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CACHE, DATA, keeperStory } from './backup-story.js';
import { sampleOf } from '../sample.js';

/** What it says then, and how long after that it is killed, in ms. */
const MOMENTS: readonly [string, number][] = [
  ['unpacking data', 100],
  ['exchanging', 20],
  ['waiting for', 200],
  ['packing data', 50],
];

describe('backup and restore', () => {
  const { story, app, ids, ok, inside, fingerprint, unfinished, setUp, killed } = keeperStory('rkilled');
  let known = '';

  beforeAll(async () => {
    known = await setUp();
    await ok('backup', app);
  });
  afterAll(() => story.cleanUp());

  test.each(sampleOf(MOMENTS, 4))(
    'a restore killed while %s: the app has one or the other, whole',
    async (step, ms) => {
      await inside(`echo new > ${DATA}/known; echo new > ${CACHE}/warm`);
      await killed(['restore', app, ids()[0] ?? '', '--confirm', app], step, ms);
      await ok('up');
      const found = [await inside(`cat ${DATA}/known`), await inside(`cat ${CACHE}/warm`)];
      expect([
        ['new', 'new'],
        ['kept', 'warm'],
      ]).toContainEqual(found);
      expect((await ok('diff')).stdout).toContain('No changes');
      await ok('restore', app, ids()[0] ?? '', '--confirm', app);
      expect(await fingerprint()).toBe(known);
      // What was taken out of the app, and has no backup yet, is nobody's to delete.
      for (const name of await unfinished())
        await ok('volume', 'rm', `${app}/${name}`, '--confirm', `${app}/${name}`);
    },
  );
});
