import { readFile, stat } from 'node:fs/promises';
import type { LocalPath, SecretSource } from '../model.js';
import type { Capture, Captured, Command } from '../ports.js';
import { ProblemError } from '../problem.js';

/** `directory`: the manifest's folder, absolute. */
export type Surroundings = {
  readonly directory: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly capture: Capture;
};

/** A source that is outside of pets. */
export type OutsideSource = Exclude<SecretSource, { kind: 'generate' }>;

/** A secret's value. Rejects with a ProblemError in which nothing of it is. */
export async function readSource(source: OutsideSource, around: Surroundings): Promise<Uint8Array> {
  switch (source.kind) {
    case 'file':
      return fileContent(source.file);
    case 'env':
      return variable(source.variable, around);
    case 'command':
      return withoutNewline(await printedBy(source.command, around));
    case 'sops': {
      const { file, key } = source;
      await mustBeFile(file);
      return plain(await printedBy(['sops', '--decrypt', '--extract', extractPath(key), file.path], around));
    }
  }
}

async function fileContent(file: LocalPath): Promise<Uint8Array> {
  await mustBeFile(file);
  return readFile(file.path).catch((error: unknown) => {
    throw new ProblemError({ message: `cannot read ${file.path}: ${wordsOf(error)}` });
  });
}

/** What is no plain file may never end. */
async function mustBeFile({ path }: LocalPath): Promise<void> {
  const found = await stat(path).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return null;
    throw new ProblemError({ message: `cannot read ${path}: ${wordsOf(error)}` });
  });
  if (found === null) throw new ProblemError({ message: `there is no ${path}` });
  if (!found.isFile()) throw new ProblemError({ message: `${path} is no plain file` });
}

function variable(name: string, { env }: Surroundings): Uint8Array {
  const value = env[name];
  if (value === undefined)
    throw new ProblemError({
      message: `the variable \`${name}\` is not set`,
      hint: `export it in the environment that pets runs in`,
    });
  return Buffer.from(value);
}

async function printedBy(command: Command, { capture, directory }: Surroundings): Promise<Uint8Array> {
  const result = await capture(command, directory);
  if (result.exitCode === 0) return result.stdout;
  throw new ProblemError({ message: `\`${command[0]}\` ${endOf(result)}` });
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
function plain(printed: Uint8Array): Uint8Array {
  const isNoString = /^(-?\d+(\.\d+)?|true|false)\n$/.test(Buffer.from(printed).toString('latin1'));
  return isNoString ? withoutNewline(printed) : printed;
}

/** As a shell takes what a program prints. */
function withoutNewline(value: Uint8Array): Uint8Array {
  return value.at(-1) === 0x0a ? value.subarray(0, -1) : value;
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
