/** What runs of stories that were killed have left behind: nobody else cleans up after them. */
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { call } from './incus-api.mjs';
import { BenchError, run } from './run.mjs';

const profiles = '/nix/var/nix/profiles/per-pet';
/** `t`, the worker's process in base 36, four random digits, a number and a word: `Story` in test/story/rig.ts. */
const project = /^t([0-9a-z]+?)[0-9a-f]{4}-\d+-/;

/**
 * Whether something bears the name of a story whose worker does not run any more.
 * @param {string} name
 */
export function isLeft(name) {
  const pid = project.exec(name)?.[1];
  return pid !== undefined && !isWorker(parseInt(pid, 36));
}

/**
 * The number may be another process' by now.
 * @param {number} pid
 */
function isWorker(pid) {
  const file = `/proc/${pid}/cmdline`;
  return existsSync(file) && readFileSync(file, 'utf8').includes('jest');
}

/**
 * A story that is just ending, or another run that begins, has removed it by now.
 * @param {unknown} error
 */
function mustBeGone(error) {
  if (!(error instanceof BenchError && /not found/i.test(error.message))) throw error;
}

/**
 * Removes instances, volumes and profiles of such stories.
 * @param {string} socket
 * @param {import('./run.mjs').Log} log
 */
export async function removeLeftovers(socket, log) {
  const incus = (/** @type {string[]} */ ...args) =>
    run('incus', ['--project', 'default', ...args], { env: { INCUS_SOCKET: socket } }).catch(mustBeGone);
  /** @type {{ name: string }[]} */
  const instances = (await call(socket, 'GET', '/1.0/instances?recursion=1')) ?? [];
  const left = instances.map(({ name }) => name).filter(isLeft);
  if (left.length > 0) log(`removing ${left.length} instances that killed stories have left…`);
  for (const name of left) {
    // One that is protected, as a story may have left it, is never deleted.
    await incus('config', 'set', name, 'security.protection.delete=false');
    await incus('delete', '--force', name);
  }
  /** @type {{ name: string }[]} */
  const pools = (await call(socket, 'GET', '/1.0/storage-pools?recursion=1')) ?? [];
  for (const { name: pool } of pools) {
    const path = `/1.0/storage-pools/${encodeURIComponent(pool)}/volumes/custom?recursion=1`;
    /** @type {{ name: string, config: Record<string, string> }[]} */
    const volumes = (await call(socket, 'GET', path)) ?? [];
    for (const { name, config } of volumes) {
      // A snapshot goes with its volume.
      if (isLeft(config['user.pets.project'] ?? '') && !name.includes('/'))
        await incus('storage', 'volume', 'delete', pool, name);
    }
  }
  for (const folder of existsSync(profiles) ? readdirSync(profiles) : []) {
    if (isLeft(folder)) rmSync(join(profiles, folder), { recursive: true, force: true });
  }
}
