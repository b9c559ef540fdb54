/** What a run in the root of a column needs of the host, and what runs that were killed have left on it. */
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ensureBuilt, ensureDeps } from '../deps.mjs';
import { configureNix } from '../nix.mjs';
import { install } from '../packages.mjs';
import { ensureUserland } from '../userland.mjs';
import { BenchError, cacheDir, isInstalled, isRoot, repository, run, withLock } from '../run.mjs';
import { cgroup2, makeGroup, removeGroup } from './cgroup.mjs';
import { requireColumn } from './columns.mjs';
import { ensureRoot } from './root.mjs';

/** @typedef {{ folder: string, group: string }} Place what one run writes to, and the group of its processes */

/** What enter.sh binds into the root, and its two mount points. */
const parts = ['nix', 'incus', 'tmp', 'home', 'cache', 'changes', 'root'];
const prefix = 'pets-matrix-';

/**
 * @param {string} column
 * @param {import('../run.mjs').Log} log
 * @returns {Promise<{ root: string, userland: string }>} folders, neither of which a run changes
 */
export const prepare = (column, log) =>
  withLock(log, async () => {
    requireColumn(column);
    if (!isRoot()) throw new BenchError('the matrix runs in roots of its own, which only root can enter.');
    await removeEnded();
    await ensureDeps();
    await ensureBuilt();
    const lacksNix = !isInstalled('nix');
    if (lacksNix) await install('nix', log);
    configureNix({ installed: lacksNix, log });
    return { root: await ensureRoot(column, log), userland: await ensureUserland(log) };
  });

/** @returns {Place} */
export function makePlace() {
  const name = `${prefix}${process.pid}`;
  const folder = join(cacheDir(), name);
  for (const part of parts) mkdirSync(join(folder, part), { recursive: true });
  // Over it comes a folder of the run; what is mounted read-only can have no folders made in it.
  mkdirSync(join(repository, 'test/bench/.cache'), { recursive: true });
  return { folder, group: makeGroup(name) };
}

/** @param {Place} place */
export async function removePlace({ folder, group }) {
  await removeGroup(group);
  await run('rm', ['-rf', '--one-file-system', folder]);
}

/** What runs that were killed have left. */
export async function removeEnded() {
  const names = new Set([...readdirSync(cacheDir()), ...readdirSync(cgroup2())].filter(isEnded));
  for (const name of names)
    await removePlace({ folder: join(cacheDir(), name), group: join(cgroup2(), name) });
}

/** @param {string} name */
function isEnded(name) {
  if (!name.startsWith(prefix)) return false;
  try {
    return !process.kill(Number(name.slice(prefix.length)), 0);
  } catch {
    return true;
  }
}
