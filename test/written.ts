import type { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';

/** All that was written to it. From Node 26 on a single `read()` gives no more than one piece. */
export function written(stream: PassThrough): Promise<string> {
  stream.end();
  return text(stream);
}
