import { expect, test } from '@jest/globals';
import { snapshotsOf } from '../../../src/incus/client/snapshots.js';
import type { Volume } from '../../../src/domain/actual.js';
import { begun, daemon, ended, failed, shown } from '../daemon.js';

const VOLUME = '/1.0/storage-pools/default/volumes/custom/p.web.data';
const data = { pool: 'default', name: 'p.web.data', app: 'web', volume: 'data' } as unknown as Volume;
const config = { 'user.pets.project': 'p', 'user.pets.app': 'web', 'user.pets.volume': 'data' };

/** A daemon that says that each snapshot was made; `isMade`: whether it is there then. */
function pool(isMade: boolean) {
  const listed: object[] = [];
  const snapshot = { name: 'p.web.data/pets-1', created_at: '2026-01-01T00:00:00Z' };
  const { rest, asked } = daemon({
    [`GET ${VOLUME}`]: () => shown({ config }),
    [`GET ${VOLUME}/snapshots`]: () => shown(listed),
    [`POST ${VOLUME}/snapshots`]: () => {
      if (isMade) listed.push(snapshot);
      return begun('op');
    },
    'GET /1.0/operations/op/wait': () => ended(),
  });
  return { asked, ...snapshotsOf(rest, 'p') };
}

test('a snapshot counts as made when it is there', async () => {
  const { snapshotVolume, asked } = pool(true);
  await snapshotVolume(data, 'pets-1');
  expect(asked.at(-1)).toBe(`GET ${VOLUME}/snapshots`);
});

test('one that the daemon only says was made is a failure', async () => {
  await expect(pool(false).snapshotVolume(data, 'pets-1')).rejects.toThrow(
    'making the snapshot `pets-1` of the volume `p.web.data`: the daemon says that it was made, but it is not there',
  );
});

/** A daemon that fails to do this so many times; `listed`: what is there after each try. */
function failing(times: number, words = 'rsync: connection unexpectedly closed') {
  const listed: object[] = [];
  const snapshot = { name: 'p.web.data/pets-1', created_at: '2026-01-01T00:00:00Z' };
  let left = times;
  const tryIt = () => {
    if (left-- > 0) return failed(words);
    return shown(null);
  };
  const { rest, asked } = daemon({
    [`GET ${VOLUME}`]: () => shown({ config, used_by: [] }),
    [`GET ${VOLUME}/snapshots`]: () => shown(listed),
    [`POST ${VOLUME}/snapshots`]: () => {
      listed.push(snapshot);
      return tryIt();
    },
    [`DELETE ${VOLUME}/snapshots/pets-1`]: () => {
      listed.pop();
      return shown(null);
    },
    [`GET ${VOLUME}/snapshots/pets-1`]: () => failed('not found', 404),
    [`PUT ${VOLUME}`]: tryIt,
  });
  const count = (request: string) => asked.filter((one) => one === request).length;
  return { listed, count, ...snapshotsOf(rest, 'p') };
}

test('one that is there although it failed is made anew: nobody knows what it holds', async () => {
  const { snapshotVolume, listed, count } = failing(2);
  await snapshotVolume(data, 'pets-1');
  expect(count(`POST ${VOLUME}/snapshots`)).toBe(3);
  expect(listed).toHaveLength(1);
});

test('one that fails again and again is not left behind: no way back begins with it', async () => {
  const { snapshotVolume, listed } = failing(3);
  await expect(snapshotVolume(data, 'pets-1')).rejects.toThrow('connection unexpectedly closed');
  expect(listed).toEqual([]);
});

test.each([
  ['once', 1, 'rsync: connection unexpectedly closed', 2],
  ['twice', 2, 'rsync: connection unexpectedly closed', 2],
  ['for want of room', 1, 'rsync: write failed: No space left on device (28)', 1],
])('a restore that fails %s', async (_, times, words, tries) => {
  const { restoreVolume, listed, count } = failing(times, words);
  listed.push({ name: 'p.web.data/pets-1', created_at: '2026-01-01T00:00:00Z' });
  const restored = restoreVolume(data, 'pets-1');
  if (times < tries) await restored;
  else await expect(restored).rejects.toThrow('restore it again');
  expect(count(`PUT ${VOLUME}`)).toBe(tries);
});
