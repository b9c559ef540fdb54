import { existsSync, lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { AppName } from '../domain/names.js';
import type { StoreBackend } from '../domain/services.js';
import type { STORES } from '../domain/store-mode.js';
import type { Exec } from '../lib/program.js';
import { count, pointAt, removableGenerations, removeGenerations, setGeneration } from './generations.js';
import { changing, hostDirectory, makeDirectory, moveDirectory, removeDirectory } from './host-directory.js';
import { BOOTS_PROFILE, profileDirectory, PROFILES, type Store, type StoreParts } from './backend.js';

/**
 * The shared store: the host's /nix/store and the pet's own profile directory, both read-only in the guest.
 * The profile is the boot selector, the list of generations and the GC root in one.
 */
export const sharedStore: Store = {
  instance: instanceFor,
  open: (project, { exec }) => backendFor(project, exec),
  surplus: (project, app, keep, exec) =>
    removableGenerations(hostDirectory(profileDirectory(project, app), exec), keep),
};

function instanceFor(project: string, app: string): StoreParts {
  return {
    config: BOOTS_PROFILE,
    devices: {
      'nix-store': readOnlyDisk('/nix/store', '/nix/store'),
      'nix-profiles': readOnlyDisk(profileDirectory(project, app), PROFILES),
    } satisfies Record<(typeof STORES.shared.devices)[number], unknown>,
  };
}

function readOnlyDisk(source: string, path: string): Readonly<Record<string, string>> {
  return { type: 'disk', source, path, readonly: 'true', shift: 'true' };
}

function backendFor(project: string, exec: Exec): StoreBackend {
  const directoryOf = (app: AppName) => hostDirectory(profileDirectory(project, app), exec);
  return {
    instance: (app) => instanceFor(project, app),
    bootstrap: (app) => instanceFor(project, app),
    sendSystem: () => Promise.resolve(''),

    setProfile: (app, toplevel, above) =>
      changing(project, app, async () => {
        await makeDirectory(project, app);
        return setGeneration(directoryOf(app), app, toplevel, above);
      }),

    activateGeneration: (app, generation, toplevel) =>
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
