import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { ReadEntry } from 'tar';
import { ProblemError } from '../domain/problem.js';
import { quote } from '../lib/format.js';
import type { Bytes } from '../lib/program.js';

/** By path what a file is: kind, rights, owner, size, time, where it leads, and a hash of what it holds. */
export type Contents = ReadonlyMap<string, string>;

/** What the daemon writes of the volume itself, its name among it. */
const INDEX = 'backup/index.yaml';

/** What an archive of a volume holds, read as it comes. Rejects where it breaks off or is none. */
export async function contentsOf(archive: Bytes): Promise<Contents> {
  // Needed by nobody else, and not small.
  const { Parser } = await import('tar');
  const contents = new Map<string, string>();
  const parser = new Parser({
    strict: true,
    onReadEntry: (entry) => {
      readEntry(entry, (path, is) => contents.set(path, is));
    },
  });
  const ended = new Promise<void>((resolve, reject) => {
    parser.on('end', resolve);
    parser.on('error', reject);
  });
  const unpacked = createGunzip();
  const parse = async () => {
    for await (const chunk of unpacked as AsyncIterable<Buffer>)
      if (!parser.write(chunk)) await Promise.race([once(parser, 'drain'), ended]);
    parser.end();
  };
  await Promise.all([pipeline(archive, unpacked), parse(), ended]).catch((error: unknown) => {
    throw isDamage(error) ? damaged(error) : error;
  });
  contents.delete(INDEX);
  return contents;
}

/** What zlib and tar say of what is no archive, or not all of one. */
function isDamage(error: unknown): error is NodeJS.ErrnoException {
  return /^(?:Z|TAR)_/.test((error as NodeJS.ErrnoException | null)?.code ?? '');
}

function damaged({ message }: Error): ProblemError {
  return new ProblemError({ code: 'backup-damaged', message: `an archive cannot be read: ${message}` });
}

function readEntry(entry: ReadEntry, found: (path: string, is: string) => void): void {
  const hash = createHash('sha256');
  entry.on('data', (piece) => hash.update(piece));
  entry.on('end', () => {
    const { path, type, mode, uid, gid, size, mtime, linkpath } = entry;
    const seconds = mtime === undefined ? null : Math.floor(mtime.getTime() / 1000);
    found(
      path,
      JSON.stringify([type, mode, uid, gid, size, seconds, linkpath ?? null, hash.digest('base64')]),
    );
  });
}

const MOST_NAMED = 3;

/** How what was restored differs from what was backed up, in words; null: not at all. */
export function differenceOf(backedUp: Contents, restored: Contents): string | null {
  const paths = new Set([...backedUp.keys(), ...restored.keys()]);
  const others = [...paths].filter((path) => backedUp.get(path) !== restored.get(path));
  if (others.length === 0) return null;
  const named = others.slice(0, MOST_NAMED).map((path) => {
    const words = restored.has(path) ? (backedUp.has(path) ? 'is another' : 'is new') : 'is missing';
    return `${quote(path)} ${words}`;
  });
  const more = others.length - named.length;
  return `${named.join(', ')}${more > 0 ? `, and ${more} more` : ''}`;
}
