import { lstatSync, readlinkSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { AppName } from '../model.js';
import type { Delivery, Exec } from '../ports.js';
import { FailedProgram } from '../problem.js';

const PROFILES = '/nix/var/nix/profiles';

/**
 * The shared store: the host's /nix/store and the pet's own profile directory, both read-only in the guest.
 * The profile is the boot selector, the list of generations and the GC root in one.
 */
export function sharedStore(project: string, exec: Exec): Delivery {
  return {
    instance: (app) => ({
      config: {
        'security.nesting': 'true',
        // Root on the host: a constant, nothing from a manifest or a flake ever gets in here.
        'raw.lxc': `lxc.init.cmd=${PROFILES}/system/init`,
      },
      devices: {
        'nix-store': readOnlyDisk('/nix/store', '/nix/store'),
        'nix-profiles': readOnlyDisk(profileDirectory(project, app), PROFILES),
      },
    }),

    setProfile: async (app, toplevel) => {
      const directory = profileDirectory(project, app);
      await mkdir(directory, { recursive: true });
      const profile = join(directory, 'system');
      if (profileTarget(project, app) !== toplevel) {
        const args = ['--profile', profile, '--set', toplevel];
        const result = await exec('nix-env', args);
        if (result.exitCode !== 0) {
          const log = result.stderr.split('\n');
          throw new FailedProgram(
            { app, message: `nix-env could not set the profile: ${log.at(-1) ?? ''}` },
            log,
          );
        }
      }
      return generationOf(profile);
    },

    dropProfile: (app) => rm(profileDirectory(project, app), { recursive: true, force: true }),
  };
}

function readOnlyDisk(source: string, path: string): Readonly<Record<string, string>> {
  return { type: 'disk', source, path, readonly: 'true', shift: 'true' };
}

/** Both names follow Incus' rule ([A-Za-z0-9-]): neither can leave the directory. */
export function profileDirectory(project: string, app: string): string {
  return join(PROFILES, 'per-pet', project, app);
}

/** `system-7-link` → 7. */
function generationOf(profile: string): number {
  return Number(/-(\d+)-link$/.exec(readlinkSync(profile))?.[1] ?? 0);
}

/** The system that a pet's profile points at; undefined when it has none. Two readlinks, no process. */
export function profileTarget(project: string, app: AppName | string): string | undefined {
  const profile = join(profileDirectory(project, app), 'system');
  if (!lstatSync(profile, { throwIfNoEntry: false })) return undefined;
  const generation = join(dirname(profile), readlinkSync(profile));
  return lstatSync(generation, { throwIfNoEntry: false }) ? readlinkSync(generation) : undefined;
}
