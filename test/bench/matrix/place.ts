/** What a run in the root of a column needs of the host, and what runs that were killed have left on it. */
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { MADE } from '../../support/places.js';
import { ensureBuilt } from '../built.js';
import { ensureNix } from '../nix.js';
import { ensureUserland } from '../userland.js';
import { BenchError, cacheDir, isRoot, run, withLock, type Log } from '../run.js';
import { cgroup2, makeGroup, removeGroup } from './cgroup.js';
import { requireColumn } from './columns.js';
import { ensureRoot } from './root.js';

/** What one run writes to, and the group of its processes. */
export type Place = { readonly folder: string; readonly group: string };

/** What a run has and does not change. */
export type Folders = { readonly root: string; readonly userland: string };

/** What enter.sh binds into the root, and its two mount points. */
const parts = ['nix', 'incus', 'tmp', 'home', 'cache', 'changes', 'root'];
const prefix = 'pets-matrix-';

export async function prepare(column: string, log: Log): Promise<Folders> {
  requireColumn(column);
  if (!isRoot()) throw new BenchError('the matrix runs in roots of its own, which only root can enter.');
  await ensureBuilt();
  return withLock(log, async () => {
    await removeEnded();
    await ensureNix(log);
    return { root: await ensureRoot(column, log), userland: await ensureUserland(log) };
  });
}

export function makePlace(): Place {
  const name = `${prefix}${process.pid}`;
  const folder = join(cacheDir(), name);
  for (const part of parts) mkdirSync(join(folder, part), { recursive: true });
  // Over it comes a folder of the run; what is mounted read-only can have no folders made in it.
  mkdirSync(MADE, { recursive: true });
  return { folder, group: makeGroup(name) };
}

export async function removePlace({ folder, group }: Place): Promise<void> {
  await removeGroup(group);
  await run('rm', ['-rf', '--one-file-system', folder]);
}

/** What runs that were killed have left. */
export async function removeEnded(): Promise<void> {
  const names = new Set([...readdirSync(cacheDir()), ...readdirSync(cgroup2())].filter(isEnded));
  for (const name of names)
    await removePlace({ folder: join(cacheDir(), name), group: join(cgroup2(), name) });
}

function isEnded(name: string): boolean {
  if (!name.startsWith(prefix)) return false;
  try {
    return !process.kill(Number(name.slice(prefix.length)), 0);
  } catch {
    return true;
  }
}
