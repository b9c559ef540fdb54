import { ConnectionLost } from './http.js';
import { withErrorContext } from './attempt.js';
import { NotBegun } from './connections.js';
import { Input } from './input.js';
import { retryFor } from './operations.js';
import { beginSession, type Request, type Session, type Size, type Tools } from './session.js';

/** What a command that runs in a guest is connected to here. */
export type Ends = Omit<Request, 'app' | 'command' | 'size'> & {
  /** Null: there is nothing to read. */
  readonly stdin: AsyncIterable<Uint8Array> | null;
  /** The terminal that stdin and stdout are; null where they are none. */
  readonly terminal: TerminalEnd | null;
  /** Called when the command has its streams, and at each further try; undone when it has ended. */
  readonly onBegun: (signal: Session['signal']) => () => void;
  /** Its reason is why the command is not waited for any longer; it is killed then. */
  readonly giveUp: AbortSignal;
};

export type TerminalEnd = {
  readonly size: () => Size;
  readonly onResize: (listener: () => void) => () => void;
};

/** Runs a command in a guest: its exit code. */
export type Attach = (app: string, command: readonly string[], ends: Ends) => Promise<number>;

const KILL = 9;

export function attachOver(tools: Tools): Attach {
  return (app, command, ends) => {
    const input = new Input(ends.stdin ?? nothing());
    // A busy machine may take longer to connect the streams than the daemon waits for them.
    const isPassing = (error: unknown) => error instanceof NotBegun && !input.hasSent && !ends.giveUp.aborted;
    return withErrorContext(`running ${command[0] ?? ''} in \`${app}\``, () =>
      retryFor(async () => {
        ends.giveUp.throwIfAborted();
        const size = ends.terminal?.size() ?? null;
        return converse(
          await unlessGivenUp(beginSession({ ...ends, app, command, size }, tools), ends.giveUp),
          input,
          ends,
        );
      }, isPassing),
    );
  };
}

/** The streams of a command, until it has ended and all that it printed is taken. */
async function converse(session: Session, input: Input, ends: Ends): Promise<number> {
  const { terminal, giveUp } = ends;
  const over = new AbortController();
  const undo = [ends.onBegun(session.signal), ...(terminal ? [followSize(session, terminal)] : [])];
  // A command that ends need not have read all that there was for it.
  input.sendTo(session.stdin, over.signal).catch(() => undefined);
  const outputs = Promise.all(session.outputs.map(({ ended }) => ended));
  try {
    const [exitCode] = await Promise.race([
      Promise.all([session.exitCode, outputs]),
      abortOf(giveUp, over.signal),
    ]);
    return exitCode;
  } catch (error) {
    session.signal(KILL);
    throw await causeOf(error, session);
  } finally {
    over.abort();
    for (const revert of undo) revert();
    session.close();
  }
}

function followSize(session: Session, { size, onResize }: TerminalEnd): () => void {
  const send = () => {
    session.resize(size());
  };
  const stop = onResize(send);
  // It may have changed since the command was begun.
  send();
  return stop;
}

/** What the daemon says of a command may come a moment after its streams have broken off. */
const VERDICT_MS = 1000;

/** Streams that broke off are those of a command that was not begun, or of a daemon that is gone. */
async function causeOf(error: unknown, { exitCode }: Session): Promise<unknown> {
  if (!(error instanceof ConnectionLost)) return error;
  const late = new Promise<unknown>((resolve) => setTimeout(resolve, VERDICT_MS, error).unref());
  return Promise.race([
    exitCode.then(
      () => error,
      (why: unknown) => why,
    ),
    late,
  ]);
}

/** `session` is closed should it come too late. */
async function unlessGivenUp(session: Promise<Session>, giveUp: AbortSignal): Promise<Session> {
  const over = new AbortController();
  try {
    return await Promise.race([session, abortOf(giveUp, over.signal)]);
  } catch (error) {
    session.then(
      ({ close }) => {
        close();
      },
      () => undefined,
    );
    throw error;
  } finally {
    over.abort();
  }
}

/** Rejects with the reason of `signal`; `over`: nobody waits any longer. */
function abortOf(signal: AbortSignal, over: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const fail = () => {
      reject(signal.reason as Error);
    };
    if (signal.aborted) fail();
    else signal.addEventListener('abort', fail, { once: true, signal: over });
  });
}

async function* nothing(): AsyncGenerator<Uint8Array> {
  // There is nothing to read.
}
