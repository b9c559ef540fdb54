import { availableParallelism, freemem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Limits } from '../executor/execute.js';
import type { Ports } from '../executor/job.js';
import { pinned } from '../facets/system.js';
import { mistakesIn } from '../flake-contract/mistakes.js';
import { openStores } from '../stores/stores.js';
import { guestOver } from '../guest/guest.js';
import { localHost } from '../incus/observe/host.js';
import { printLock } from '../manifest/lock.js';
import { BuiltSystems } from '../state/built-systems.js';
import { lockFileAt } from '../nix/lock-file.js';
import { nixOver } from '../nix/nix.js';
import type { LockFile, Nix } from '../domain/services.js';
import type { Exec } from '../lib/program.js';
import type { Context } from './context.js';
import type { Project } from './project.js';
import { stateDirectory } from '../state/folders.js';
import { incusFor } from './trials.js';

/** execa takes longer to load than most of `pets diff`: only where a program must be run. */
export const lazyExec: Exec = async (...args) => (await import('../lib/processes.js')).exec(...args);

/** The folder of the flake that puts a pet's system together. */
export const ASSEMBLY = fileURLToPath(new URL('../nix', import.meta.url));

export function portsFor(project: Project, timeoutMs: number, context: Context): Ports {
  const incus = incusFor(project.manifest.project, context.env);
  return {
    incus,
    nix: remembering(nixFor(project), builtSystems(project, context)),
    stores: openStores(project.manifest.project, incus, lazyExec),
    guest: guestOver(incus, lazyExec),
    host: localHost,
    secrets: project.secrets,
    lockFile: lockFileOf(project),
    limitMs: timeoutMs,
  };
}

export function nixFor({ ownFiles }: Pick<Project, 'ownFiles'>): Nix {
  return nixOver(lazyExec, ASSEMBLY, ownFiles, (facts, { listen }) => mistakesIn(facts, listen !== null));
}

function lockFileOf({ lockPath, lock }: Project): LockFile {
  return lockPath === null ? { add: () => Promise.resolve() } : lockFileAt(lockPath, lock, printLock);
}

/** The systems that earlier runs of the project came to. */
export function builtSystems({ manifest }: Project, { env }: Context): BuiltSystems {
  return new BuiltSystems(join(stateDirectory(env, manifest.project), 'built'));
}

/** Once it is evaluated, a system's path is known: whether it has been built shows in the store. */
function remembering(nix: Nix, built: BuiltSystems): Nix {
  return {
    ...nix,
    evaluate: async (app, pins) => {
      const evaluated = await nix.evaluate(app, pins);
      built.remember(app.name, pinned(app.facets, pins).system ?? {}, evaluated.toplevel);
      return evaluated;
    },
  };
}

const GIB = 2 ** 30;
/** A NixOS system's evaluation takes most of a GiB. */
const EVALUATION_BYTES = GIB;

export function limitsFor(jobs: number, evalJobs: number | undefined): Limits {
  const fits = Math.floor((freemem() - GIB) / EVALUATION_BYTES);
  const evaluate = evalJobs ?? Math.max(1, Math.min(fits, availableParallelism()));
  return { evaluate, build: availableParallelism(), incus: jobs };
}
