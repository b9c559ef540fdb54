import { createHash } from 'node:crypto';
import { existsSync, lstatSync, statSync } from 'node:fs';
import { cp, lstat, lutimes, mkdir, readdir, readFile, readlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ContentHash } from '../model.js';
import type { Exec } from '../ports.js';
import { ProblemError } from '../problem.js';

/** The git work tree that a folder is in, as git tells it: an empty `.git` is none. */
export function repositoryOf(directory: string): string | null {
  for (let at = directory; ; at = dirname(at)) {
    if (isRepository(join(at, '.git'))) return at;
    if (at === dirname(at)) return null;
  }
}

/** Of a `.git`: a folder with what git keeps, or a file that says where that is. */
export function isRepository(path: string): boolean {
  const kind = statSync(path, { throwIfNoEntry: false });
  return kind?.isDirectory() === true ? existsSync(join(path, 'HEAD')) : (kind?.size ?? 0) > 0;
}

/** A word as a shell reads it. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** What git said about a folder that it does not work with. */
export function gitFailed(directory: string, what: string, stderr: string): ProblemError {
  const owner = /dubious ownership in repository at '([^'\n]+)'/.exec(stderr)?.[1];
  if (owner !== undefined)
    return new ProblemError({
      message: `${what}: the repository ${owner} belongs to another user`,
      hint: `git config --global --add safe.directory ${shellWord(owner)}`,
    });
  const [said = ''] = stderr.trim().split('\n');
  return new ProblemError({
    message: `${what}: ${said.replace(/^(?:fatal|error): /, '')}`,
    hint: `see what git says there: git -C ${shellWord(directory)} status`,
  });
}

/** The files below a folder that git tracks and that are there now, relative to it. */
export async function tracked(directory: string, exec: Exec): Promise<string[]> {
  const result = await exec('git', ['-C', directory, 'ls-files', '-z', '--cached']);
  if (result.exitCode !== 0) throw gitFailed(directory, `git cannot list ${directory}`, result.stderr);
  // A file that was deleted but is still in the index is not part of what is there now.
  // Nor is a submodule, which Nix does not fetch either.
  const kindOf = (file: string) => lstatSync(join(directory, file), { throwIfNoEntry: false });
  return result.stdout
    .split('\0')
    .filter((file) => file.includes('\uFFFD') || (file !== '' && kindOf(file)?.isDirectory() === false));
}

/** All files below a folder, relative to it. */
export async function walk(directory: string, below = ''): Promise<string[]> {
  const entries = await readdir(join(directory, below), { withFileTypes: true });
  const lists = entries.map((entry) => {
    const path = join(below, entry.name);
    return entry.isDirectory() ? walk(directory, path) : Promise.resolve([path]);
  });
  return (await Promise.all(lists)).flat();
}

/** What Nix cannot copy, before anything tries to read it: a FIFO would be waited for. */
export function refuseOddFiles(written: string, directory: string, files: readonly string[]): void {
  for (const file of files) {
    const kind = lstatSync(join(directory, file), { throwIfNoEntry: false });
    if (kind?.isFile() === true || kind?.isSymbolicLink() === true) continue;
    const what = kind ? 'is no file, folder or link' : 'has a name that is not UTF-8';
    throw new ProblemError({
      message: `\`${written}\`: ${JSON.stringify(file)} ${what}; Nix cannot copy it`,
    });
  }
}

/** One file as a hash sees it: name, kind, content; like a NAR, times and owners do not count. */
export async function fingerprint(path: string, name: string): Promise<Buffer> {
  const info = await lstat(path);
  const content = info.isSymbolicLink() ? Buffer.from(await readlink(path)) : await readFile(path);
  const kind = info.isSymbolicLink() ? 'link' : info.mode & 0o100 ? 'executable' : 'file';
  return entry(name, kind, content);
}

export function linkFingerprint(target: string, name: string): Buffer {
  return entry(name, 'link', Buffer.from(target));
}

function entry(name: string, kind: string, content: Buffer): Buffer {
  return Buffer.from(`${name}\0${kind}\0${createHash('sha256').update(content).digest('hex')}\n`);
}

export function digest(fingerprints: readonly Buffer[]): string {
  const hash = createHash('sha256');
  for (const one of fingerprints) hash.update(one);
  return `sha256-${hash.digest('base64')}`;
}

/** The hash that `read` gives, or the problem that kept it from doing so. */
export async function contentHashBy(written: string, read: () => Promise<string>): Promise<ContentHash> {
  try {
    return { hash: await read() };
  } catch (error) {
    if (error instanceof ProblemError && error.problems[0]) return { problem: error.problems[0] };
    const { code, path } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    return { problem: { message: `\`${written}\`: cannot read ${path ?? 'a file'} (${code})` } };
  }
}

export async function copy(source: string, target: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  await cp(source, target, { verbatimSymlinks: true });
}

/** As in the store, a second after the epoch: Nix passes a folder's newest time on to the flake in it. */
const STAGED = 1;

/** What is the same gets the same times, whenever it was copied. */
export async function freezeTimes(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    await (entry.isDirectory() ? freezeTimes(path) : lutimes(path, STAGED, STAGED));
  }
  await lutimes(folder, STAGED, STAGED);
}
