import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { spaceAt } from '../lib/free-space.js';
import type { ClockFacts, FolderFacts, NodeFacts, SpaceFacts } from './host-verdicts.js';
import { orProblem, type World } from './world.js';

export async function storeSpace(): Promise<SpaceFacts> {
  return { what: '/nix/store', ...(await spaceAt('/nix/store')), fix: 'pets gc && nix-collect-garbage' };
}

export function profiles({ folders }: World): Promise<FolderFacts> {
  return writability(folders.profiles);
}

export function state({ folders }: World): Promise<FolderFacts> {
  return writability(folders.state);
}

/** Of a folder, or where it is not there of the nearest one above, in which it would be made. */
async function writability(path: string): Promise<FolderFacts> {
  for (let at = path; ; at = dirname(at)) {
    const found = await stat(at).catch(codeOf);
    if (found === 'ENOENT' && at !== dirname(at)) continue;
    if (typeof found === 'string') return { path, nearest: at, obstacle: found };
    if (!found.isDirectory()) return { path, nearest: at, obstacle: 'ENOTDIR' };
    const obstacle = await access(at, constants.W_OK | constants.X_OK).then(() => null, codeOf);
    return { path, nearest: at, obstacle };
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}

export function node(): NodeFacts {
  return { version: process.versions.node };
}

/** What Nix, Incus and pets write every day: none of it is from the future. */
const WRITTEN = ['/nix/var/nix/db/db.sqlite', '/nix/var/nix/profiles', '/var/lib/incus/database'];

export async function clock({ exec, folders, socket }: World): Promise<ClockFacts> {
  const times = [...WRITTEN, folders.state, socket].map((path) =>
    stat(path).then(
      ({ mtimeMs }) => mtimeMs,
      // Not there, or not for this user to see.
      () => 0,
    ),
  );
  const asked = await orProblem(exec('timedatectl', ['show', '--property=NTPSynchronized', '--value']));
  const said = 'problem' in asked || asked.exitCode !== 0 ? '' : asked.stdout.trim();
  return {
    now: Date.now(),
    newest: Math.max(...(await Promise.all(times))),
    isSynchronized: said === 'yes' ? true : said === 'no' ? false : null,
  };
}
