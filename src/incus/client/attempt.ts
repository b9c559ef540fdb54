import { retry } from '../../lib/wait.js';
import { ProblemError, TimeoutProblem } from '../../domain/problem.js';
import { ConnectionLost, IncusError } from './http.js';
import { isLost, OperationTimeout, patiently } from './operations.js';
import { TooMuchOutput } from './streams.js';

const ATTEMPTS = 6;

/**
 * A write: again when somebody else wrote between its read and its write, or when the connection broke or the
 * daemon is being restarted. So `attempt` reads first and does only what is left to do.
 */
export function write<T>(what: string, attempt: () => Promise<T>): Promise<T> {
  return said(what, () => patiently(() => undisturbed(attempt), isLost));
}

function undisturbed<T>(attempt: () => Promise<T>): Promise<T> {
  const isChanged = (error: unknown) => error instanceof IncusError && error.code === 412;
  return retry(attempt, isChanged, { attempts: ATTEMPTS });
}

/** Puts what was tried in front of the daemon's words. */
export async function said<T>(what: string, attempt: () => Promise<T>): Promise<T> {
  try {
    return await attempt();
  } catch (error) {
    if (error instanceof OperationTimeout) throw new TimeoutProblem(`${what}: ${error.message}`);
    if ([IncusError, ConnectionLost, TooMuchOutput].some((kind) => error instanceof kind)) {
      throw new ProblemError({ message: `${what}: ${(error as Error).message}` });
    }
    throw error;
  }
}
