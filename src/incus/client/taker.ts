import { once } from 'node:events';
import type { Writable } from 'node:stream';
import type { Taker } from './connections.js';

/** Writes to a stream, no faster than it is read. */
export function takerOf(stream: Pick<Writable, 'write'> & NodeJS.EventEmitter): Taker {
  return (piece) => (stream.write(piece) ? null : drained(stream));
}

async function drained(stream: NodeJS.EventEmitter): Promise<void> {
  await once(stream, 'drain');
}
