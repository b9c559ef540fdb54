/** A group of control groups for each root that is entered: Incus of such a root sees no others. */
import { existsSync, mkdirSync, readdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { sleep } from '../../support/wait.js';
import { mounts } from '../host.js';
import { BenchError } from '../run.js';

/** Where the host has cgroup2, also beside version 1. */
export function cgroup2(): string {
  const path = mounts().find(({ type }) => type === 'cgroup2')?.path;
  if (path !== undefined) return path;
  throw new BenchError(
    'no cgroup2 file system is mounted here. Mount one with ' +
      '`mkdir -p /sys/fs/cgroup/unified && mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified` and try again.',
  );
}

/** Its folder. */
export function makeGroup(name: string): string {
  const dir = join(cgroup2(), name);
  mkdirSync(dir);
  return dir;
}

/** Once its processes have ended; the kernel may be a moment later than their parents. */
export async function removeGroup(dir: string): Promise<void> {
  for (let n = 0; existsSync(dir) && n < 100; n++) {
    if (isRemoved(dir)) return;
    await sleep(100);
  }
}

function isRemoved(dir: string): boolean {
  for (const entry of readdirSync(dir, { withFileTypes: true }))
    if (entry.isDirectory() && !isRemoved(join(dir, entry.name))) return false;
  try {
    rmdirSync(dir);
    return true;
  } catch (error) {
    // Jest has an Error of its own: this one is none of its kind.
    if ((error as { readonly code?: unknown }).code === 'EBUSY') return false;
    throw error;
  }
}
