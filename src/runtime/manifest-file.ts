import { existsSync, lstatSync, statSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { EXIT, ProblemError, type Problem } from '../domain/problem.js';
import { kindOf, readRegular, UnfitFile, textFrom } from '../lib/regular-file.js';
import type { Context } from './context.js';
import { formatSize } from '../lib/format.js';

/** Bytes of a manifest; of a lock. Both are written by hand or by pets, and are small. */
export const MOST_MANIFEST = 2 ** 20;
const MOST_LOCK = 16 * 2 ** 20;

/** A manifest's text, and where it is from. */
export type ManifestFile = {
  readonly text: string;
  /** As it is named in problems. */
  readonly shown: string;
  /** Absolute and real; null: it was read from standard input. */
  readonly path: string | null;
  /** What its relative paths are seen from. */
  readonly directory: string;
  /** Null: there is no place for one. */
  readonly lockPath: string | null;
};

/** What a manifest is found by. `file`: the one that was named; `lockFile`: the lock in place of the one beside it. */
export type Named = Pick<Context, 'cwd' | 'stdin'> & {
  readonly file: string | undefined;
  readonly lockFile: string | undefined;
};

/** `-f`, else pets.toml here or above, up to the repository's root. Null: none is named, and there is none. */
export async function manifestFile({ cwd, stdin, file, lockFile }: Named): Promise<ManifestFile | null> {
  const lockPath = lockFile === undefined || lockFile === '' ? null : resolve(cwd, lockFile);
  if (file !== undefined && isStandardInput(file)) {
    const shown = '<stdin>';
    const text = textFrom(await standardInput(stdin(), MOST_MANIFEST), shown);
    return { text, shown, path: null, directory: cwd, lockPath };
  }
  const path = file === undefined || file === '' ? await searchManifest(cwd) : await namedManifest(cwd, file);
  if (path === null) return null;
  const shown = relative(cwd, path).startsWith('..') ? path : relative(cwd, path);
  const directory = dirname(path);
  const beside = join(directory, `${basename(path, '.toml')}.lock`);
  return { text: readText(path, shown, MOST_MANIFEST), shown, path, directory, lockPath: lockPath ?? beside };
}

/** The text of a lock; null: there is none. */
export function lockText(path: string): string | null {
  return existsSync(path) ? readText(path, basename(path), MOST_LOCK) : null;
}

async function searchManifest(cwd: string): Promise<string | null> {
  for (let at = cwd; ; at = dirname(at)) {
    const path = join(at, 'pets.toml');
    if (existsSync(path)) return realpath(path);
    if (existsSync(join(at, '.git')) || at === dirname(at)) return null;
  }
}

async function namedManifest(cwd: string, file: string): Promise<string> {
  const named = resolve(cwd, file);
  const path = lstatSync(named, { throwIfNoEntry: false })?.isDirectory() ? join(named, 'pets.toml') : named;
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) {
    const hint = 'check the path given with --file or PETS_FILE; `-f -` reads standard input';
    throw refuseManifest({
      code: 'manifest-missing',
      message: `there is no ${path === named ? file : path}`,
      hint,
    });
  }
  // A pipe of `<(…)` has no path that could be followed.
  if (found.isFile()) return realpath(path);
  const hint = '`-f -` reads the manifest from standard input';
  throw refuseManifest({
    code: 'manifest-unreadable',
    message: `${file} is ${kindOf(found)}, not a regular file`,
    hint,
  });
}

function readText(path: string, shown: string, most: number): string {
  try {
    return textFrom(readRegular(path, most), shown);
  } catch (error) {
    if (error instanceof ProblemError) throw error;
    if (error instanceof UnfitFile)
      throw refuseManifest({ code: 'manifest-unreadable', message: `${shown} ${error.message}` });
    throw refuseManifest({
      code: 'manifest-unreadable',
      message: `cannot read ${shown}: ${error instanceof Error ? error.message : String(error)}`,
    });
  }
}

function refuseManifest(problem: Problem): ProblemError {
  return new ProblemError(problem, EXIT.manifest);
}

const STDIN_NAMES: ReadonlySet<string> = new Set(['-', '/dev/stdin', '/dev/fd/0', '/proc/self/fd/0']);

/** Whether a file that was named stands for standard input. */
function isStandardInput(file: string): boolean {
  return STDIN_NAMES.has(file);
}

/** It can be read once, and a manifest is read again under the lock. */
const alreadyRead = new WeakMap<object, Promise<Buffer>>();

/** All of standard input, which may be `most` bytes. */
function standardInput(stdin: AsyncIterable<unknown> & object, most: number): Promise<Buffer> {
  const first = alreadyRead.get(stdin) ?? readAll(stdin, most);
  alreadyRead.set(stdin, first);
  return first;
}

async function readAll(stdin: AsyncIterable<unknown>, most: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stdin) {
    const bytes = Buffer.from(chunk as Uint8Array);
    size += bytes.length;
    if (size > most)
      throw new ProblemError(
        {
          code: 'manifest-unreadable',
          message: `standard input has more than ${formatSize(most)}: that is no manifest`,
        },
        EXIT.manifest,
      );
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}
