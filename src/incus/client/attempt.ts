import { retry } from '../../lib/wait.js';
import { ProblemError, TimeoutProblem } from '../../domain/problem.js';
import { ConnectionLost, IncusError } from './http.js';
import { isLost, OperationTimeout, retryFor } from './operations.js';
import { TooMuchOutput } from './streams.js';

const ATTEMPTS = 6;

/**
 * A write: again when somebody else wrote between its read and its write, or when the connection broke or the
 * daemon is being restarted. So `attempt` reads first and does only what is left to do.
 */
export function idempotent<T>(what: string, attempt: () => Promise<T>): Promise<T> {
  return withErrorContext(what, () => retryFor(() => retryOnConflict(attempt), isLost));
}

function retryOnConflict<T>(attempt: () => Promise<T>): Promise<T> {
  const isChanged = (error: unknown) => error instanceof IncusError && error.code === 412;
  return retry(attempt, isChanged, { attempts: ATTEMPTS });
}

/** Puts what was tried in front of the daemon's words. */
export async function withErrorContext<T>(what: string, attempt: () => Promise<T>): Promise<T> {
  try {
    return await attempt();
  } catch (error) {
    if (error instanceof OperationTimeout)
      throw new TimeoutProblem('operation-timeout', `${what}: ${error.message}`);
    throw problemIn(error, what) ?? error;
  }
}

function problemIn(error: unknown, what: string): ProblemError | null {
  if (error instanceof IncusError) {
    const message = `${what}: ${error.message}`;
    return new ProblemError({ code: 'daemon-refused', message, data: { status: error.code } });
  }
  if (error instanceof ConnectionLost)
    return new ProblemError({ code: 'daemon-lost', message: `${what}: ${error.message}` });
  if (error instanceof TooMuchOutput)
    return new ProblemError({ code: 'guest-output', message: `${what}: ${error.message}` });
  return null;
}
