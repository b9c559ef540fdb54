/** The little of Incus' REST API that the bench speaks. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { sender } from '../../src/incus/client/http.js';
import { until } from '../support/wait.js';
import { BenchError, wordsOf } from './run.js';

const given = (key: string) => process.env[key] ?? '';

/** Where a daemon that the bench starts listens. */
export const daemonSocket = () => join(given('INCUS_DIR') || '/var/lib/incus', 'unix.socket');

/** The places where the `incus` command looks, in its order. */
function socketCandidates(): string[] {
  if (given('INCUS_SOCKET') !== '') return [given('INCUS_SOCKET')];
  if (given('INCUS_DIR') !== '') return [daemonSocket()];
  return ['/run/incus/unix.socket', '/var/lib/incus/unix.socket'];
}

/** The socket of a daemon that answers. */
export async function findDaemon(): Promise<string | undefined> {
  for (const socket of socketCandidates()) {
    if (existsSync(socket) && (await answers(socket))) return socket;
  }
  return undefined;
}

/**
 * False also for a socket file without a daemon, and for one that we may not open. `path`: a daemon answers on the
 * first a while before it is ready.
 */
export async function answers(socket: string, path: '/1.0' | '/internal/ready' = '/1.0'): Promise<boolean> {
  try {
    await call(socket, 'GET', path);
    return true;
  } catch (error) {
    if (error instanceof BenchError) return false;
    throw error;
  }
}

/** Waits for a daemon that was just started. `whyNot`: why it will never be ready, once that is known. */
export async function untilReady(socket: string, whyNot: () => string | null = () => null): Promise<void> {
  const isReady = async () => existsSync(socket) && (await answers(socket, '/internal/ready'));
  const what = `${socket} does not answer after ${START_MS / 1000} s`;
  await until(async () => whyNot() ?? (await isReady()), { what, withinMs: START_MS });
  const why = whyNot();
  if (why !== null) throw new Error(why);
}

const START_MS = 60_000;

/** The answer's metadata. `silenceMs`: without a byte. */
export async function call(
  socket: string,
  method: string,
  path: string,
  body?: unknown,
  silenceMs = 20_000,
): Promise<unknown> {
  const what = `${method} ${path} on ${socket}`;
  const reply = await sender(socket, silenceMs)(method, path, { body }).catch((error: unknown) => {
    throw new BenchError(`incus: ${what}: ${wordsOf(error)}`);
  });
  const answer = parsed(reply.body);
  if (answer === null)
    throw new BenchError(`incus: ${what} did not answer with JSON: ${reply.body.slice(0, 200)}`);
  if (answer.type === 'error') throw new BenchError(`incus refused ${what}: ${answer.error ?? ''}`);
  return answer.metadata;
}

/** What there is of a kind. The daemon says null where it means an empty list. */
export async function listed<Kind extends keyof Listed>(
  socket: string,
  kind: Kind,
): Promise<readonly Listed[Kind][]> {
  const found = await call(socket, 'GET', `/1.0/${kind}?recursion=1`);
  return (found ?? []) as readonly Listed[Kind][];
}

/** What the bench reads of each kind of thing. */
export type Listed = {
  readonly images: {
    readonly fingerprint: string;
    readonly properties: Readonly<Record<string, string>>;
    readonly aliases: readonly { readonly name: string }[];
  };
  readonly instances: { readonly name: string };
  readonly networks: { readonly name: string; readonly managed: boolean };
  readonly 'storage-pools': { readonly name: string };
  readonly [volumes: `storage-pools/${string}/volumes/custom`]: {
    readonly name: string;
    readonly config: Readonly<Record<string, string>>;
  };
};

type Answer = { readonly type?: string; readonly error?: string; readonly metadata?: unknown };

function parsed(body: string): Answer | null {
  try {
    return JSON.parse(body) as Answer;
  } catch {
    return null;
  }
}
