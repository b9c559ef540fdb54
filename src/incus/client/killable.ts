import { endsWithin } from '../../lib/wait.js';
import type { Attach, Ends } from './attach.js';

/** How long a command may take to end that was killed: its guest may be frozen. */
const KILLED_MS = 5000;
const KILL = 9;

/** A command in a guest, what it reads, and where what it prints goes. */
export type Remote = Pick<Ends, 'stdin' | 'stdout' | 'stderr'> & {
  readonly app: string;
  readonly command: readonly string[];
};

/**
 * Runs a command: its exit code. It is killed when `end` says so, and its streams stay until it has ended: it must not
 * take what has broken off for the whole. One that does not end of it is left, with the reason of `end`.
 */
export async function attachUntil(
  end: AbortSignal,
  attach: Attach,
  { app, command, ...streams }: Remote,
): Promise<number> {
  const giveUp = new AbortController();
  let kill: ((signal: number) => void) | null = null;
  const running = attach(app, command, {
    ...streams,
    ...{ terminal: null, term: undefined, giveUp: giveUp.signal },
    onBegun: (signal) => {
      kill = signal;
      return () => {
        kill = null;
      };
    },
  });
  const onEnd = () => {
    const abandon = () => {
      giveUp.abort(end.reason);
    };
    kill?.(KILL);
    if (kill === null) abandon();
    else void endsWithin(running, KILLED_MS).then(abandon);
  };
  if (end.aborted) onEnd();
  else end.addEventListener('abort', onEnd, { once: true });
  try {
    return await running;
  } finally {
    end.removeEventListener('abort', onEnd);
  }
}
