import { createHash } from 'node:crypto';
import { existsSync, lstatSync } from 'node:fs';
import { cp, lstat, mkdir, readdir, readFile, readlink, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { FlakeRef } from '../model.js';
import type { Exec } from '../ports.js';
import { ProblemError, type Problem } from '../problem.js';

/** Files of a local flake, relative to its directory, sorted. */
type Listing = { readonly directory: string; readonly files: readonly string[] };

export type ContentHash = { readonly hash: string } | { readonly problem: Problem };

/**
 * A local flake is its own directory and nothing around it: in a git work tree the tracked files with what is
 * in them now (Nix does not see untracked ones either), elsewhere, and for `path:`, all files.
 * `git+file:` stands for the whole repository. `ignored`: absolute real paths that are not part of any source,
 * the manifest and its lock: else a changed port would change the app beside it.
 */
export async function contentHash(
  ref: FlakeRef,
  ignored: ReadonlySet<string>,
  exec: Exec,
): Promise<ContentHash> {
  try {
    const commit = await commitOf(ref, exec);
    if (commit !== null) return { hash: commit };
    const { directory, files } = await list(ref, ignored, exec);
    const hash = createHash('sha256');
    for (const file of files) hash.update(await fingerprint(directory, file));
    return { hash: `sha256-${hash.digest('base64')}` };
  } catch (error) {
    if (error instanceof ProblemError && error.problems[0]) return { problem: error.problems[0] };
    const { code, path } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    return { problem: { message: `\`${ref.written}\`: cannot read ${path ?? 'a file'} (${code})` } };
  }
}

/** A `git+file:` with `ref` or `rev` stands for that commit, whatever is checked out. */
async function commitOf(ref: FlakeRef, exec: Exec): Promise<string | null> {
  const query = new URLSearchParams(ref.url.split('?')[1] ?? '');
  const wanted = query.get('rev') ?? query.get('ref');
  if (!ref.url.startsWith('git+file:') || wanted === null || ref.directory === undefined) return null;
  const args = ['-C', ref.directory, 'rev-parse', '--verify', '--end-of-options', `${wanted}^{commit}`];
  const { exitCode, stdout, stderr } = await exec('git', args);
  if (exitCode !== 0)
    throw new ProblemError({ message: `\`${ref.written}\`: git does not know ${wanted}: ${stderr}` });
  return stdout.trim();
}

/** Copies what `contentHash` covers to `target`. */
export async function stage(
  ref: FlakeRef,
  ignored: ReadonlySet<string>,
  target: string,
  exec: Exec,
): Promise<void> {
  const { directory, files } = await list(ref, ignored, exec);
  await mkdir(target, { recursive: true });
  for (const file of files) {
    await mkdir(dirname(join(target, file)), { recursive: true });
    await cp(join(directory, file), join(target, file), { verbatimSymlinks: true });
  }
}

async function list(ref: FlakeRef, ignored: ReadonlySet<string>, exec: Exec): Promise<Listing> {
  const directory = await existing(ref);
  const root = ref.written.startsWith('path:') ? null : repositoryOf(directory);
  const found = root === null ? await walk(directory, '') : await tracked(directory, exec);
  const files = [...new Set(found)].filter((file) => !ignored.has(join(directory, file))).sort();
  refuseOddFiles(ref, directory, files);
  if (root !== null && !files.includes('flake.nix') && existsSync(join(directory, 'flake.nix'))) {
    throw new ProblemError({
      message: `\`${ref.written}\`: its flake.nix is not tracked by git, so Nix does not see it`,
      hint: `git -C ${directory} add flake.nix`,
    });
  }
  return { directory, files };
}

/** What Nix cannot copy, before anything tries to read it: a FIFO would be waited for. */
function refuseOddFiles(ref: FlakeRef, directory: string, files: readonly string[]): void {
  for (const file of files) {
    const kind = lstatSync(join(directory, file), { throwIfNoEntry: false });
    if (kind?.isFile() === true || kind?.isSymbolicLink() === true) continue;
    const what = kind ? 'is no file, folder or link' : 'has a name that is not UTF-8';
    throw new ProblemError({
      message: `\`${ref.written}\`: ${JSON.stringify(file)} ${what}; Nix cannot copy it`,
    });
  }
}

async function existing(ref: FlakeRef): Promise<string> {
  const written = ref.directory ?? '';
  const found = await lstat(written).catch(() => null);
  if (found === null) throw new ProblemError({ message: `\`${ref.written}\`: there is no ${written}` });
  const directory = await realpath(written);
  if (!(await lstat(directory)).isDirectory())
    throw new ProblemError({ message: `\`${ref.written}\` is not a directory` });
  const hasFlake = existsSync(join(directory, 'flake.nix')) || ref.url.startsWith('git+file:');
  if (!hasFlake)
    throw new ProblemError({ message: `\`${ref.written}\`: there is no flake.nix in ${directory}` });
  return directory;
}

function repositoryOf(directory: string): string | null {
  for (let at = directory; ; at = dirname(at)) {
    if (existsSync(join(at, '.git'))) return at;
    if (at === dirname(at)) return null;
  }
}

async function tracked(directory: string, exec: Exec): Promise<string[]> {
  const result = await exec('git', ['-C', directory, 'ls-files', '-z', '--cached']);
  if (result.exitCode !== 0) {
    throw new ProblemError({
      message: `git cannot list ${directory}: ${result.stderr}`,
      hint: 'see what `git status` says there',
    });
  }
  // A file that was deleted but is still in the index is not part of what is there now.
  // Nor is a submodule, which Nix does not fetch either.
  const kindOf = (file: string) => lstatSync(join(directory, file), { throwIfNoEntry: false });
  return result.stdout
    .split('\0')
    .filter((file) => file.includes('\uFFFD') || (file !== '' && kindOf(file)?.isDirectory() === false));
}

async function walk(directory: string, below: string): Promise<string[]> {
  const entries = await readdir(join(directory, below), { withFileTypes: true });
  const lists = entries.map((entry) => {
    const path = join(below, entry.name);
    return entry.isDirectory() ? walk(directory, path) : Promise.resolve([path]);
  });
  return (await Promise.all(lists)).flat();
}

/** One file as the hash sees it: name, kind, content; like a NAR, times and owners do not count. */
async function fingerprint(directory: string, file: string): Promise<Buffer> {
  const path = join(directory, file);
  const info = await lstat(path);
  const content = info.isSymbolicLink() ? Buffer.from(await readlink(path)) : await readFile(path);
  const kind = info.isSymbolicLink() ? 'link' : info.mode & 0o100 ? 'executable' : 'file';
  const digest = createHash('sha256').update(content).digest('hex');
  return Buffer.from(`${file}\0${kind}\0${digest}\n`);
}
