import { lstatSync, readlinkSync } from 'node:fs';
import { mkdir, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { AppName } from '../model.js';
import type { Delivery, Exec, InstanceSpec } from '../ports.js';
import { FailedProgram, ProblemError } from '../problem.js';

const PROFILES = '/nix/var/nix/profiles';

/**
 * The shared store: the host's /nix/store and the pet's own profile directory, both read-only in the guest.
 * The profile is the boot selector, the list of generations and the GC root in one.
 */
export function sharedStore(project: string, exec: Exec): Delivery {
  return {
    instance: (app) => instanceOf(project, app),

    setProfile: async (app, toplevel) => {
      const directory = profileDirectory(project, app);
      await makeDirectory(directory, app);
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

    dropProfile: async (app) => {
      const directory = profileDirectory(project, app);
      await rm(directory, { recursive: true, force: true });
      // The project's other apps may have theirs there; or there was none.
      await rmdir(dirname(directory)).catch((error: unknown) => {
        const { code } = error as NodeJS.ErrnoException;
        if (code !== 'ENOTEMPTY' && code !== 'ENOENT') throw error;
      });
    },
  };
}

/** The config and devices that the shared store needs. */
export function instanceOf(project: string, app: string): Pick<InstanceSpec, 'config' | 'devices'> {
  return {
    config: {
      'security.nesting': 'true',
      // Root on the host: a constant, nothing from a manifest or a flake ever gets in here.
      'raw.lxc': `lxc.init.cmd=${PROFILES}/system/init`,
    },
    devices: {
      'nix-store': readOnlyDisk('/nix/store', '/nix/store'),
      'nix-profiles': readOnlyDisk(profileDirectory(project, app), PROFILES),
    },
  };
}

async function makeDirectory(directory: string, app: AppName): Promise<void> {
  try {
    await mkdir(directory, { recursive: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EACCES') throw error;
    throw new ProblemError({
      app,
      message: `no permission to make ${directory}`,
      hint: `as root: install -d -m 2775 -g incus-admin ${PROFILES}/per-pet`,
    });
  }
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
  if (!isLink(profile)) return undefined;
  const generation = join(dirname(profile), readlinkSync(profile));
  return isLink(generation) ? readlinkSync(generation) : undefined;
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
}
