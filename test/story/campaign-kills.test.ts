import { afterAll, beforeAll, describe, test } from '@jest/globals';
import { makeBusy } from './busy.js';
import { VERBS } from './campaign-verbs.js';
import { Kills } from './kills.js';
import { fractionOf, isWhole, sampleOf } from '../sample.js';

/** 21 verbs, on two machines: 210 in all. A sample has two verbs, and leaves the machine to the other stories. */
const KILLS = isWhole ? 5 : 1;
const MACHINES = isWhole ? ['idle', 'busy'] : ['idle'];

describe.each(MACHINES)('killed at any moment on a machine that is %s', (machine) => {
  const kills = new Kills();
  let relax = () => {};

  beforeAll(async () => {
    await kills.pet.setUp();
    if (machine === 'busy') relax = makeBusy();
  });
  afterAll(async () => {
    relax();
    await kills.pet.cleanUp();
  });

  test.each(sampleOf(VERBS, Math.ceil(VERBS.length / 2)))(
    '$name: no row is lost that was told to be kept, and `up` ends what it began',
    async (verb) => {
      const first = (MACHINES.indexOf(machine) * VERBS.length + VERBS.indexOf(verb)) * KILLS;
      for (let n = 0; n < KILLS; n++) await kills.kill(verb, fractionOf(first + n));
    },
    isWhole ? 3_600_000 : 600_000,
  );
});
