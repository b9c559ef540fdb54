import { restartPlan, startPlan, stopPlan, unstartable } from '../../planner/power.js';
import { ProblemError, type ExitCode } from '../../domain/problem.js';
import type { Context } from '../../runtime/context.js';
import { notice } from '../../runtime/notice.js';
import { teller } from '../../runtime/say.js';
import { nothingWanted, observe, observeAtRest, wantedBy } from '../../runtime/observe.js';
import { namesOf } from '../../runtime/pets.js';
import { desireOf, readProject } from '../../runtime/project.js';
import { withLock } from '../../runtime/project-lock.js';
import { carryOut, type RunOptions } from '../../runtime/carry-out.js';
import { lazyExec } from '../../runtime/wire.js';

export type PowerVerb = 'start' | 'stop' | 'restart';

/** Starts, stops or restarts pets as they are: nothing that the manifest says by now is applied. */
export async function power(
  verb: PowerVerb,
  selectors: readonly string[],
  options: RunOptions,
  context: Context,
): Promise<ExitCode> {
  const read = async () => {
    const project = await readProject(context, options.file);
    const actual = await observe(project.manifest.project, nothingWanted, context.env);
    return { ...project, chosen: namesOf(selectors, project.manifest, actual) };
  };
  return withLock(read, options, context, async ({ chosen, ...project }) => {
    const desired = await desireOf(project, lazyExec, new Set(), teller(null, options, context));
    const actual = await observeAtRest(desired.project, wantedBy(desired), context.env);
    const problems = [...chosen].flatMap((name) => {
      const problem = verb === 'stop' ? null : unstartable(name, desired, actual);
      return problem ? [{ app: name, ...problem }] : [];
    });
    if (problems.length > 0 && selectors.length > 0) throw new ProblemError(problems);
    for (const { app, message } of problems) notice('warning', `${app}: ${message}`, options, context);
    const only = new Set([...chosen].filter((name) => !problems.some(({ app }) => app === name)));
    return carryOut({ verb, ...PLANS[verb](desired, actual, only), project }, options, context);
  });
}

/** Each leaves the desired state that it brings about beside the plan. */
const PLANS = {
  start: startPlan,
  restart: restartPlan,
  stop: (desired, actual, only) => ({ plan: stopPlan(desired, actual, only), desired }),
} as const satisfies Record<PowerVerb, typeof startPlan>;
