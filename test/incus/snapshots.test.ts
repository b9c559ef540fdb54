import { expect, test } from '@jest/globals';
import { snapshotsOf } from '../../src/incus/snapshots.js';
import type { Volume } from '../../src/model.js';
import { begun, daemon, ended, shown } from './daemon.js';

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
