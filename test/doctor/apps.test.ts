import { expect, test } from '@jest/globals';
import { forwarders } from '../../src/doctor/apps.js';
import type { Forwarder, World } from '../../src/doctor/world.js';

const one = (app: string, isAlive: boolean): Forwarder => ({
  project: 'p',
  app,
  listens: `${app}:80`,
  isAlive,
});

/** What is found at each look; the last one stays. */
async function looked(
  ...looks: readonly Forwarder[][]
): Promise<{ found: readonly Forwarder[]; looks: number }> {
  let count = 0;
  const world = { forwarders: () => Promise.resolve(looks[Math.min(count++, looks.length - 1)] ?? []) };
  return { found: await forwarders(world as unknown as World, 0), looks: count };
}

test('what listens is looked at once', async () => {
  expect(await looked([one('web', true)])).toEqual({ found: [one('web', true)], looks: 1 });
});

test('one that is being opened is not dead; neither is another at each look', async () => {
  expect(await looked([one('web', false)], [one('web', true)])).toMatchObject({ found: [one('web', true)] });
  expect(await looked([one('a', false)], [one('b', false)])).toEqual({ found: [one('b', true)], looks: 2 });
});

test('one that never listens is', async () => {
  expect(await looked([one('web', false), one('db', true)])).toEqual({
    found: [one('web', false), one('db', true)],
    looks: 4,
  });
});
