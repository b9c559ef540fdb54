import { existsSync, lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { AppName } from '../domain/names.js';
import type { Delivery } from '../domain/services.js';
import type { Exec } from '../lib/program.js';
import { count, pointAt, removableGenerations, removeGenerations, setGeneration } from './generations.js';
import { changing, hostDirectory, makeDirectory, moveDirectory, removeDirectory } from './host-directory.js';
import { instanceOf, profileDirectory } from './instance.js';

/**
 * The shared store: the host's /nix/store and the pet's own profile directory, both read-only in the guest.
 * The profile is the boot selector, the list of generations and the GC root in one.
 */
export function sharedStore(project: string, exec: Exec): Delivery {
  const directoryOf = (app: AppName) => hostDirectory(profileDirectory(project, app), exec);
  return {
    instance: (app) => instanceOf(project, app, 'shared'),
    seed: (app) => instanceOf(project, app, 'shared'),
    deliver: () => Promise.resolve(''),

    setProfile: (app, toplevel, above) =>
      changing(project, app, async () => {
        await makeDirectory(project, app);
        return setGeneration(directoryOf(app), app, toplevel, above);
      }),

    returnTo: (app, generation, toplevel) =>
      changing(project, app, async () => {
        await makeDirectory(project, app);
        await pointAt(directoryOf(app), app, generation, toplevel);
      }),

    moveProfile: (from, to) => moveDirectory(project, from, to),

    collect: (app, keep) =>
      changing(project, app, async () => {
        const removed = await removeGenerations(directoryOf(app), keep);
        return removed === 0 ? '' : count(removed, 'generation');
      }),

    dropProfile: (app) => removeDirectory(project, app),
  };
}

/** Generations on this host that `collect` would remove. */
export function surplusGenerations(
  project: string,
  app: AppName,
  keep: readonly number[],
  exec: Exec,
): Promise<readonly number[]> {
  return removableGenerations(hostDirectory(profileDirectory(project, app), exec), keep);
}

/** The system that a pet's profile points at; undefined when it has none. Two readlinks, no process. */
export function profileTarget(project: string, app: string): string | undefined {
  const profile = join(profileDirectory(project, app), 'system');
  if (!isLink(profile)) return undefined;
  const generation = join(dirname(profile), readlinkSync(profile));
  return isLink(generation) ? readlinkSync(generation) : undefined;
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
}

/** Apps of a project that have a profile on this host and are none of `names`. */
export function orphanedProfiles(project: string, names: ReadonlySet<string>): AppName[] {
  const directory = dirname(profileDirectory(project, 'any'));
  if (!existsSync(directory)) return [];
  const found = readdirSync(directory, { withFileTypes: true });
  return found.flatMap((entry) =>
    entry.isDirectory() && !names.has(entry.name) ? [entry.name as AppName] : [],
  );
}
