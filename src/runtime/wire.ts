import { availableParallelism, freemem } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Limits } from '../executor/execute.js';
import type { Services } from '../executor/job.js';
import { withPins, systemIn } from '../facets/system.js';
import { mistakesIn } from '../flake-contract/mistakes.js';
import { openStores } from '../stores/stores.js';
import { guestOver } from '../guest/guest.js';
import { localHost } from '../incus/observe/host.js';
import { printLock } from '../manifest/lock.js';
import type { BuiltSystems } from '../state/built-systems.js';
import { lockFileAt } from '../nix/lock-file.js';
import { nixOver } from '../nix/nix.js';
import type { LockFile, Nix } from '../domain/services.js';
import { LOCAL } from './daemons.js';
import type { Project } from './project-type.js';
import type { Runtime } from './runtime.js';

/** The folder of the flake that puts a pet's system together. */
export const ASSEMBLY = fileURLToPath(new URL('../nix', import.meta.url));

export function portsFor(runtime: Runtime, project: Project, timeoutMs: number): Services {
  const { exec, pipe } = runtime.programs;
  const name = project.manifest.project;
  const incus = runtime.daemons.get(LOCAL).incus(name);
  return {
    incus,
    nix: remembering(nixFor(runtime, project), runtime.state.builtSystems(name)),
    stores: openStores(name, incus, exec, pipe),
    guest: guestOver(incus, exec),
    host: localHost,
    secrets: project.secrets,
    lockFile: lockFileOf(project),
    limitMs: timeoutMs,
  };
}

export function nixFor(
  { programs }: Pick<Runtime, 'programs'>,
  { ownFiles }: Pick<Project, 'ownFiles'>,
): Nix {
  return nixOver(programs.exec, ASSEMBLY, ownFiles, (facts, { listen }) =>
    mistakesIn(facts, listen !== null),
  );
}

function lockFileOf({ lockPath, lock }: Project): LockFile {
  return lockPath === null ? { add: () => Promise.resolve() } : lockFileAt(lockPath, lock, printLock);
}

/** Once it is evaluated, a system's path is known: whether it has been built shows in the store. */
function remembering(nix: Nix, built: BuiltSystems): Nix {
  return {
    ...nix,
    evaluate: async (app, pins) => {
      const evaluated = await nix.evaluate(app, pins);
      built.remember(app.name, systemIn(withPins(app.facets, pins)), evaluated.toplevel);
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
