import { expect, test } from '@jest/globals';
import type { AppName } from '../../src/domain/names.js';
import type { Volume } from '../../src/domain/actual.js';
import { findRoom, shortageIn } from '../../src/domain/disk-space.js';
import { recordingPorts, type Script } from '../executor/recording.js';

const MIB = 2 ** 20;

/** What is said of two volumes that are to be copied, in words. */
async function found(script: Script, copies = true): Promise<string> {
  const volume = { pool: 'default', app: 'web', size: null, copies, usedBy: [] };
  const mounted = ['data', 'more'].map((name) => ({
    volume: { ...volume, name, volume: name } satisfies Volume,
    path: `/${name}`,
  }));
  const { ports } = recordingPorts(script);
  return findRoom('web' as AppName, mounted, ports).catch((error: unknown) => (error as Error).message);
}

test('a copy of all volumes, and a little for a guest that starts, must fit into the pool', async () => {
  const size = { bytes: 10 * MIB };
  expect(await found({ size, free: 36 * MIB })).toBe('20.0 MiB to copy in default');
  expect(await found({ size, free: 36 * MIB - 1 })).toBe(
    'a copy of what the volumes of `web` hold of 20.0 MiB does not fit: the storage pool `default` has 36.0 MiB left; nothing was interrupted',
  );
});

test('a pool that copies on write is not asked, nor is the guest', async () => {
  expect(await found({ free: 0 }, false)).toBe('');
});

test('a guest that does not tell is no reason not to go on, where the pool has a little left', async () => {
  const size = { unknown: 'it hangs' };
  expect(await found({ size, free: 16 * MIB })).toBe(
    'how much is in data is not known: it hangs, how much is in more is not known: it hangs',
  );
  expect(await found({ size, free: 0 })).toBe(
    'a copy of what the volumes of `web` hold does not fit: the storage pool `default` has 0.0 KiB left; nothing was interrupted',
  );
});

test('there is too little of what a system or many small files need; what nobody counts is enough', () => {
  const GIB = 2 ** 30;
  const space = (free: number, inodes: number | null = null) => ({
    bytes: { free: free * GIB, total: 100 * GIB },
    inodes: inodes === null ? null : { free: inodes, total: 1000 },
  });
  expect(shortageIn(space(5))).toBeNull();
  expect(shortageIn(space(4.9))).toBe('4.9 of 100.0 GiB free');
  expect(shortageIn(space(5), 1.2)).toBe('5.0 of 100.0 GiB free');
  const small = { bytes: { free: GIB, total: 4 * GIB }, inodes: null };
  expect(shortageIn(small)).toBeNull();
  expect(shortageIn({ ...small, bytes: { free: GIB / 4, total: 4 * GIB } })).toBe('0.3 of 4.0 GiB free');
  expect(shortageIn(space(50, 50))).toBeNull();
  expect(shortageIn(space(50, 49))).toBe('50.0 of 100.0 GiB free, but only 49 of 1000 inodes');
  expect(shortageIn({ bytes: { free: 0, total: 0 }, inodes: null })).toBeNull();
});
