/** A group of control groups for each root that is entered: Incus of such a root sees no others. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BenchError } from '../run.mjs';

/** Where the host has cgroup2, also beside version 1. */
export function cgroup2() {
  const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n');
  const path = mounts.map((line) => line.split(' ')).find(([, , type]) => type === 'cgroup2')?.[1];
  if (path !== undefined) return path;
  throw new BenchError(
    'no cgroup2 file system is mounted here. Mount one with ' +
      '`mkdir -p /sys/fs/cgroup/unified && mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified` and try again.',
  );
}

/**
 * @param {string} name
 * @returns {string} its folder
 */
export function makeGroup(name) {
  const dir = join(cgroup2(), name);
  mkdirSync(dir);
  return dir;
}

/**
 * Once its processes have ended; the kernel may be a moment later than their parents.
 * @param {string} dir
 */
export async function removeGroup(dir) {
  for (let n = 0; existsSync(dir) && n < 100; n++) {
    if (isRemoved(dir)) return;
    await sleep(100);
  }
}

/** @param {string} dir */
function isRemoved(dir) {
  for (const entry of readdirSync(dir, { withFileTypes: true }))
    if (entry.isDirectory() && !isRemoved(join(dir, entry.name))) return false;
  try {
    rmdirSync(dir);
    return true;
  } catch (error) {
    // Jest has an Error of its own: this one is none of its kind.
    if (/** @type {{ code?: unknown }} */ (error).code === 'EBUSY') return false;
    throw error;
  }
}
