import { lstatSync, readlinkSync } from 'node:fs';
import { chmod, mkdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { AppName } from '../model.js';
import type { Delivery, Exec } from '../ports.js';
import { ProblemError } from '../problem.js';
import { generationOf, nixFailed, removedGenerations } from './generations.js';
import { instanceOf, profileDirectory } from './instance.js';

/**
 * The shared store: the host's /nix/store and the pet's own profile directory, both read-only in the guest.
 * The profile is the boot selector, the list of generations and the GC root in one.
 */
export function sharedStore(project: string, exec: Exec): Delivery {
  const nixEnv = async (app: AppName, what: string, args: readonly string[]) => {
    const profile = join(profileDirectory(project, app), 'system');
    const result = await exec('nix-env', ['--profile', profile, ...args]);
    if (result.exitCode !== 0) throw nixFailed(app, `nix-env could not ${what}`, result.stderr);
    return `${result.stdout}\n${result.stderr}`;
  };
  return {
    instance: (app) => instanceOf(project, app, 'shared'),
    seed: (app) => instanceOf(project, app, 'shared'),
    deliver: () => Promise.resolve(''),

    setProfile: async (app, toplevel) => {
      await makeDirectory(project, app);
      if (profileTarget(project, app) !== toplevel) await nixEnv(app, 'set the profile', ['--set', toplevel]);
      return generationOf(readlinkSync(join(profileDirectory(project, app), 'system')));
    },

    moveProfile: (from, to) => moveDirectory(project, from, to),

    collect: async (app, keep) => {
      if (profileTarget(project, app) === undefined) return '';
      const args = ['--delete-generations', `+${keep}`];
      return removedGenerations(await nixEnv(app, 'remove old generations', args));
    },

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

/** `per-pet`, the project's and the app's. */
function directories(project: string, app: string): readonly string[] {
  const directory = profileDirectory(project, app);
  return [dirname(dirname(directory)), dirname(directory), directory];
}

const GROUP_MAY_WRITE = 0o2020;

/** A group that may write where one is made may write in it too: all operators of a project have the same rights. */
async function makeDirectory(project: string, app: AppName): Promise<void> {
  for (const directory of directories(project, app)) {
    try {
      await mkdir(directory);
    } catch (error) {
      if (codeOf(error) === 'EEXIST') continue;
      throw denied(error, `make ${directory}`, project, app);
    }
    const { mode } = await stat(dirname(directory));
    if ((mode & GROUP_MAY_WRITE) === GROUP_MAY_WRITE) await chmod(directory, 0o2775);
  }
}

async function moveDirectory(project: string, from: AppName, to: AppName): Promise<void> {
  const [source, target] = [profileDirectory(project, from), profileDirectory(project, to)];
  try {
    await rename(source, target);
  } catch (error) {
    // It has moved already, or there never was one.
    if (codeOf(error) === 'ENOENT') return;
    if (codeOf(error) !== 'ENOTEMPTY' && codeOf(error) !== 'EEXIST')
      throw denied(error, `move ${source} to ${target}`, project, to);
    throw new ProblemError({
      app: to,
      message: `both \`${from}\` and \`${to}\` have a profile: ${source} and ${target}`,
      hint: `remove the one that is not wanted, then run \`pets up ${to}\` again`,
    });
  }
}

async function removeDirectory(project: string, app: AppName): Promise<void> {
  const directory = profileDirectory(project, app);
  const failed = (error: unknown) => {
    throw denied(error, `remove ${directory}`, project, app);
  };
  await rm(directory, { recursive: true, force: true }).catch(failed);
  await rmdir(dirname(directory)).catch((error: unknown) => {
    // The project's other apps may have theirs there; or there was none.
    if (codeOf(error) !== 'ENOTEMPTY' && codeOf(error) !== 'ENOENT') failed(error);
  });
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}

/** A missing permission in words; anything else as it is. */
function denied(error: unknown, what: string, project: string, app: AppName): unknown {
  if (codeOf(error) !== 'EACCES' && codeOf(error) !== 'EPERM') return error;
  return new ProblemError({
    app,
    message: `no permission to ${what}`,
    hint: `as root: install -d -m 2775 -g incus-admin ${directories(project, app).join(' ')}`,
  });
}
