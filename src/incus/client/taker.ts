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

/** The last of what is taken. */
export function tail(most: number): { readonly take: Taker; readonly text: () => string } {
  let kept = Buffer.alloc(0);
  return {
    take: (piece) => {
      kept = Buffer.concat([kept, piece]).subarray(-most);
      return null;
    },
    text: () => kept.toString(),
  };
}
