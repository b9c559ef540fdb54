import { IncusError, sender } from '../../src/incus/client/http.js';
import { isLost, unwrap, retryFor, RestClient } from '../../src/incus/client/operations.js';
import type { Ended } from '../support/process.js';
import { HANGS_MS, until } from '../support/wait.js';

export const SOCKET = process.env['INCUS_SOCKET'] ?? '/var/lib/incus/unix.socket';

/** How a command has ended. */
export type Result = Pick<Ended, 'code' | 'stdout' | 'stderr'>;

/** A daemon that may take its time, and hang up on who is late on a busy machine. */
export const restOf = (socket: string = SOCKET) => new RestClient(sender(socket, HANGS_MS));

/**
 * How a command in an instance ends, and all that it prints: the daemon itself records it. `incus exec` has to be with
 * the daemon within five seconds after it has asked, which on a busy machine it is not, and then nothing is run; and
 * what is printed gets lost now and then on its way out.
 */
export async function ran(
  instance: string,
  command: readonly string[],
  socket: string = SOCKET,
): Promise<Result> {
  const rest = restOf(socket);
  const body = { command, 'record-output': true, 'wait-for-websocket': false, interactive: false };
  const post = () => rest.write('POST', `/1.0/instances/${instance}/exec`, { body }, HANGS_MS);
  try {
    const { metadata } = await retryFor(post, isLost);
    const { return: code = null, output = {} } = (metadata ?? {}) as Recorded;
    return { code, stdout: await taken(output['1'], rest), stderr: await taken(output['2'], rest) };
  } catch (error) {
    if (!(error instanceof IncusError)) throw error;
    return { code: error.message === 'Command not found' ? 127 : 1, stdout: '', stderr: error.message };
  }
}

type Recorded = { readonly return?: number; readonly output?: Readonly<Record<string, string>> };

/** The daemon keeps it until somebody removes it. */
async function taken(path: string | undefined, rest: RestClient): Promise<string> {
  if (path === undefined) return '';
  const { status, body } = await rest.raw('GET', path);
  if (status !== 200) unwrap(body);
  await rest.raw('DELETE', path);
  return body;
}

/** What a command prints that must succeed. */
export async function told(
  instance: string,
  command: readonly string[],
  socket: string = SOCKET,
): Promise<string> {
  const { code, stdout, stderr } = await ran(instance, command, socket);
  if (code !== 0)
    throw new Error(`in ${instance}: ${command.join(' ')}: exit ${String(code)}\n${stdout}${stderr}`);
  return stdout.trim();
}

/** Its system is up, also when it has only just been started and nothing in it can be asked yet. */
export async function booted(instance: string, socket: string = SOCKET): Promise<void> {
  const isUp = async () => UP.includes((await ran(instance, ASK_STATE, socket)).stdout.trim());
  await until(isUp, { what: `${instance} does not come up` });
}

const UP = ['running', 'degraded'];
const ASK_STATE = ['/run/current-system/sw/bin/systemctl', 'is-system-running', '--wait'];

export const BOOT_ID = ['cat', '/proc/sys/kernel/random/boot_id'];
