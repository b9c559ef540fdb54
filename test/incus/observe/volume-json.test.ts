import { expect, test } from '@jest/globals';
import { fromJson, onePerMarks, type VolumeJson } from '../../../src/incus/observe/volume-json.js';

const SSD = { name: 'ssd', driver: 'zfs' };

function volume(name: string, created: number, change: Partial<VolumeJson> = {}) {
  const config = { 'user.pets.project': 'p', 'user.pets.app': 'web', 'user.pets.volume': 'data' };
  const created_at = new Date(created * 1000).toISOString();
  return { pool: SSD, json: { name, description: '', config, used_by: [], created_at, ...change } };
}

test('a volume is what its marks say', () => {
  const used_by = ['/1.0/instances/web', '/1.0/instances/db?project=other', '/1.0/profiles/default'];
  expect(fromJson(volume('p.old.data', 1, { used_by }).json, SSD)).toEqual({
    pool: 'ssd',
    name: 'p.old.data',
    app: 'web',
    volume: 'data',
    size: null,
    usedBy: ['web', '/1.0/instances/db?project=other', '/1.0/profiles/default'],
    copies: false,
  });
});

test('in a pool that is a plain folder a snapshot is a copy', () => {
  expect(fromJson(volume('v', 1).json, { name: 'default', driver: 'dir' }).copies).toBe(true);
});

test('copies and snapshots bear their original’s marks, and are none of pets’ business', () => {
  const attached = { used_by: ['/1.0/instances/web'] };
  const names = (...found: ReturnType<typeof volume>[]) => onePerMarks(found).map((v) => v.name);
  expect(names(volume('backup', 2), volume('original', 1))).toEqual(['original']);
  expect(names(volume('original', 1), volume('restored', 2, attached))).toEqual(['restored']);
  expect(names(volume('o', 1), volume('lent', 2, { used_by: ['/1.0/instances/other'] }))).toEqual(['o']);
  expect(names(volume('original', 1), volume('original/snap0', 0))).toEqual(['original']);
  const cache = { config: { ...volume('', 0).json.config, 'user.pets.volume': 'cache' } };
  expect(names(volume('b', 1), volume('a', 2, cache))).toEqual(['a', 'b']);
});
