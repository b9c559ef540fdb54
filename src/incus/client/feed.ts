import { TimeoutProblem } from '../../domain/problem.js';
import type { Incus } from '../../domain/services.js';
import type { Bytes } from '../../lib/program.js';
import type { Attach } from './attach.js';
import { withErrorContext } from './attempt.js';
import { attachUntil } from './killable.js';
import type { ManagedInstances } from './own.js';
import { tail } from './taker.js';

/** What is kept of a command's errors. */
const ERROR_BYTES = 64 * 1024;

/** Runs commands that read a stream. */
export function feedOf(own: ManagedInstances, attach: Attach): Pick<Incus, 'feed'> {
  return {
    feed: async (app, command, input, idleMs) => {
      const what = `running ${command[0] ?? ''} in \`${app}\``;
      await withErrorContext(what, () => own.get(app));
      const failure = new AbortController();
      const idle = setTimeout(() => {
        failure.abort(standstill(what, command, idleMs));
      }, idleMs);
      const errors = tail(ERROR_BYTES);
      const streams = {
        stdin: watch(input, () => idle.refresh(), failure),
        stdout: () => null,
        stderr: errors.take,
      };
      try {
        const exitCode = await attachUntil(failure.signal, attach, { app, command, ...streams });
        failure.signal.throwIfAborted();
        return { exitCode, stderr: errors.text() };
      } finally {
        clearTimeout(idle);
      }
    },
  };
}

/** `onPiece`: called when there is a piece, and when it has gone over. A stream that fails has no end. */
async function* watch(input: Bytes, onPiece: () => void, failure: AbortController): Bytes {
  try {
    for await (const piece of input) {
      onPiece();
      yield piece;
      onPiece();
    }
  } catch (error) {
    failure.abort(error);
    await new Promise<never>(() => undefined);
  }
}

function standstill(what: string, [program = '']: readonly string[], idleMs: number): TimeoutProblem {
  const message = `${what}: nothing went over for ${Math.round(idleMs / 1000)} s`;
  return new TimeoutProblem('program-timeout', message, { program });
}
