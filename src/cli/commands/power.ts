import { restartPlan, startPlan, stopPlan, unstartable } from '../../planner/power.js';
import { ProblemError, type ExitCode } from '../../domain/problem.js';
import type { Runtime } from '../../runtime/runtime.js';
import { nothingWanted, observe, observeIdle, wantedBy } from '../../runtime/observe.js';
import { namesOf } from '../../runtime/pets.js';
import { resolveDesired } from '../../runtime/project.js';
import { withLock } from '../../runtime/project-lock.js';
import { forgetLeft } from '../../runtime/left-stopped.js';
import { carryOut, type RunOptions } from '../../runtime/carry-out.js';
import type { CommandLine } from '../command-line.js';
import { examples, withRunOptions } from '../options.js';

type PowerVerb = 'start' | 'stop' | 'restart';

const TEXTS: Readonly<Record<PowerVerb, { readonly summary: string; readonly description: string }>> = {
  start: {
    summary: 'start apps that are stopped',
    description:
      'Starts apps as they were last applied, whatever the manifest says by now; their ports open when the system is up. Without names all that are stopped.',
  },
  stop: {
    summary: 'stop apps, until the next `up` or `start`',
    description:
      'Stops apps in order, by force after their `stop-timeout`; those first that come after others. Without names all of them. The next `pets up` starts them again: what should not run does not belong in the manifest.',
  },
  restart: {
    summary: 'stop apps and start them again',
    description:
      'Stops apps and starts them as they were last applied, whatever the manifest says by now. Without names all of them.',
  },
};

export function addPower({ program, actionOf }: CommandLine): void {
  for (const verb of ['start', 'stop', 'restart'] as const) {
    withRunOptions(program.command(`${verb} [app...]`))
      .summary(TEXTS[verb].summary)
      .description(TEXTS[verb].description)
      .addHelpText('after', examples(`pets ${verb} web`, `pets ${verb} 'blog-*'`, `pets ${verb} @public`))
      .action(
        actionOf((runtime, options: RunOptions, apps: readonly string[]) =>
          power(runtime, options, verb, apps),
        ),
      );
  }
}

/** Starts, stops or restarts pets as they are: nothing that the manifest says by now is applied. */
async function power(
  runtime: Runtime,
  options: RunOptions,
  verb: PowerVerb,
  selectors: readonly string[],
): Promise<ExitCode> {
  const read = async () => {
    const project = await runtime.project();
    const actual = await observe(runtime, project.manifest.project, nothingWanted);
    return { ...project, chosen: namesOf(selectors, project.manifest, actual) };
  };
  return withLock(runtime, { ...options, read }, async ({ chosen, ...project }) => {
    const desired = await resolveDesired(runtime, project, new Set());
    const actual = await observeIdle(runtime, desired.project, wantedBy(desired));
    const problems = [...chosen].flatMap((name) => {
      const problem = verb === 'stop' ? null : unstartable(name, desired, actual);
      return problem ? [{ code: 'app-not-startable' as const, app: name, ...problem }] : [];
    });
    if (problems.length > 0 && selectors.length > 0) throw new ProblemError(problems);
    for (const { app, message } of problems) runtime.output.notice('warning', `${app}: ${message}`);
    const only = new Set([...chosen].filter((name) => !problems.some(({ app }) => app === name)));
    // What somebody wants stopped nobody starts, whoever has stopped it.
    const wanted = actual.apps.filter(({ name }) => verb === 'stop' && only.has(name));
    if (options.dryRun !== true) await forgetLeft(runtime, project, wanted);
    return carryOut(runtime, { verb, ...PLANS[verb](desired, actual, only), project }, options);
  });
}

/** Each leaves the desired state that it brings about beside the plan. */
const PLANS = {
  start: startPlan,
  restart: restartPlan,
  stop: (desired, actual, only) => ({ plan: stopPlan(desired, actual, only), desired }),
} as const satisfies Record<PowerVerb, typeof startPlan>;
