import { createHash } from 'node:crypto';
import { constants, existsSync, lstatSync, statSync } from 'node:fs';
import { cp, lstat, lutimes, mkdir, open, readdir, readlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gitIn } from '../lib/environment.js';
import type { ContentHash } from '../domain/desired.js';
import type { Exec } from '../lib/program.js';
import { ProblemError } from '../domain/problem.js';
import PQueue from 'p-queue';

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
      code: 'git-failed',
      message: `${what}: the repository ${owner} belongs to another user`,
      hint: `git config --global --add safe.directory ${shellWord(owner)}`,
    });
  const [said = ''] = stderr.trim().split('\n');
  return new ProblemError({
    code: 'git-failed',
    message: `${what}: ${said.replace(/^(?:fatal|error): /, '')}`,
    hint: `see what git says there: git -C ${shellWord(directory)} status`,
  });
}

/** The files below a folder that git tracks and that are there now, relative to it. */
export async function listTracked(directory: string, exec: Exec): Promise<string[]> {
  const result = await exec('git', gitIn(directory, 'ls-files', '-z', '--cached'));
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
      code: 'source-unfit',
      message: `\`${written}\`: ${JSON.stringify(file)} ${what}; Nix cannot copy it`,
    });
  }
}

/** What is read of sources, as it goes. */
export type Reading = { files: number; bytes: number };

/** Files that are open at a time, whatever is hashed: a process may have 1024 open, and others are open too. */
const slots = new PQueue({ concurrency: 16 });

/** One file as a hash sees it: name, kind, content; like a NAR, times and owners do not count. */
export async function fingerprint(path: string, name: string, reading: Reading): Promise<Buffer> {
  const info = await lstat(path);
  reading.files += 1;
  if (info.isSymbolicLink()) return linkFingerprint(await readlink(path), name);
  const content = await slots.add(() => contentHashOf(path, reading));
  return entry(name, info.mode & 0o100 ? 'executable' : 'file', content);
}

/** Bytes that are read at a time. */
const CHUNK = 256 * 1024;
/** Another thing may stand there by now: a named pipe would be waited for. */
const PLAINLY = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW;

/** In hexadecimal. Piece by piece: a source can be larger than memory. An error names the file. */
async function contentHashOf(path: string, reading: Reading): Promise<string> {
  const hash = createHash('sha256');
  try {
    const file = await open(path, PLAINLY);
    try {
      const info = await file.stat();
      if (!info.isFile())
        throw new ProblemError({ code: 'source-unfit', message: `${path} is no regular file any more` });
      // Most files are small, and there may be many thousands.
      const buffer = Buffer.allocUnsafe(Math.min(CHUNK, info.size + 1));
      for (;;) {
        const { bytesRead } = await file.read(buffer, 0, buffer.length);
        if (bytesRead === 0) return hash.digest('hex');
        hash.update(buffer.subarray(0, bytesRead));
        reading.bytes += bytesRead;
      }
    } finally {
      await file.close();
    }
  } catch (error) {
    // Of what fails once it is open, Node does not say where.
    throw error instanceof ProblemError ? error : Object.assign(error as Error, { path });
  }
}

export function linkFingerprint(target: string, name: string): Buffer {
  return entry(name, 'link', createHash('sha256').update(target).digest('hex'));
}

/** `content`: the hash of it, in hexadecimal. */
function entry(name: string, kind: string, content: string): Buffer {
  return Buffer.from(`${name}\0${kind}\0${content}\n`);
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
    return {
      problem: {
        code: 'source-unreadable',
        message: `\`${written}\`: cannot read ${path ?? 'a file'} (${code})`,
      },
    };
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
