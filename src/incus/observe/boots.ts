import { withErrorContext } from '../client/attempt.js';
import { sender } from '../client/http.js';
import { RestClient } from '../client/operations.js';
import { ManagedInstances, stateOf } from '../client/own.js';

/**
 * Tells one run of a pet from the next: when Incus has started it, in its words; null while it does not run. One that
 * is gone, or not ours, is a ProblemError. Newer daemons say `started_at` as well, in an answer of its own only.
 */
export function bootsOver(socket: string, project: string): (name: string) => Promise<string | null> {
  const own = new ManagedInstances(new RestClient(sender(socket)), project);
  return (name) =>
    withErrorContext(`looking at \`${name}\``, async () => {
      const { instance } = await own.get(name);
      const started = instance['last_used_at'];
      return stateOf(instance) === 'Running' ? String(started) : null;
    });
}
