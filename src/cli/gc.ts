import { orphanedProfiles } from '../deliver/shared.js';
import type { AppName } from '../model.js';
import { collectPlan, profileOwners } from '../plan/collect.js';
import type { ExitCode } from '../problem.js';
import type { Context } from './context.js';
import { nothingWanted, observeAtRest } from './observe.js';
import { desireOf, readProject } from './project.js';
import { withLock } from './project-lock.js';
import { carryOut, type RunOptions } from './up.js';
import { lazyExec } from './wire.js';

/** Lets go of what no pet needs any more. What only that needed is then garbage, of the store's own collector. */
export async function gc(options: RunOptions, context: Context): Promise<ExitCode> {
  const read = () => readProject(context, options.file);
  return withLock(read, options, context, async (project) => {
    const desired = await desireOf(project, lazyExec, new Set());
    const actual = await observeAtRest(desired.project, nothingWanted, context.env);
    // Those of a store of its own are in the container.
    const copies = new Set(actual.apps.flatMap(({ name, store }) => (store === 'copy' ? [name] : [])));
    const names = [...profileOwners(actual), ...desired.apps.map(({ name }) => name)];
    const owners = new Set(names.filter((name) => !copies.has(name as AppName)));
    const plan = collectPlan(desired, actual, orphanedProfiles(desired.project, owners));
    const code = await carryOut({ verb: 'gc', plan, desired, project }, options, context);
    if (!options.quiet) context.stderr.write('`nix-collect-garbage` frees what is not needed any more.\n');
    return code;
  });
}
