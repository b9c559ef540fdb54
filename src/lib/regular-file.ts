import { closeSync, constants, fstatSync, openSync, readSync, statSync, type Stats } from 'node:fs';
import { formatSize } from './format.js';
import { isUtf8 } from 'node:buffer';
import { ProblemError, EXIT } from '../domain/problem.js';

/** Why a file is not read; `message` goes on after its name: `is a folder`. `size`: in bytes, of one that is too large. */
export class UnfitFile extends Error {
  readonly size: number | null;
  constructor(message: string, size: number | null = null) {
    super(message);
    this.size = size;
  }
}

/** Bytes that are read at a time. */
const CHUNK = 64 * 1024;

/**
 * What a regular file of at most `most` bytes holds. Anything else is an UnfitFile: a named pipe may never end, a
 * device neither, and while a call waits for one of them no signal is answered.
 */
export function readRegular(path: string, most: number): Buffer {
  return withRegular(path, (file, { size }) => {
    if (size > most) throw tooLarge(size, most);
    const chunks: Buffer[] = [];
    let read = 0;
    for (let chunk = readChunk(file); chunk.length > 0; chunk = readChunk(file)) {
      read += chunk.length;
      // It grows, or is one of /proc, which have no size.
      if (read > most) throw tooLarge(read, most);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  });
}

/** The lines of a regular file that `isWanted`, one after the other: the file may be larger than memory. */
export function linesOf(path: string, isWanted: (line: string) => boolean): readonly string[] {
  return withRegular(path, (file) => {
    const lines: string[] = [];
    let rest = '';
    const decoder = new TextDecoder();
    for (let chunk = readChunk(file); chunk.length > 0; chunk = readChunk(file)) {
      const [first = '', ...more] = decoder.decode(chunk, { stream: true }).split('\n');
      const last = more.pop();
      if (last === undefined) rest = kept(rest, first);
      else {
        lines.push(...[kept(rest, first), ...more].filter(isWanted));
        rest = last;
      }
    }
    return rest !== '' && isWanted(rest) ? [...lines, rest] : lines;
  });
}

/** Characters of a line that are kept: what is longer is none of pets' making. */
const LONGEST = 4 * 1024 * 1024;

function kept(rest: string, more: string): string {
  return rest.length > LONGEST ? rest : rest + more;
}

function withRegular<T>(path: string, use: (file: number, stats: Stats) => T): T {
  mustBeRegular(statSync(path));
  // Another file may stand there by now: to open a named pipe would wait for a writer.
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  try {
    const stats = fstatSync(file);
    mustBeRegular(stats);
    return use(file, stats);
  } finally {
    closeSync(file);
  }
}

function mustBeRegular(stats: Stats): void {
  if (!stats.isFile()) throw new UnfitFile(`is ${kindOf(stats)}, not a regular file`);
}

/** What stands there, in words. */
export function kindOf(stats: Pick<Stats, 'isDirectory' | 'isFIFO' | 'isSocket'>): string {
  if (stats.isDirectory()) return 'a folder';
  if (stats.isFIFO()) return 'a named pipe';
  return stats.isSocket() ? 'a socket' : 'a device';
}

function tooLarge(size: number, most: number): UnfitFile {
  return new UnfitFile(`has ${formatSize(size)}, and at most ${formatSize(most)} are read`, size);
}

function readChunk(file: number): Buffer {
  const chunk = Buffer.allocUnsafe(CHUNK);
  return chunk.subarray(0, readSync(file, chunk, 0, CHUNK, null));
}

/** The text of UTF-8 bytes, a byte order mark included; anything else is a ProblemError that says where. */
export function textFrom(bytes: Uint8Array, shown: string): string {
  const options = { fatal: true, ignoreBOM: true };
  if (isUtf8(bytes)) return new TextDecoder('utf-8', options).decode(bytes);
  const before = decodeUtf8(bytes.subarray(0, firstBad(bytes)));
  const lines = before.split('\n');
  const place = { file: shown, line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
  throw new ProblemError(
    { code: 'manifest-unreadable', message: 'not valid UTF-8', place, hint: 'save it as UTF-8' },
    EXIT.manifest,
  );
}

/** The index of the first byte that belongs to no character: where the longest good beginning ends. */
function firstBad(bytes: Uint8Array): number {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let end = 0;
  for (let at = 0; at < bytes.length; at++) {
    try {
      // Nothing comes out of it before a character is whole.
      if (decoder.decode(bytes.subarray(at, at + 1), { stream: true }) !== '') end = at + 1;
    } catch {
      return end;
    }
  }
  return end;
}

function decodeUtf8(bytes: Uint8Array): string {
  return new TextDecoder('utf-8').decode(bytes);
}
