import { constants } from 'node:os';
import type { Attach, Ends, TerminalEnd } from '../incus/client/attach.js';
import type { Taker } from '../incus/client/connections.js';
import { takerOf } from '../incus/client/taker.js';
import { EXIT } from '../domain/problem.js';
import type { Programs } from '../lib/program.js';
import type { Context } from './context.js';

/**
 * Runs a command of a guest on our own stdin, stdout and stderr, on a terminal where the first two are one: its exit
 * code. Signals that we get are passed on to it; a second one ends us.
 */
export type Foreground = (command: Remote, stdin: 'inherit' | 'ignore') => Promise<number>;

export type Remote = {
  readonly attach: Attach;
  readonly app: string;
  readonly command: readonly string[];
};

type Own = Pick<Context, 'env' | 'stdin' | 'stdout' | 'stderr' | 'draining'> & Pick<Programs, 'capture'>;
type TerminalStream = Context['stdout'] & { readonly columns?: number; readonly rows?: number };

const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const;

export function foregroundIn(own: Own): Foreground {
  return ({ attach, app, command }, stdin) =>
    own.draining(async (stop) => {
      const ends = endsOf(own, stdin, stop);
      try {
        return await attach(app, command, ends);
      } catch (error) {
        if (error instanceof GaveUp) return error.code;
        throw error;
      } finally {
        // What is left to read is not ours, and would keep us from ending.
        if (stdin === 'inherit') own.stdin().destroy();
      }
    });
}

/** Nobody is to be told why: it was a person, or whoever read our output. */
class GaveUp extends Error {
  readonly code: number;
  constructor(code: number) {
    super('given up');
    this.code = code;
  }
}

/** What a shell says of a program whose reader went away. */
const BROKEN_PIPE = 128 + constants.signals.SIGPIPE;

function endsOf(own: Own, input: 'inherit' | 'ignore', stop: AbortSignal): Ends {
  const giveUp = new AbortController();
  let isBegun = false;
  const onStop = () => {
    if (!isBegun) giveUp.abort(new GaveUp(stop.reason as number));
  };
  if (stop.aborted) onStop();
  else stop.addEventListener('abort', onStop, { once: true });
  const onError = ({ code }: NodeJS.ErrnoException) => {
    giveUp.abort(new GaveUp(code === 'EPIPE' ? BROKEN_PIPE : EXIT.failed));
  };
  for (const stream of [own.stdout, own.stderr]) stream.once('error', onError);
  const raw = input === 'inherit' && own.stdout.isTTY === true && own.stdin().isTTY ? rawMode(own) : null;
  const stdout = takerOf(own.stdout);
  return {
    stdin: input === 'inherit' ? own.stdin() : null,
    stdout: raw ? raw.after(stdout) : stdout,
    stderr: takerOf(own.stderr),
    term: own.env['TERM'],
    terminal: raw && terminalEnd(own.stdout),
    giveUp: giveUp.signal,
    onBegun: (signal) => {
      isBegun = true;
      const undo = [forwardSignals(signal), ...(raw ? [raw.enter()] : [])];
      return () => {
        for (const revert of undo) revert();
      };
    },
  };
}

function forwardSignals(signal: (number: number) => void): () => void {
  const forwarding = FORWARDED.map((name) => {
    const forward = () => {
      signal(constants.signals[name]);
    };
    process.on(name, forward);
    return () => process.off(name, forward);
  });
  return () => {
    for (const revert of forwarding) revert();
  };
}

function terminalEnd(stdout: TerminalStream): TerminalEnd {
  return {
    size: () => ({ columns: stdout.columns ?? 0, rows: stdout.rows ?? 0 }),
    onResize: (listener) => {
      stdout.on('resize', listener);
      return () => stdout.off('resize', listener);
    },
  };
}

type RawMode = {
  /** Returns what puts the terminal back; Node does where we end before. */
  readonly enter: () => () => void;
  /** Takes nothing before the terminal is ready for it. */
  readonly after: (take: Taker) => Taker;
};

/** Keys are bytes, and what the guest's own terminal has made of its output is shown as it is. */
function rawMode({ stdin, capture }: Own): RawMode {
  let ready: Promise<unknown> | null = null;
  return {
    enter: () => {
      stdin().setRawMode(true);
      // Node leaves it to the terminal to return at each new line. A terminal without stty shows most all the same.
      ready = capture(['stty', '-F', '/dev/tty', '-opost'], '/')
        .catch(() => undefined)
        .finally(() => {
          ready = null;
        });
      return () => {
        stdin().setRawMode(false);
      };
    },
    after: (take) => (piece) => (ready === null ? take(piece) : ready.then(() => take(piece) ?? undefined)),
  };
}
