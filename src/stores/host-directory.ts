import { chmod, mkdir, readdir, readlink, rename, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { MODES, replaceLink, setMode } from '../lib/files.js';
import type { AppName } from '../domain/names.js';
import type { Exec } from '../lib/program.js';
import { ProblemError } from '../domain/problem.js';
import { KEPT, linkOf, type ProfileDirectory } from './generations.js';
import { profileDirectory } from './backend.js';

/** A profile directory on the host. The links in it are Nix' own, and are changed as Nix does: by a rename. */
export function hostDirectory(directory: string, exec: Exec): ProfileDirectory {
  const write = (link: string, target: string) => replaceLink(join(directory, link), target);
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
    throw explainDenied(error, `write in ${profileDirectory(project, app)}`, { project, app });
  }
}

/** What the activation of older releases of NixOS makes, and cannot where it is read-only. */
const PER_USER = 'per-user';

/** `per-pet`, the project's, the app's, and what is in it. */
function directories(project: string, app: string): readonly string[] {
  const directory = profileDirectory(project, app);
  return [
    dirname(dirname(directory)),
    dirname(directory),
    directory,
    join(directory, KEPT),
    join(directory, PER_USER),
  ];
}

const GROUP_MAY_WRITE = 0o2020;

/** A group that may write where one is made may write in it too: all operators of a project have the same rights. */
export function makeDirectory(project: string, app: AppName): Promise<void> {
  return makeAll(directories(project, app), project, app);
}

async function makeAll(wanted: readonly string[], project: string, app: AppName): Promise<void> {
  for (const directory of wanted) {
    try {
      await mkdir(directory, { mode: MODES.shared.folder });
    } catch (error) {
      if (codeOf(error) === 'EEXIST') continue;
      throw explainDenied(error, `make ${directory}`, { project, app });
    }
    const { mode } = await stat(dirname(directory));
    if ((mode & GROUP_MAY_WRITE) === GROUP_MAY_WRITE) await chmod(directory, 0o2775);
    else await setMode(directory, MODES.shared.folder);
  }
}

export function moveDirectory(project: string, from: AppName, to: AppName): Promise<void> {
  return move({ project, app: from }, { project, app: to });
}

/** The generations of an app become those of another project's app of that name. */
export async function handProfileOver(app: AppName, from: string, to: string): Promise<void> {
  await makeAll(directories(to, app).slice(0, 2), to, app);
  await move({ project: from, app }, { project: to, app });
  await dropProject(from, app);
}

type Owner = { readonly project: string; readonly app: AppName };

async function move(from: Owner, to: Owner): Promise<void> {
  const source = profileDirectory(from.project, from.app);
  const target = profileDirectory(to.project, to.app);
  try {
    await rename(source, target);
  } catch (error) {
    // It has moved already, or there never was one.
    if (codeOf(error) === 'ENOENT') return;
    if (codeOf(error) !== 'ENOTEMPTY' && codeOf(error) !== 'EEXIST')
      throw explainDenied(error, `move ${source} to ${target}`, to);
    throw new ProblemError({
      code: 'profile-clash',
      app: to.app,
      message: `both \`${from.app}\` and \`${to.app}\` have a profile: ${source} and ${target}`,
      hint: 'remove the one that is not wanted, then run the same command again',
    });
  }
}

export async function removeDirectory(project: string, app: AppName): Promise<void> {
  const directory = profileDirectory(project, app);
  await rm(directory, { recursive: true, force: true }).catch((error: unknown) => {
    throw explainDenied(error, `remove ${directory}`, { project, app });
  });
  await dropProject(project, app);
}

/** The project's folder, unless other apps have theirs there; or there is none. */
async function dropProject(project: string, app: AppName): Promise<void> {
  const folder = dirname(profileDirectory(project, app));
  await rmdir(folder).catch((error: unknown) => {
    if (codeOf(error) !== 'ENOTEMPTY' && codeOf(error) !== 'ENOENT')
      throw explainDenied(error, `remove ${folder}`, { project, app });
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
function explainDenied(
  error: unknown,
  what: string,
  { project, app }: { readonly project: string; readonly app: AppName },
): unknown {
  if (codeOf(error) !== 'EACCES' && codeOf(error) !== 'EPERM') return error;
  return new ProblemError({
    code: 'profile-denied',
    app,
    message: `no permission to ${what}`,
    hint: `as root: install -d -m 2775 -g incus-admin ${directories(project, app).join(' ')}`,
  });
}
