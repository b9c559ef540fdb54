import { randomUUID } from 'node:crypto';
import { GUEST_PATH } from '../../domain/guest-path.js';
import type { GuestResult } from '../../domain/services.js';
import { NotBegun } from './connections.js';
import { ConnectionLost, IncusError } from './http.js';
import { type Begun, type OperationResult, type RestClient } from './operations.js';
import { instanceUrl } from './own.js';
import type { Dial, Stream } from './streams.js';

/** Incus' signal for a command, on its control stream. */
const KILL = JSON.stringify({ command: 'signal', signal: 9 });
const STREAMS = ['control', '0', '1', '2'] as const;

/**
 * Runs a command and reads what it prints as it comes: nothing of it is kept by the daemon, and it is ended with us, by
 * the daemon when the control stream breaks.
 */
export async function query(
  name: string,
  command: readonly string[],
  { rest, dial, deadline }: { readonly rest: RestClient; readonly dial: Dial; readonly deadline: number },
): Promise<GuestResult> {
  const begun = await rest.begin('POST', instanceUrl(name, '/exec'), {
    body: { ...bodyOf(command), 'wait-for-websocket': true },
  });
  const [control, stdin, stdout, stderr] = await dialStreams(begun, dial);
  try {
    stdin.end();
    const operation = awaitCommand(rest.wait(begun.operation, deadline - Date.now()));
    const [out, err, { metadata }] = await Promise.all([
      untilLate(operation, stdout.output),
      untilLate(operation, stderr.output),
      operation,
    ]);
    return { exitCode: exitCodeIn(metadata), stdout: out, stderr: err };
  } catch (error) {
    control.send(KILL);
    throw error;
  } finally {
    for (const stream of [stdin, stdout, stderr, control]) stream.close();
  }
}

/** What is on its way when the daemon says that a command has ended takes no longer than this, however busy the machine. */
const REST_MS = 30_000;

/** A stream of which nobody says that it has ended, though its command has, is lost. */
async function untilLate<T>(operation: Promise<unknown>, output: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let isOver = false;
  const late = new Promise<never>((_, reject) => {
    const begin = () => {
      if (isOver) return;
      timer = setTimeout(() => {
        reject(new ConnectionLost('the output of a command in the guest did not end'));
      }, REST_MS);
    };
    // One that failed is told by itself.
    operation.then(begin, () => undefined);
  });
  try {
    return await Promise.race([output, late]);
  } finally {
    isOver = true;
    clearTimeout(timer);
  }
}

type Four = readonly [control: Stream, stdin: Stream, stdout: Stream, stderr: Stream];

/** The command begins once all are there. */
async function dialStreams({ operation, metadata }: Begun, dial: Dial): Promise<Four> {
  const secrets = (metadata['fds'] ?? {}) as Readonly<Record<string, string>>;
  const dialling = STREAMS.map((fd) =>
    dial(`${operation}/websocket?secret=${encodeURIComponent(secrets[fd] ?? '')}`),
  );
  try {
    return (await Promise.all(dialling)) as unknown as Four;
  } catch (error) {
    for (const stream of await Promise.allSettled(dialling))
      if (stream.status === 'fulfilled') stream.value.close();
    throw error;
  }
}

const KEPT_BYTES = 1024 * 1024;
const READ_MS = 15_000;
/** Where the first argument cannot be written there is nothing to read. */
const INTO_FILE = `umask 077; if true >"$0"; then exec "$@" >"$0" 2>&1; else exec "$@"; fi`;
const READ = `tail -c ${KEPT_BYTES} -- "$0"; rm -f -- "$0"`;

/** Asks the same guest something, until a time as `Date.now()` counts. */
type Read = (command: readonly string[], deadline: number) => Promise<GuestResult>;

/**
 * Runs a command that goes on to its end whatever becomes of us, so it writes to a file of the guest: a pipe would break
 * with us, and what the daemon records fills the host's disk as long as the guest likes. `output`: its last MiB.
 */
export async function act(
  name: string,
  command: readonly string[],
  { rest, read, deadline }: { readonly rest: RestClient; readonly read: Read; readonly deadline: number },
): Promise<{ readonly exitCode: number; readonly output: string }> {
  const file = `/run/pets-${randomUUID()}`;
  const body = bodyOf(['/bin/sh', '-c', INTO_FILE, file, ...command]);
  const { metadata } = await awaitCommand(
    rest.write('POST', instanceUrl(name, '/exec'), { body }, deadline - Date.now()),
  );
  const exitCode = exitCodeIn(metadata);
  const question = ['/bin/sh', '-c', READ, file];
  const { stdout } = await read(question, Date.now() + READ_MS).catch((error: unknown) => {
    // Of what went well there is nothing that must be known: a guest may go down by now.
    if (exitCode === 0) return { stdout: '' };
    throw error;
  });
  return { exitCode, output: stdout };
}

function bodyOf(command: readonly string[]): object {
  return {
    command,
    environment: { PATH: GUEST_PATH },
    'record-output': false,
    'wait-for-websocket': false,
    interactive: false,
  };
}

const NOT_RUN: Readonly<Record<string, number | undefined>> = {
  'Command not found': 127,
  'Command not executable': 126,
};

/**
 * The daemon reports a missing program as a failed operation; to a caller it is what a shell would say. One that has
 * waited too long for its streams has begun nothing.
 */
export async function awaitCommand(operation: Promise<OperationResult>): Promise<OperationResult> {
  try {
    return await operation;
  } catch (error) {
    if (!(error instanceof IncusError)) throw error;
    const code = NOT_RUN[error.message];
    if (code !== undefined) return { metadata: { return: code } };
    if (/timed out waiting for websockets/i.test(error.message)) throw new NotBegun(error.message);
    throw error;
  }
}

/** Of a command whose end nobody knows it is run again, as after a lost connection. */
export function exitCodeIn(metadata: OperationResult['metadata']): number {
  const code = metadata?.['return'];
  if (typeof code === 'number') return code;
  throw new ConnectionLost('the daemon does not say how the command ended');
}
