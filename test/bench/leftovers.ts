/** What runs of stories that were killed have left behind: nobody else cleans up after them. */
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { PROFILES } from '../support/places.js';
import { listed } from './incus-api.js';
import { BenchError, incusOn, type Log } from './run.js';

/** `t`, the worker's process in base 36, four random digits, a number and a word: `Story` in test/story/rig.ts. */
const project = /^t([0-9a-z]+?)[0-9a-f]{4}-\d+-/;

/** Whether something bears the name of a story whose worker does not run any more. */
export function isLeft(name: string): boolean {
  const pid = project.exec(name)?.[1];
  return pid !== undefined && !isWorker(parseInt(pid, 36));
}

/** The number may be another process' by now. */
function isWorker(pid: number): boolean {
  const file = `/proc/${pid}/cmdline`;
  return existsSync(file) && readFileSync(file, 'utf8').includes('jest');
}

/** A story that is just ending, or another run that begins, has removed it by now. */
function mustBeGone(error: unknown): void {
  if (!(error instanceof BenchError && /not found/i.test(error.message))) throw error;
}

/** Removes instances, volumes and profiles of such stories. */
export async function removeLeftovers(socket: string, log: Log): Promise<void> {
  const incus = (...args: readonly string[]) => incusOn(socket)(...args).catch(mustBeGone);
  const left = (await listed(socket, 'instances')).map(({ name }) => name).filter(isLeft);
  if (left.length > 0) log(`removing ${left.length} instances that killed stories have left…`);
  for (const name of left) {
    // One that is protected, as a story may have left it, is never deleted.
    await incus('config', 'set', name, 'security.protection.delete=false');
    await incus('delete', '--force', name);
  }
  for (const { name, pool } of await leftVolumes(socket))
    await incus('storage', 'volume', 'delete', pool, name);
  for (const folder of existsSync(PROFILES) ? readdirSync(PROFILES) : [])
    if (isLeft(folder)) rmSync(join(PROFILES, folder), { recursive: true, force: true });
}

async function leftVolumes(socket: string): Promise<{ readonly name: string; readonly pool: string }[]> {
  const pools = (await listed(socket, 'storage-pools')).map(({ name }) => name);
  const found = pools.map(async (pool) => {
    const volumes = await listed(socket, `storage-pools/${encodeURIComponent(pool)}/volumes/custom`);
    // A snapshot goes with its volume.
    return volumes
      .filter(({ name, config }) => isLeft(config['user.pets.project'] ?? '') && !name.includes('/'))
      .map(({ name }) => ({ name, pool }));
  });
  return (await Promise.all(found)).flat();
}
