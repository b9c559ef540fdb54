import { unfinished } from '../backup/names.js';
import { endRestore } from '../backup/restore.js';
import { incusOver } from '../incus/client.js';
import { socketPath } from '../incus/http.js';
import type { Actual } from '../model.js';
import type { Context } from './context.js';
import { observe, type Wanted } from './observe.js';

/**
 * What is there, for a verb that holds the project. What a killed run has begun is ended first: a container that the
 * daemon is still stopping shows as running, and a restore may have left volumes to be named.
 */
export async function observeToWrite(project: string, wanted: Wanted, { env }: Context): Promise<Actual> {
  const incus = incusOver(socketPath(env), project);
  await incus.powered();
  const actual = await observe(project, wanted, env);
  const apps = unfinished(actual);
  if (apps.length === 0) return actual;
  for (const app of apps) await endRestore(app, actual.volumes, incus);
  return observe(project, wanted, env);
}
