import { availableParallelism, freemem } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Limits } from '../executor/execute.js';
import type { Services, TwinServices } from '../executor/job.js';
import { mistakesIn } from '../flake-contract/mistakes.js';
import { openStores } from '../stores/stores.js';
import { guestOver } from '../guest/guest.js';
import { localHost } from '../incus/observe/host.js';
import { twinProject } from '../domain/twin.js';
import { printLock } from '../manifest/lock.js';
import { lockFileAt, type ChangingLock } from '../nix/lock-file.js';
import { nixOver, type LocalNix } from '../nix/nix.js';
import { profileTarget } from '../stores/shared.js';
import { LOCAL } from './daemons.js';
import { knowing, recipeIn, type Known } from './known-systems.js';
import type { Project } from './project-type.js';
import type { Runtime } from './runtime.js';

/** The folder of the flake that puts a pet's system together. */
export const ASSEMBLY = fileURLToPath(new URL('../nix', import.meta.url));

export function portsFor(runtime: Runtime, project: Project, timeoutMs: number): Services {
  const { exec, stream } = runtime.programs;
  const name = project.manifest.project;
  const incus = runtime.daemons.get(LOCAL).incus(name);
  return {
    twin: twinsFor(runtime, name),
    incus,
    nix: knowing(nixFor(runtime, project), knownSystems(runtime, name)),
    stores: openStores(name, incus, exec, stream),
    guest: guestOver(incus, exec),
    host: localHost,
    secrets: project.secrets,
    lockFile: lockFileOf(project),
    limitMs: timeoutMs,
  };
}

/** For twins of a project's apps. */
export function twinsFor(
  { daemons, programs }: Pick<Runtime, 'daemons' | 'programs'>,
  name: string,
): TwinServices {
  const project = twinProject(name);
  const incus = daemons.get(LOCAL).incus(project);
  const { exec, stream } = programs;
  return { incus, stores: openStores(project, incus, exec, stream), guest: guestOver(incus, exec) };
}

export function nixFor(
  { programs }: Pick<Runtime, 'programs'>,
  { ownFiles }: Pick<Project, 'ownFiles'>,
): LocalNix {
  return nixOver(programs.exec, ASSEMBLY, ownFiles, (facts, { listen }) =>
    mistakesIn(facts, listen !== null),
  );
}

/** Where what a run pins is written; nowhere without a manifest. */
export function lockFileOf({ lockPath, lock }: Pick<Project, 'lockPath' | 'lock'>): ChangingLock {
  const nothing = () => Promise.resolve();
  return lockPath === null ? { add: nothing, change: nothing } : lockFileAt(lockPath, lock, printLock);
}

let hashed: string | null = null;
const recipe = (): string => (hashed ??= recipeIn(ASSEMBLY));

/** What earlier runs of a project came to. */
export function knownSystems({ state }: Pick<Runtime, 'state'>, project: string): Known {
  const profile = profileTarget.bind(null, project);
  return { built: state.builtSystems(project), recipe, profile };
}

const GIB = 2 ** 30;
/** A NixOS system's evaluation takes most of a GiB. */
const EVALUATION_BYTES = GIB;

export function limitsFor(jobs: number, evalJobs: number | undefined): Limits {
  const fits = Math.floor((freemem() - GIB) / EVALUATION_BYTES);
  const evaluate = evalJobs ?? Math.max(1, Math.min(fits, availableParallelism()));
  // A second one of each app at a time would be more than what the host is made for.
  return { evaluate, build: availableParallelism(), rehearse: 1, incus: jobs };
}
