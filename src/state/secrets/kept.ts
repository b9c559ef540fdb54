import { randomBytes, randomInt } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeFolder, MODES, replaceFile } from '../../lib/files.js';
import { EXIT, ProblemError } from '../../domain/problem.js';
import { readRegular } from '../../lib/regular-file.js';
import { MOST_SECRET } from './source.js';

const KEY_BYTES = 32;
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** What pets keeps of a project's secrets on this host; files that only their owner reads. */
export class SecretFiles {
  readonly #directory: string;

  /** `directory`: absolute; it may not be there yet. */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /** What fingerprints are made with; null: there has been none yet. */
  key(): Promise<Uint8Array | null> {
    return read(this.#keyPath);
  }

  keepKey(key: Uint8Array): Promise<void> {
    return keep(this.#keyPath, key);
  }

  generated(app: string, secret: string): Promise<Uint8Array | null> {
    return read(this.#pathOf(app, secret));
  }

  keepGenerated(app: string, secret: string, value: Uint8Array): Promise<void> {
    return keep(this.#pathOf(app, secret), value);
  }

  async forgetGenerated(app: string, secret: string): Promise<void> {
    await rm(this.#pathOf(app, secret), { force: true });
  }

  get #keyPath(): string {
    return join(this.#directory, 'fingerprint-key');
  }

  /** No app's name has a dot. */
  #pathOf(app: string, secret: string): string {
    return join(this.#directory, 'generated', `${app}.${secret}`);
  }
}

export function freshKey(): Uint8Array {
  return randomBytes(KEY_BYTES);
}

/** Letters and digits: they mean nothing special anywhere. */
export function freshSecret(length: number): Uint8Array {
  const letters = Array.from({ length }, () => LETTERS[randomInt(LETTERS.length)]);
  return Buffer.from(letters.join(''));
}

export function read(path: string): Promise<Uint8Array | null> {
  return Promise.resolve().then(() => readKept(path));
}

function readKept(path: string): Uint8Array | null {
  try {
    return readRegular(path, MOST_SECRET);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw unusable('read', path, error);
  }
}

/** Whole or not at all. */
export async function keep(path: string, value: Uint8Array): Promise<void> {
  try {
    await makeFolder(dirname(path), MODES.private.folder);
    // A draft of it that a killed run leaves is hidden, and no secret's name begins with a dot.
    await replaceFile(path, value, { mode: MODES.private.file, flush: true });
  } catch (error) {
    throw unusable('write', path, error);
  }
}

export function unusable(what: 'read' | 'write', path: string, error: unknown): ProblemError {
  const words = error instanceof Error ? error.message : String(error);
  return new ProblemError(
    {
      code: 'state-unusable',
      message: `cannot ${what} ${path}: ${words}`,
      hint: 'run pets as the user who ran it before; PETS_STATE_DIR names another folder',
    },
    EXIT.unavailable,
  );
}
