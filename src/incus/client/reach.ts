import { IncusError } from './http.js';
import { OperationTimeout, retryFor } from './operations.js';

/** What the daemon says against a request; null: it was carried out. */
export async function refusalOf(request: Promise<unknown>): Promise<Error | null> {
  try {
    await request;
    return null;
  } catch (error) {
    if (error instanceof IncusError || error instanceof OperationTimeout) return error;
    throw error;
  }
}

/**
 * For a request that is to bring something about. What is so all the same is a success, whatever the daemon says of the
 * request: somebody else was faster, the guest did it by itself, or only the end of the request went wrong.
 */
export async function ensure(request: Promise<unknown>, isSo: () => Promise<boolean>): Promise<void> {
  const refusal = await refusalOf(request);
  if (refusal !== null && !(await isSo())) throw refusal;
}

const DOWN_LIMIT_MS = 10_000;

/** For a second or three after its end a guest reads as running: what is refused because of that is asked for again. */
export function onceDown<T>(request: () => Promise<T>): Promise<T> {
  return retryFor(request, isRunning, DOWN_LIMIT_MS);
}

const isRunning = (error: unknown) =>
  error instanceof IncusError && /Instance is running|running instance|is not stopped/.test(error.message);
