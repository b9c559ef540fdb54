import { existsSync, lstatSync, realpathSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import type { FlakeRef } from '../domain/manifest.js';
import type { Exec } from '../lib/program.js';
import { repositoryOf } from './files.js';

/** A file that Nix did not find in an app's flake although it is in its folder, and why not. */
export type Missing = {
  /** Relative to the folder. */
  readonly file: string;
  readonly why: 'untracked' | 'ignored' | 'submodule' | 'link' | 'own';
};

export type Surroundings = {
  /** Whether a store path is Nix' copy of the flake, and not another source's. */
  readonly isOwn: (storePath: string) => boolean;
  /** Files that are part of no source, see source.ts. */
  readonly ignored: ReadonlySet<string>;
  readonly exec: Exec;
};

/** `words`: Nix' own. Null: nothing is missing, or nobody knows why. */
export async function missingFrom(
  words: string,
  { written, directory }: FlakeRef,
  { isOwn, ignored, exec }: Surroundings,
): Promise<Missing | null> {
  const named = fileIn(words);
  if (!named || directory === undefined || !existsSync(directory)) return null;
  const folder = realpathSync(directory);
  if (!(named.kind === 'copy' ? isOwn(named.store) : named.repository === folder)) return null;
  const { file } = named;
  const path = join(folder, file);
  if (!lstatSync(path, { throwIfNoEntry: false })) return null;
  if (leadsOut(folder, path)) return { file, why: 'link' };
  if (ignored.has(path)) return { file, why: 'own' };
  if (isInSubmodule(folder, path)) return { file, why: 'submodule' };
  // `path:` has all files, and outside of any work tree nothing is tracked.
  if (written.startsWith('path:') || repositoryOf(folder) === null) return null;
  const git = async (...args: readonly string[]) => (await exec('git', ['-C', folder, ...args])).exitCode;
  if ((await git('ls-files', '--error-unmatch', '--', file)) !== 1) return null;
  return { file, why: (await git('check-ignore', '--quiet', '--', file)) === 0 ? 'ignored' : 'untracked' };
}

/** What Nix did not find: in a copy of a source, or since 2.28 in a repository. */
function fileIn(words: string) {
  const copy =
    /'(\/nix\/store\/[0-9a-z]{32}-source)\/([^'\n]+)'(?:: No such file or directory| does not exist)/.exec(
      words,
    );
  if (copy) return { kind: 'copy', store: copy[1] ?? '', file: copy[2] ?? '' } as const;
  const place =
    /[Pp]ath '\/?([^'\n]+)' (?:in the repository|does not exist in Git repository) "([^"\n]+)"/.exec(words);
  return place && ({ kind: 'repository', file: place[1] ?? '', repository: place[2] ?? '' } as const);
}

/** By a link of its own, or of a folder on the way to it. */
function leadsOut(folder: string, path: string): boolean {
  try {
    return !realpathSync(path).startsWith(`${folder}${sep}`);
  } catch {
    // A link that leads nowhere: there is no such file for anybody.
    return false;
  }
}

function isInSubmodule(folder: string, path: string): boolean {
  for (let at = dirname(path); at !== folder && at.startsWith(folder); at = dirname(at))
    if (existsSync(join(at, '.git'))) return true;
  return false;
}

/** The reference by which Nix sees the whole repository that a flake's folder is in; null: there is no more of it. */
export function wholeRepository({ written, directory }: FlakeRef, submodules = false): string | null {
  if (directory === undefined || !existsSync(directory)) return null;
  const folder = realpathSync(directory);
  const root = repositoryOf(folder);
  if (root === null || (root === folder && !submodules)) return null;
  const query = [
    ...(root === folder ? [] : [`dir=${encodeURI(relative(root, folder))}`]),
    ...(submodules ? ['submodules=1'] : []),
  ];
  const [, fragment] = written.split('#');
  return `git+file:${encodeURI(root)}?${query.join('&')}${fragment === undefined ? '' : `#${fragment}`}`;
}
