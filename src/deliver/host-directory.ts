import { chmod, mkdir, readdir, readlink, rename, rm, rmdir, stat, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { AppName } from '../model.js';
import type { Exec } from '../ports.js';
import { ProblemError } from '../problem.js';
import { KEPT, linkOf, type ProfileDirectory } from './generations.js';
import { profileDirectory } from './instance.js';

/** A profile directory on the host. The links in it are Nix' own, and are changed as Nix does: by a rename. */
export function hostDirectory(directory: string, exec: Exec): ProfileDirectory {
  const write = async (link: string, target: string) => {
    const path = join(directory, link);
    await rm(`${path}.new`, { force: true });
    await symlink(target, `${path}.new`);
    await rename(`${path}.new`, path);
  };
  return {
    write,
    list: (folder) => readdir(join(directory, folder)).catch(noneIf('ENOENT', [])),
    read: (link) => readlink(join(directory, link)).catch(noneIf('ENOENT', null)),
    remove: (link) => rm(join(directory, link), { force: true }),
    missing: async (toplevel) => {
      const { exitCode, stderr } = await exec('nix-store', ['--realise', toplevel]);
      return exitCode === 0 ? null : stderr;
    },
    point: (generation) => write('system', linkOf(generation)),
  };
}

/** Runs what changes the pet's profile directory. */
export async function changing<T>(project: string, app: AppName, change: () => Promise<T>): Promise<T> {
  try {
    return await change();
  } catch (error) {
    throw denied(error, `write in ${profileDirectory(project, app)}`, project, app);
  }
}

/** `per-pet`, the project's, the app's, and what is in it. */
function directories(project: string, app: string): readonly string[] {
  const directory = profileDirectory(project, app);
  return [dirname(dirname(directory)), dirname(directory), directory, join(directory, KEPT)];
}

const GROUP_MAY_WRITE = 0o2020;

/** A group that may write where one is made may write in it too: all operators of a project have the same rights. */
export function makeDirectory(project: string, app: AppName): Promise<void> {
  return makeAll(directories(project, app), project, app);
}

/** The folder that the project's profiles are in. */
function makeProject(project: string, app: AppName): Promise<void> {
  return makeAll(directories(project, app).slice(0, 2), project, app);
}

async function makeAll(wanted: readonly string[], project: string, app: AppName): Promise<void> {
  for (const directory of wanted) {
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

export async function moveDirectory(project: string, from: AppName, to: AppName): Promise<void> {
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

/** The generations of an app become those of another project's app of that name. */
export async function handProfileOver(app: AppName, from: string, to: string): Promise<void> {
  const [source, target] = [profileDirectory(from, app), profileDirectory(to, app)];
  try {
    await makeProject(to, app);
    await rename(source, target);
    await rmdir(dirname(source));
  } catch (error) {
    // It has moved already; or the project has others, and keeps its folder.
    if (codeOf(error) !== 'ENOENT' && codeOf(error) !== 'ENOTEMPTY')
      throw denied(error, `move ${source} to ${target}`, to, app);
  }
}

export async function removeDirectory(project: string, app: AppName): Promise<void> {
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

function noneIf<T>(code: string, none: T): (error: unknown) => T {
  return (error) => {
    if (codeOf(error) === code) return none;
    throw error;
  };
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
