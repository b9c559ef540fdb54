import { createConnection } from 'node:net';
import { reachable } from '../domain/binding.js';
import type { Listen } from '../domain/binding.js';
import { Heads, type Exchange } from './http.js';

/** Why there is no connection, in words. `isRefused`: nothing listens. */
export type Unreached = { readonly why: string; readonly isRefused: boolean };

/** One exchange, on the host. */
export function exchangeThrough(
  { address, port }: Listen,
  request: string,
  limitMs: number,
): Promise<Exchange | Unreached> {
  const heads = new Heads();
  return new Promise((resolve) => {
    const socket = createConnection({ host: reachable(address), port });
    const end = (how: Exchange | Unreached) => {
      clearTimeout(limit);
      resolve(how);
      socket.destroy();
    };
    const limit = setTimeout(() => {
      end(heads.exchange('late'));
    }, limitMs);
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => {
      if (heads.add(text)) end(heads.exchange('closed'));
    });
    socket.on('close', () => {
      end(heads.exchange('closed'));
    });
    socket.on('error', ({ code, message }: NodeJS.ErrnoException) => {
      if (code === 'ECONNREFUSED') end({ why: 'connection refused', isRefused: true });
      else if (code !== 'ECONNRESET' && code !== 'EPIPE') end({ why: message, isRefused: false });
    });
    socket.write(request, 'latin1');
  });
}
