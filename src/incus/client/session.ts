import { GUEST_PATH } from '../../domain/guest-path.js';
import { awaitCommand, exitCodeIn } from './commands.js';
import type { Connect, Connection, Taker } from './connections.js';
import type { Begun, RestClient } from './operations.js';
import { instanceUrl } from './own.js';

export type Size = { readonly columns: number; readonly rows: number };

/** A command, and what it prints goes to. */
export type Request = {
  readonly app: string;
  readonly command: readonly string[];
  /** The kind of terminal, for programs that ask. */
  readonly term: string | undefined;
  /** Of the terminal that it is to have: what it prints is one stream then. */
  readonly size: Size | null;
  readonly stdout: Taker;
  readonly stderr: Taker;
};

/** A command that has all its streams. */
export type Session = {
  readonly stdin: Connection;
  readonly outputs: readonly Connection[];
  /** Its exit code. */
  readonly exitCode: Promise<number>;
  readonly signal: (signal: number) => void;
  readonly resize: (size: Size) => void;
  readonly close: () => void;
};

export type Tools = { readonly rest: RestClient; readonly connect: Connect };

/** Begins a command; a NotBegun may be tried again. */
export async function beginSession(request: Request, tools: Tools): Promise<Session> {
  const { path, streams } = await beginCommand(request, tools);
  const [control, stdin, ...more] = streams;
  // The streams of a daemon that is gone are gone too: there is nothing to be patient for.
  const operation = tools.rest.wait(path, Infinity, 0);
  const exitCode = awaitCommand(operation).then(({ metadata }) => exitCodeIn(metadata));
  // Whoever does not wait for it is told by the streams.
  exitCode.catch(() => undefined);
  // The daemon reads from a terminal until we close it, and says nothing of how the command ended before.
  if (request.size !== null)
    stdin.ended.then(
      () => {
        stdin.close();
      },
      () => undefined,
    );
  const tell = (message: object) => void control.send(JSON.stringify(message)).catch(() => undefined);
  return {
    ...{ stdin, exitCode },
    outputs: request.size === null ? more : [stdin],
    signal: (signal) => {
      tell({ command: 'signal', signal });
    },
    resize: ({ columns, rows }) => {
      tell({ command: 'window-resize', args: { width: String(columns), height: String(rows) } });
    },
    close: () => {
      for (const stream of [stdin, ...more, control]) stream.close();
    },
  };
}

/** A command with its streams, and the path of its operation; nobody waits for that yet. */
export async function beginCommand(
  request: Request,
  { rest, connect }: Tools,
): Promise<{ readonly path: string; readonly streams: All }> {
  const begun = await rest.begin('POST', instanceUrl(request.app, '/exec'), { body: bodyOf(request) });
  return { path: begun.operation, streams: await connectAll(request, begun, connect) };
}

function bodyOf({ command, term, size }: Request): object {
  return {
    command,
    environment: { PATH: GUEST_PATH, ...(term !== undefined && { TERM: term }) },
    'record-output': false,
    'wait-for-websocket': true,
    interactive: size !== null,
    ...(size && { width: size.columns, height: size.rows }),
  };
}

type All = readonly [control: Connection, stdin: Connection, ...more: readonly Connection[]];

/** The command begins with the last of those that it needs, which is its stdin: what fails before has begun nothing. */
async function connectAll(request: Request, { operation, metadata }: Begun, connect: Connect): Promise<All> {
  const secrets = (metadata['fds'] ?? {}) as Readonly<Record<string, string>>;
  const open = (fd: string, take: Taker) =>
    connect(`${operation}/websocket?secret=${encodeURIComponent(secrets[fd] ?? '')}`, take);
  const isTerminal = request.size !== null;
  const first = [
    open('control', ignore),
    ...(isTerminal ? [] : [open('1', request.stdout), open('2', request.stderr)]),
  ];
  try {
    const [control, ...more] = (await Promise.all(first)) as [Connection, ...Connection[]];
    return [control, await open('0', isTerminal ? request.stdout : ignore), ...more];
  } catch (error) {
    for (const stream of await Promise.allSettled(first))
      if (stream.status === 'fulfilled') stream.value.close();
    throw error;
  }
}

const ignore: Taker = () => null;
