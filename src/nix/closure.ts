import { existsSync } from 'node:fs';
import { lstat, mkdir, realpath, symlink } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import type { ContentHash } from '../domain/desired.js';
import type { LocalPath } from '../domain/manifest.js';
import type { Exec } from '../lib/program.js';
import { ProblemError } from '../domain/problem.js';
import {
  contentHashBy,
  copy,
  digest,
  fingerprint,
  freezeTimes,
  linkFingerprint,
  type Reading,
} from './files.js';
import { Gatherer } from './gather.js';

/** What Nix files need of the tree that they are in. */
type Closure = {
  /** The innermost folder that has all of it: only what is below it counts, not where it lies. */
  readonly root: string;
  /** The files it is the closure of, relative to `root`. */
  readonly entries: readonly string[];
  /** Relative to `root`, sorted; a link that leads on to others by where it leads to from its own folder. */
  readonly files: readonly { readonly name: string; readonly link: string | null }[];
};

/**
 * The hash of a .nix file, or a folder's default.nix, with everything that its path literals lead to: files, and
 * folders with all that is in them (in a git work tree the tracked files), through imports and links. What
 * `stageClosure` copies is what is hashed, and Nix sees nothing else.
 */
export function closureHash(
  file: LocalPath,
  ignored: ReadonlySet<string>,
  exec: Exec,
  reading: Reading = { files: 0, bytes: 0 },
): Promise<ContentHash> {
  return contentHashBy(file.written, async () => {
    const { root, entries, files } = await closureOf([file], ignored, exec);
    const fingerprints = await Promise.all(
      files.map(async ({ name, link }) =>
        link === null ? fingerprint(join(root, name), name, reading) : linkFingerprint(link, name),
      ),
    );
    return digest([Buffer.from(`${entries.join('\0')}\n`), ...fingerprints]);
  });
}

export type Staged = { readonly root: string; readonly entries: readonly string[] };

/** Copies the closure of all `files` together, so that what they share stays one file. */
export async function stageClosure(
  files: readonly LocalPath[],
  ignored: ReadonlySet<string>,
  target: string,
  exec: Exec,
): Promise<Staged> {
  const closure = await closureOf(files, ignored, exec);
  await mkdir(target, { recursive: true });
  for (const { name, link } of closure.files) {
    const path = join(target, name);
    if (link === null) await copy(join(closure.root, name), path);
    else {
      await mkdir(dirname(path), { recursive: true });
      await symlink(link, path);
    }
  }
  await freezeTimes(target);
  return closure;
}

async function closureOf(
  files: readonly LocalPath[],
  ignored: ReadonlySet<string>,
  exec: Exec,
): Promise<Closure> {
  const gatherer = new Gatherer(ignored, exec);
  const starts = await Promise.all(files.map(startOf));
  for (const [i, start] of starts.entries()) await gatherer.start(start, files[i]?.written ?? start);
  const { files: found, links } = gatherer;
  const paths = [...new Set([...found, ...links.keys()])];
  const root = paths.map(dirname).reduce(commonFolder);
  const named = paths.map((path) => {
    const target = links.get(path);
    return {
      name: relative(root, path),
      link: target === undefined ? null : relative(dirname(path), target),
    };
  });
  return {
    root,
    entries: starts.map((start) => relative(root, start)),
    files: named.sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
}

/** The file itself, in its real folder; of a folder its default.nix. */
async function startOf({ written, path }: LocalPath): Promise<string> {
  if (!existsSync(path))
    throw new ProblemError({ code: 'source-missing', message: `\`${written}\`: there is no ${path}` });
  const named = join(await realpath(dirname(path)), path.slice(path.lastIndexOf(sep) + 1));
  const real = await realpath(path);
  if (!(await lstat(real)).isDirectory()) return named;
  const inside = join(real, 'default.nix');
  if (!existsSync(inside))
    throw new ProblemError({
      code: 'source-missing',
      message: `\`${written}\`: there is no default.nix in ${path}`,
    });
  return inside;
}

function commonFolder(a: string, b: string): string {
  const others = b.split(sep);
  const shared = a.split(sep);
  const end = shared.findIndex((part, i) => part !== others[i]);
  return shared.slice(0, end < 0 ? shared.length : end).join(sep) || sep;
}
