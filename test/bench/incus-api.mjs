/** The little of Incus' REST API that the bench speaks. */
import { request } from 'node:http';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { BenchError } from './run.mjs';

/** Where a daemon that the bench starts listens. */
export const daemonSocket = () => join(process.env.INCUS_DIR || '/var/lib/incus', 'unix.socket');

/** The places where the `incus` command looks, in its order. */
function socketCandidates() {
  if (process.env.INCUS_SOCKET) return [process.env.INCUS_SOCKET];
  if (process.env.INCUS_DIR) return [daemonSocket()];
  return ['/run/incus/unix.socket', '/var/lib/incus/unix.socket'];
}

/**
 * The socket of a daemon that answers.
 * @returns {Promise<string | undefined>}
 */
export async function findDaemon() {
  for (const socket of socketCandidates()) {
    if (existsSync(socket) && (await answers(socket))) return socket;
  }
  return undefined;
}

/**
 * @param {string} socket
 * @param {'/1.0' | '/internal/ready'} [path] a daemon answers on the first a while before it is ready
 * @returns {Promise<boolean>} also false for a socket file without a daemon, or one that we may not open
 */
export async function answers(socket, path = '/1.0') {
  try {
    await call(socket, 'GET', path);
    return true;
  } catch (error) {
    if (error instanceof BenchError) return false;
    throw error;
  }
}

/**
 * @param {string} socket
 * @param {string} method
 * @param {string} path
 * @param {unknown} [body]
 * @param {{ timeout?: number }} [options] ms without a byte
 * @returns {Promise<any>} the answer's metadata
 */
export function call(socket, method, path, body, { timeout = 20_000 } = {}) {
  const what = `${method} ${path} on ${socket}`;
  return new Promise((done, fail) => {
    const outgoing = request(
      { socketPath: socket, method, path, headers: { Host: 'incus' }, timeout },
      (incoming) => {
        let text = '';
        incoming.setEncoding('utf8').on('data', (chunk) => (text += chunk));
        incoming.on('error', (error) => fail(new BenchError(`incus: ${what}: ${error.message}`)));
        incoming.on('end', () => {
          try {
            const answer = JSON.parse(text);
            if (answer.type === 'error') fail(new BenchError(`incus refused ${what}: ${answer.error}`));
            else done(answer.metadata);
          } catch {
            fail(new BenchError(`incus: ${what} did not answer with JSON: ${text.slice(0, 200)}`));
          }
        });
      },
    );
    outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer within ${timeout / 1000} s`)));
    outgoing.on('error', (error) => fail(new BenchError(`incus: ${what}: ${error.message}`)));
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
