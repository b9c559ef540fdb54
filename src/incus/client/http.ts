import { existsSync } from 'node:fs';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { EXIT, ProblemError } from '../../domain/problem.js';

/** Where `incus` itself looks for the daemon's socket, in its order. */
export function socketPath(env: Readonly<Record<string, string | undefined>>): string {
  if (env['INCUS_SOCKET']) return env['INCUS_SOCKET'];
  if (env['INCUS_DIR']) return join(env['INCUS_DIR'], 'unix.socket');
  return existsSync('/run/incus/unix.socket') ? '/run/incus/unix.socket' : '/var/lib/incus/unix.socket';
}

/** An error that the daemon answered, or that an operation of its ended with. `code` is HTTP's. */
export class IncusError extends Error {
  readonly code: number;
  constructor(message: string, code: number) {
    super(message);
    this.name = 'IncusError';
    this.code = code;
  }
}

/** `body`: at most what Incus answers; lists of thousands of instances are a few MB. */
export type Reply = {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
};
export type RequestOptions = {
  readonly body?: unknown;
  /** In place of `body`: sent as it is. */
  readonly content?: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  readonly etag?: string;
  /** How long the daemon may take to answer. */
  readonly silenceMs?: number;
  /** How long the answer may be; a longer one is broken off. */
  readonly mostBytes?: number;
  /** `latin1` where its bytes are no text: each is one character. */
  readonly encoding?: 'utf8' | 'latin1';
};

/** Longer than anything the daemon does while a request stays open: proxies of one instance, 1 to 6 s each. */
export const SILENCE_MS = 120_000;

/** Far longer than a list of thousands of instances. What comes out of a guest may have any length. */
const ANSWER_BYTES = 256 * 1024 * 1024;

/**
 * One HTTP request over the socket. Rejects with a ProblemError when there is no daemon to talk to, with
 * ConnectionLost when there was one a moment ago.
 */
export type Send = (method: string, path: string, options?: RequestOptions) => Promise<Reply>;

/**
 * Of every request: else Node looks whether the Host header is an IP address, which says nothing where the daemon is
 * behind a socket, and compiles a regular expression for it that takes longer than the request.
 */
export const SERVER = { servername: '' };

/** Sockets on which a daemon has answered this process. */
const answered = new Set<string>();

/** `silenceMs`: for tests. */
export function sender(socket: string, silenceMs = SILENCE_MS): Send {
  const request = requester(socket, silenceMs);
  return async (method, path, options) => {
    const reply = await request(method, path, options).catch((error: unknown) => {
      // It was there: it is being restarted.
      throw answered.has(socket) && error instanceof NoDaemon ? new ConnectionLost(error.message) : error;
    });
    answered.add(socket);
    if (isLeaving(reply.status, reply.body)) throw new ConnectionLost('the Incus daemon is shutting down');
    return reply;
  };
}

/** What a daemon says that is asked to do something, or that was at something, while it ends. */
export function isLeaving(code: number, words: string): boolean {
  return code === 503 || (code === 500 && words.includes('sql: database is closed'));
}

function requester(socket: string, silence: number): Send {
  return (method, path, options = {}) =>
    new Promise((resolve, reject) => {
      const { body, content, headers: more, etag, silenceMs = silence } = options;
      const { mostBytes = ANSWER_BYTES, encoding } = options;
      const payload = content ?? (body === undefined ? undefined : Buffer.from(JSON.stringify(body)));
      // The daemon looks into what has no type, and then there is nothing left of it to write into a file.
      const type = content === undefined ? 'application/json' : 'application/octet-stream';
      const headers = {
        Host: 'incus',
        ...(payload === undefined ? {} : { 'Content-Type': type, 'Content-Length': payload.byteLength }),
        ...(etag === undefined ? {} : { 'If-Match': etag }),
        ...more,
      };
      const req = httpRequest({ ...SERVER, socketPath: socket, method, path, headers }, (res) => {
        const chunks: Buffer[] = [];
        let left = mostBytes;
        res.on('data', (chunk: Buffer) => {
          left -= chunk.byteLength;
          if (left >= 0) chunks.push(chunk);
          else {
            reject(new IncusError(`it is larger than ${mostBytes} bytes`, 413));
            req.destroy();
          }
        });
        res.on('error', (error) => {
          reject(lost(error, socket));
        });
        res.on('end', () => {
          resolve({
            status: res.statusCode ?? 0,
            headers: res.headers,
            body: Buffer.concat(chunks).toString(encoding),
          });
        });
      });
      req.on('error', (error) => {
        reject(error instanceof IncusError ? error : lost(error, socket));
      });
      req.setTimeout(silenceMs, () => {
        req.destroy(new IncusError(`no answer within ${silenceMs / 1000} s`, 504));
      });
      req.end(payload);
    });
}

/** The connection broke although the daemon was there: it may have acted on the request or not. */
export class ConnectionLost extends Error {}

class NoDaemon extends ProblemError {}

export function lost(error: NodeJS.ErrnoException, socket: string): Error {
  if (error.code === 'EACCES' || error.code === 'EPERM') {
    return new ProblemError(
      {
        code: 'daemon-denied',
        data: { socket },
        message: `no permission to use the Incus socket ${socket}`,
        hint: 'add yourself to the group that owns it (`incus-admin`) and log in again, or use sudo',
      },
      EXIT.unavailable,
    );
  }
  if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED') {
    return new NoDaemon(
      {
        code: 'daemon-unreachable',
        data: { socket },
        message: `no Incus daemon answers on ${socket} (${error.code})`,
        hint: 'start it (`systemctl start incus`), or set INCUS_SOCKET to where it listens',
      },
      EXIT.unavailable,
    );
  }
  return new ConnectionLost(`the connection to Incus broke: ${error.message}`);
}
