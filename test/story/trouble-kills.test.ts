import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { isWhole, SEED } from '../sample.js';
import { answerOf, freePorts, must, Story } from './rig.js';

const ROUNDS = isWhole ? 10 : 4;
/** The round before which somebody deletes every container. */
const DELETED = 2;

let story: Story;
beforeEach(() => {
  story = new Story('kill');
});
afterEach(() => story.cleanUp());

describe('while it runs', () => {
  test('killed at random moments: each next run converges', async () => {
    const [first = 0, second = 0] = await freePorts(2);
    story.flake('web');
    story.flake('book', 'guestbook');
    for (let round = 0; round < ROUNDS; round++) {
      story.page('web', `round ${round}`);
      const swapped = round % 2 === 1;
      story.manifest({
        web: `flake-ref = "./web"\nport = ${swapped ? second : first}`,
        book: `flake-ref = "./book"\nport = ${swapped ? first : second}`,
      });
      if (round === DELETED)
        for (const { name } of await story.instances()) await must('incus', ['delete', '--force', name]);
      const { child, ended } = story.start(['up', '--progress', 'plain']);
      const delay = ((SEED * 7919 + round * 104_729) % 4500) + 100;
      const timer = setTimeout(() => child.kill('SIGKILL'), delay);
      await ended;
      clearTimeout(timer);
      const up = await story.pets(['up', '--progress', 'plain']);
      if (up.code !== 0)
        throw new Error(`seed ${SEED}, round ${round}, killed after ${delay} ms:\n${up.stderr}`);
      expect((await answerOf(swapped ? second : first)).body).toBe(`round ${round}`);
      expect((await answerOf(swapped ? first : second)).status).toBe(200);
      expect((await story.pets(['diff', '--exit-code'])).code).toBe(0);
    }
  }, 600_000);
});
