import { EXIT, ProblemError } from '../domain/problem.js';
import { formatSize } from '../lib/format.js';

const NAMES: ReadonlySet<string> = new Set(['-', '/dev/stdin', '/dev/fd/0', '/proc/self/fd/0']);

/** Whether a file that was named stands for standard input. */
export function isStandardInput(file: string): boolean {
  return NAMES.has(file);
}

/** It can be read once, and a manifest is read again under the lock. */
const read = new WeakMap<object, Promise<Buffer>>();

/** All of standard input, which may be `most` bytes. */
export function standardInput(stdin: AsyncIterable<unknown> & object, most: number): Promise<Buffer> {
  const first = read.get(stdin) ?? readAll(stdin, most);
  read.set(stdin, first);
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
