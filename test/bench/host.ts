/** The kernel's limits and mounts that a dozen of systemd guests need. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { BenchError, wordsOf, type Log } from './run.js';

/** The kernel's defaults are enough for about 14 systemd guests (inotify) and 200 containers' keyrings. */
const wanted = {
  'fs/inotify/max_user_instances': 8192,
  'fs/inotify/max_user_watches': 524_288,
  'kernel/keys/maxkeys': 2000,
  'kernel/keys/maxbytes': 2_000_000,
};

const read = (name: string) => Number(readFileSync(`/proc/sys/${name}`, 'utf8'));

/** The limits that are lower than what the bench wants; a kernel without one of them limits nothing. */
export const lowLimits = (): [name: string, wanted: number][] =>
  Object.entries(wanted).filter(([name, value]) => existsSync(`/proc/sys/${name}`) && read(name) < value);

/** Raises what is too low, until the next boot; never lowers anything. */
export function raiseLimits(log: Log): void {
  for (const [name, value] of lowLimits()) {
    const before = read(name);
    try {
      writeFileSync(`/proc/sys/${name}`, String(value));
      log(`raised ${name.replaceAll('/', '.')} from ${before} to ${value}`);
    } catch (error) {
      // Few containers work without it, so this is no reason to stop.
      log(
        `warning: ${name.replaceAll('/', '.')} is ${before} and cannot be raised to ${value}: ${wordsOf(error)}`,
      );
    }
  }
}

/** What is mounted in our namespace. */
export function mounts(): { readonly path: string; readonly type: string }[] {
  const lines = readFileSync('/proc/self/mounts', 'utf8').trimEnd().split('\n');
  return lines.map((line) => line.split(' ')).map(([, path = '', type = '']) => ({ path, type }));
}

export function requireCgroups(): void {
  if (mounts().some(({ type }) => type === 'cgroup2' || type === 'cgroup')) return;
  throw new BenchError(
    'no cgroup file system is mounted, so no container can run here. ' +
      'Mount one with `mount -t cgroup2 cgroup2 /sys/fs/cgroup` and try again.',
  );
}
