import type { LocalPath, OutsideSource } from '../../domain/manifest.js';
import type { Capture, Captured, Command } from '../../lib/program.js';
import { ProblemError } from '../../domain/problem.js';
import { readRegular, UnfitFile } from '../../lib/regular-file.js';
import { formatSize } from '../../lib/format.js';

/** `directory`: the manifest's folder, absolute. */
export type Surroundings = {
  readonly directory: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly capture: Capture;
};

/** Bytes that systemd takes of all credentials of a unit together, their names included (exec-credential.c). */
export const MOST_SECRET = 2 ** 20;

/** A secret's value. Rejects with a ProblemError in which nothing of it is. */
export async function readSource(source: OutsideSource, around: Surroundings): Promise<Uint8Array> {
  const value = await valueOf(source, around);
  if (value.length <= MOST_SECRET) return value;
  throw tooLarge(`it has ${formatSize(value.length)}`);
}

function tooLarge(words: string): ProblemError {
  const message = `${words}; systemd takes at most ${formatSize(MOST_SECRET)} of credentials for a unit`;
  return new ProblemError({
    code: 'secret-too-large',
    message,
    hint: 'what is larger is no secret but data: a bind, or a volume',
  });
}

async function valueOf(source: OutsideSource, around: Surroundings): Promise<Uint8Array> {
  switch (source.kind) {
    case 'file':
      return fileContent(source.file);
    case 'env':
      return variable(source.variable, around);
    case 'command':
      return withoutNewline(await printedBy(source.command, around));
    case 'sops': {
      const { file, key } = source;
      fileContent(file, MOST_SEALED);
      return plainValue(
        await printedBy(['sops', '--decrypt', '--extract', extractPath(key), file.path], around),
      );
    }
  }
}

/** Bytes of a sops file: it may hold the secrets of a whole company. */
const MOST_SEALED = 64 * 2 ** 20;

/** What is no regular file may never end. */
function fileContent({ path }: LocalPath, most = MOST_SECRET): Uint8Array {
  try {
    return readRegular(path, most);
  } catch (error) {
    if (error instanceof UnfitFile) throw unfit(path, error, most);
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw new ProblemError({ code: 'secret-missing', data: { path }, message: `there is no ${path}` });
    throw new ProblemError({ code: 'secret-unreadable', message: `cannot read ${path}: ${wordsOf(error)}` });
  }
}

function unfit(path: string, { message, size }: UnfitFile, most: number): ProblemError {
  if (size === null || most !== MOST_SECRET)
    return new ProblemError({ code: 'secret-unreadable', message: `${path} ${message}` });
  return tooLarge(`${path} has ${formatSize(size)}`);
}

function variable(name: string, { env }: Surroundings): Uint8Array {
  const value = env[name];
  if (value === undefined)
    throw new ProblemError({
      code: 'secret-missing',
      data: { variable: name },
      message: `the variable \`${name}\` is not set`,
      hint: `export it in the environment that pets runs in`,
    });
  return Buffer.from(value);
}

async function printedBy(command: Command, { capture, directory }: Surroundings): Promise<Uint8Array> {
  const result = await capture(command, directory);
  // It was ended for that.
  if (result.stdout.length > 2 * MOST_SECRET) throw tooLarge(`\`${command[0]}\` prints more than 2 MiB`);
  if (result.exitCode === 0) return result.stdout;
  throw new ProblemError({ code: 'secret-command-failed', message: `\`${command[0]}\` ${endOf(result)}` });
}

/** Characters of what a program says of its failure. */
const MAX_WORDS = 500;

/** What it printed on stdout may be the secret, or part of it: nobody is shown that. */
function endOf({ exitCode, stderr }: Captured): string {
  const end =
    exitCode === null ? 'was ended by a signal, or did not end' : `failed with exit code ${exitCode}`;
  const words = stderr.trim().replace(/\s+/g, ' ').slice(-MAX_WORDS);
  return words === '' ? `${end} and said nothing` : `${end}: ${words}`;
}

/** `db.0.password` → `["db"][0]["password"]`, as sops has it. */
function extractPath(key: string): string {
  return key
    .split('.')
    .map((step) => `[${/^\d+$/.test(step) ? step : JSON.stringify(step)}]`)
    .join('');
}

/** sops prints a string as it is, and what is no string as YAML does: with a newline that is not of the value. */
function plainValue(printed: Uint8Array): Uint8Array {
  const isNoString = /^(-?\d+(\.\d+)?|true|false)\n$/.test(Buffer.from(printed).toString('latin1'));
  return isNoString ? withoutNewline(printed) : printed;
}

/** As a shell takes what a program prints. */
function withoutNewline(value: Uint8Array): Uint8Array {
  return value.at(-1) === 0x0a ? value.subarray(0, -1) : value;
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
