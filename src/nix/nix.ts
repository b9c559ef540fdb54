import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Facts } from '../domain/contract.js';
import type { DesiredApp } from '../domain/desired.js';
import type { Locked } from '../domain/manifest.js';
import type { AppName, StorePath } from '../domain/names.js';
import type { Nix } from '../domain/services.js';
import type { Exec } from '../lib/program.js';
import { ProblemError } from '../domain/problem.js';
import { assemble, ownVersion, suggestedName } from './assemble.js';
import type { AssembledApp } from './inputs.js';
import { lockedFrom } from './metadata.js';
import { pinnedBy } from './pinned.js';
import { readyMade } from './ready-made.js';
import { makeRunFolder } from './run-folder.js';
import { toolsOver } from './tools.js';
import { failedBuild } from './words.js';

/** Nix on this host. */
export type LocalNix = Nix & {
  /** Keeps a system from being collected until its profile does; false: the store does not have it. */
  readonly hold: (app: AppName, toplevel: StorePath) => Promise<boolean>;
  /** The version that the app itself says it has; null: it says none. Rejects with Nix' words where it does not evaluate. */
  readonly version: (app: DesiredApp) => Promise<string | null>;
};

/**
 * `assembly`: the directory of the shipped flake that puts a pet's system together.
 * `ignored`: files that are part of no source, see source.ts. `judge`: says what to warn of; null: nobody asks.
 */
export function nixOver(
  exec: Exec,
  assembly: string,
  ignored: ReadonlySet<string>,
  judge: ((facts: Facts, app: DesiredApp) => readonly string[]) | null = null,
): LocalNix {
  const tools = toolsOver(exec, assembly, ignored);
  const folder = once(() => makeRunFolder());
  const oneByOne = queues();

  return {
    lock: async (url) =>
      pinnedBy(url) ?? notLocal(url, await lockedFrom(await tools.metadata(url), tools.fetch)),

    evaluate: async (app, pins) => {
      if (app.nixpkgs === null)
        return readyMade(
          app.source.path,
          ['apps', app.name, 'toplevel'],
          await rootOf(app.name, await folder()),
          exec,
        );
      const judging = judge && ((facts: Facts) => judge(facts, app));
      return assemble({ app, pins, folder: await folder(), tools }, judging);
    },

    build: async (app, { drv, toplevel }, onLine) => {
      // It was there already when it was looked at.
      if (drv === toplevel) return;
      const root = await rootOf(app.name, await folder());
      // Apps of one source share derivations, and Nix looks at another process' lock every 5 s only.
      await oneByOne(app.facets.system?.['source'] ?? '', async () => {
        const args = ['--realise', drv, '--add-root', root, '--indirect'];
        const result = await exec('nix-store', args, { onLine });
        if (result.exitCode !== 0) throw failedBuild(result);
      });
    },

    version: async (app) =>
      app.nixpkgs === null ? null : ownVersion({ app, pins: {}, folder: await folder(), tools }),

    hold: async (app, toplevel) => {
      const root = await rootOf(app, await folder());
      const { exitCode } = await exec('nix-store', ['--realise', toplevel, '--add-root', root, '--indirect']);
      return exitCode === 0;
    },
  };
}

/** The name that a flake suggests for an app of it; null: it says none. `pins`: of its remote references. */
export async function nameFrom(
  app: AssembledApp,
  pins: Readonly<Record<string, Locked>>,
  [exec, assembly]: readonly [exec: Exec, assembly: string],
): Promise<string | null> {
  const tools = toolsOver(exec, assembly, new Set());
  const name = await suggestedName({ app, pins, folder: await makeRunFolder(), tools });
  return name === app.name ? null : name;
}

/** The link that keeps an app's system from being collected until its profile does. */
async function rootOf(app: AppName, folder: string): Promise<string> {
  await mkdir(join(folder, 'roots'), { recursive: true });
  return join(folder, 'roots', app);
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null;
  return () => (made ??= make());
}

/** Work of one key is done one after the other, also after a failure. */
function queues(): (key: string, work: () => Promise<void>) => Promise<void> {
  const last = new Map<string, Promise<void>>();
  return (key, work) => {
    const done = (last.get(key) ?? Promise.resolve()).then(work, work);
    last.set(key, done);
    return done;
  };
}

const LOCAL = /^(git\+file|file|path):/;

/** A registry's name can stand for a folder of this host: pinned, it would be nothing anywhere else. */
function notLocal(url: string, locked: Locked): Locked {
  if (!LOCAL.test(locked.locked) || LOCAL.test(url)) return locked;
  throw new ProblemError({
    code: 'reference-local',
    message: `\`${url}\` is a folder of this host, by the flake registry: ${locked.locked.split('?')[0] ?? ''}`,
    hint: 'write the folder itself, whose content is then followed, or where it comes from (`github:…`)',
  });
}
