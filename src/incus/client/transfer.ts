import { request, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { Bytes } from '../../lib/program.js';
import { IncusError, lost, SERVER, SILENCE_MS } from './http.js';
import { unwrap } from './operations.js';

/** What is too large to be held: a body as it comes, or as it goes. */
export type Transfer = {
  /** Rejects for whatever the daemon answers but the file. */
  readonly download: (path: string) => Promise<Bytes>;
  /** The same for an answer that the daemon makes as it goes: one that fails midway breaks the connection off. */
  readonly stream: (path: string, body: object) => Promise<Bytes>;
  /** The daemon's answer. */
  readonly upload: (path: string, headers: OutgoingHttpHeaders, body: Bytes) => Promise<string>;
};

export function transferOver(socket: string): Transfer {
  const begin = (method: string, path: string, headers: OutgoingHttpHeaders) => {
    const req = request({
      ...SERVER,
      socketPath: socket,
      method,
      path,
      headers: { Host: 'incus', ...headers },
    });
    req.setTimeout(SILENCE_MS, () => {
      req.destroy(new IncusError(`nothing went over for ${SILENCE_MS / 1000} s`, 504));
    });
    const answer = new Promise<IncomingMessage>((resolve, reject) => {
      req.once('response', resolve);
      req.on('error', (error) => {
        reject(error instanceof IncusError ? error : lost(error, socket));
      });
    });
    return { req, answer };
  };
  return {
    download: async (path) => {
      const { req, answer } = begin('GET', path, {});
      req.end();
      return fileIn(await answer);
    },

    stream: async (path, body) => {
      const headers = { Accept: 'application/octet-stream', 'Content-Type': 'application/json' };
      const { req, answer } = begin('POST', path, headers);
      req.end(JSON.stringify(body));
      return fileIn(await answer);
    },

    upload: async (path, headers, body) => {
      const { req, answer } = begin('POST', path, headers);
      // A daemon that refuses answers before it has read everything: its answer says more than the broken pipe.
      const [reply] = await Promise.all([
        answer,
        pipeline(body, req).catch(async (error: unknown) => {
          req.destroy();
          if (!(await answer.then(isError, () => false))) throw error;
        }),
      ]);
      return textOf(reply);
    },
  };
}

async function fileIn(reply: IncomingMessage): Promise<Bytes> {
  if (reply.statusCode === 200) return reply;
  unwrap(await textOf(reply));
  throw new IncusError(`the daemon answered ${reply.statusCode ?? 'nothing'}`, reply.statusCode ?? 500);
}

function isError({ statusCode = 500 }: IncomingMessage): boolean {
  return statusCode >= 400;
}

async function textOf(reply: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of reply) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
