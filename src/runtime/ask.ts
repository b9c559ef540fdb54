import { withErrorContext } from '../incus/client/attempt.js';
import { sender } from '../incus/client/http.js';
import { unwrap } from '../incus/client/operations.js';

/**
 * Asks the daemon with one try each, unlike those who need the answer: its metadata, null where there is no such
 * thing, a ProblemError after `silenceMs` without a word.
 */
export function asker(socket: string, silenceMs: number): (path: string) => Promise<unknown> {
  const send = sender(socket);
  return (path) =>
    withErrorContext(`asking Incus for ${path}`, async () => {
      const { status, body } = await send('GET', path, { silenceMs });
      return status === 404 ? null : unwrap(body).metadata;
    });
}
