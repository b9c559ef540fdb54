import { chunks, closureOf, isRefusal, sizesOf } from '../domain/closure.js';
import type { AppName, StorePath } from '../domain/names.js';
import type { StoreBackend } from '../domain/services.js';
import type { Tell } from '../lib/progress.js';
import type { Exec } from '../lib/program.js';
import { sendAll } from './delivery.js';
import { count, nixFailed, pointAt, removeGenerations, setGeneration } from './generations.js';
import { ANSWER_MS, guestDirectory } from './guest-directory.js';
import { nixIn, type GuestNix } from './guest-nix.js';
import { BOOTS_PROFILE, type Store, type StoreTools } from './backend.js';

/** Paths in one argument list: far below what a kernel takes. */
const ASKED = 1000;
/** Paths in one stream. What has arrived stays there should a later stream break. */
const SENT = 100;
const COLLECT_MS = 600_000;

/** A store of the guest's own: its system is sent there, and its generations are in its own profile. */
export const copyStore: Store = {
  instance: () => ({ config: BOOTS_PROFILE, devices: {} }),
  open: (_project, tools) => backendOver(tools),
  // Its generations are in the container, for the guest to tell.
  surplus: () => Promise.resolve([]),
};

function backendOver({ incus, exec, stream }: StoreTools): StoreBackend {
  return {
    instance: () => ({ config: BOOTS_PROFILE, devices: {} }),
    // Until its system is there it boots what the image brought.
    bootstrap: () => ({ config: { 'security.nesting': 'true' }, devices: {} }),

    sendSystem: (app, toplevel, limitMs, tell) =>
      sendSystem({ app, toplevel, limitMs, tell }, { incus, exec, stream }),

    setProfile: async (app, toplevel, above) =>
      setGeneration(await guestDirectory(incus, app), app, toplevel, above),

    activateGeneration: async (app, generation, toplevel) =>
      pointAt(await guestDirectory(incus, app), app, generation, toplevel),

    collect: async (app, keep) => {
      const removed = await removeGenerations(await guestDirectory(incus, app), keep);
      const nix = await nixIn(incus, app, ANSWER_MS);
      const freed = /^[1-9]\d* store paths? deleted.*/m.exec(
        await nix.run('nix-collect-garbage', [], COLLECT_MS),
      );
      const words = [removed === 0 ? '' : count(removed, 'generation'), freed?.[0] ?? ''];
      return words.filter((part) => part !== '').join(', ');
    },

    // The generations are in the container: renamed with it, and gone with it.
    moveProfile: () => Promise.resolve(),
    dropProfile: () => Promise.resolve(),
  };
}

type Sending = {
  readonly app: AppName;
  readonly toplevel: StorePath;
  readonly limitMs: number;
  readonly tell: Tell;
};

async function sendSystem(
  { app, toplevel, limitMs, tell }: Sending,
  { incus, exec, stream }: StoreTools,
): Promise<string> {
  const nix = await nixIn(incus, app, limitMs);
  const lacking = await missingIn(nix, await pathsOf(exec, app, toplevel));
  if (lacking.length === 0) return '';
  const total = await sizeOf(exec, app, lacking);
  let sent = 0;
  // What is sent anew counts again: the whole is at most told to be there too early.
  const onBytes = (bytes: number) => {
    sent += bytes;
    tell({ what: 'system', done: Math.min(sent, total), total });
  };
  const missing = (paths: readonly string[]) => missingIn(nix, paths);
  for (const batch of chunks(lacking, SENT))
    await sendAll(batch, { app, nix, idleMs: limitMs, onBytes, missing }, { incus, stream });
  tell(null);
  return `${count(lacking.length, 'path')}, ${inWords(total)}`;
}

/** What is referred to comes before what refers to it: each part of it can be sent once those before it were. */
async function pathsOf(exec: Exec, app: AppName, toplevel: string): Promise<readonly string[]> {
  const paths = await closureOf(toplevel, exec);
  if (isRefusal(paths)) throw nixFailed(app, `${toplevel} is not in the store of this host`, paths.refusal);
  return paths;
}

async function missingIn(nix: GuestNix, closure: readonly string[]): Promise<readonly string[]> {
  const missing = new Set<string>();
  for (const chunk of chunks(closure, ASKED)) {
    const said = await nix.query('nix-store', ['--check-validity', '--print-invalid', ...chunk], ANSWER_MS);
    for (const line of said.split('\n')) missing.add(line);
  }
  return closure.filter((path) => missing.has(path));
}

/** Bytes. */
async function sizeOf(exec: Exec, app: AppName, paths: readonly string[]): Promise<number> {
  const sizes = await sizesOf(paths, exec);
  if (isRefusal(sizes))
    throw nixFailed(app, 'nix-store could not tell the size of what to send', sizes.refusal);
  return [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0);
}

function inWords(bytes: number): string {
  return bytes < 1_000_000 ? `${Math.ceil(bytes / 1000)} kB` : `${Math.round(bytes / 1_000_000)} MB`;
}
