import { request } from 'node:http';
import { reachable } from '../listen.js';
import type { Listen } from '../model.js';

/** One GET on the host: the status code, or why there is none, in words. */
export function getThrough(
  { address, port }: Listen,
  path: string,
  limitMs: number,
): Promise<number | string> {
  const signal = AbortSignal.timeout(limitMs);
  const headers = { 'user-agent': 'pets', connection: 'close' };
  return new Promise((resolve) => {
    const asked = request({ host: reachable(address), port, path, headers, signal }, (answer) => {
      resolve(answer.statusCode ?? 'an answer without a status');
      answer.destroy();
    });
    asked.on('error', (error: NodeJS.ErrnoException) => {
      resolve(signal.aborted ? 'no answer in time' : (WORDS[error.code ?? ''] ?? error.message));
    });
    asked.end();
  });
}

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'the connection is closed without an answer',
};
