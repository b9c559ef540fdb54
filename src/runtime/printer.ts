import { once } from 'node:events';
import type { Context } from './context.js';

/** Resolves when there is room for more. */
export type Print = (text: string) => Promise<void>;

/**
 * Results that come for as long as somebody reads them. `gone`: aborted when a signal says so, or when the reader went
 * away (`pets logs -f | head`).
 */
export function printer(
  stdout: Context['stdout'],
  stop: AbortSignal,
): { readonly print: Print; readonly gone: AbortSignal } {
  const left = new AbortController();
  const leave = () => {
    left.abort(stop.reason);
  };
  stdout.once('error', leave);
  stop.addEventListener('abort', leave, { once: true });
  const print: Print = async (text) => {
    if (left.signal.aborted || stdout.write(text)) return;
    await once(stdout, 'drain', { signal: left.signal }).catch(() => undefined);
  };
  return { print, gone: left.signal };
}
