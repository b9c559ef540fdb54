import type { Incus } from '../ports.js';
import { said } from './attempt.js';
import { ConnectionLost, IncusError } from './http.js';
import type { Rest } from './operations.js';
import { at, isPet, type Instance } from './own.js';

/** Longer than any start or stop that pets asks for. */
const LIMIT_MS = 120_000;

/** What the daemon is still at, whoever asked for it. */
export function underWay(rest: Rest, project: string): Pick<Incus, 'powered'> {
  return {
    powered: () =>
      said('waiting for starts and stops', async () => {
        for (const { id, names } of await powerOperations(rest)) {
          const found = await Promise.all(names.map((name) => rest.get(at(name))));
          const configs = found.map((f) => (f?.metadata as Instance | undefined)?.config ?? {});
          if (!names.some((name, n) => isPet(project, name, configs[n] ?? {}))) continue;
          // How it ended is seen in the instance.
          await rest.wait(`/1.0/operations/${id}`, LIMIT_MS).catch((error: unknown) => {
            if (!(error instanceof IncusError || error instanceof ConnectionLost)) throw error;
          });
        }
      }),
  };
}

type OperationJson = {
  readonly id: string;
  readonly description: string;
  readonly resources?: { readonly instances?: readonly string[] } | null;
};

/** Starts and stops that are under way, with the instances' names. */
async function powerOperations(rest: Rest): Promise<{ readonly id: string; readonly names: string[] }[]> {
  const found = await rest.get('/1.0/operations?recursion=1');
  const { running = [] } = (found?.metadata ?? {}) as { running?: readonly OperationJson[] };
  return running
    .filter(({ description }) => /^(Start|Stopp|Restart)ing instance/.test(description))
    .map(({ id, resources }) => ({
      id,
      // Those of Incus' own projects have `?project=` behind.
      names: (resources?.instances ?? []).flatMap((url) => /\/instances\/([^/?]+)$/.exec(url)?.[1] ?? []),
    }));
}
