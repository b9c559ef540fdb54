import type { ExitCode } from '../domain/problem.js';
import { planOf } from '../planner/plan.js';
import { rehearsalsOf } from '../planner/rehearsal.js';
import { type RunOptions, carryOut } from './carry-out.js';
import { showPlan } from './dry-run.js';
import { endRestores, observe, observeToMake, wantedBy } from './observe.js';
import { withLock } from './project-lock.js';
import { resolveDesired } from './project.js';
import type { Runtime } from './runtime.js';
import { selectNamed } from './select.js';

type RehearseOptions = RunOptions & { readonly retry: boolean };

/** Tries what `up` would bring to these apps, and brings up nothing. */
export async function rehearse(
  runtime: Runtime,
  options: RehearseOptions,
  apps: readonly string[],
): Promise<ExitCode> {
  const read = async () => {
    const project = await runtime.project();
    return { ...project, only: selectNamed(apps, project.manifest) };
  };
  return withLock(runtime, { ...options, read }, async ({ only, ...project }) => {
    if (options.dryRun !== true) await endRestores(runtime, project.manifest.project);
    const desired = await resolveDesired(runtime, project, only);
    const look = options.dryRun === true ? observe : observeToMake;
    const actual = await look(runtime, desired.project, wantedBy(desired));
    const asked = { prune: false, recreate: false, retry: options.retry, rehearse: true, only };
    const plan = rehearsalsOf(planOf(desired, actual, asked));
    if (options.dryRun === true) return showPlan(runtime.output, { plan, project });
    return carryOut(runtime, { verb: 'rehearse', plan, desired, project }, options);
  });
}
