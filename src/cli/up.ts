import { apply } from '../apply/apply.js';
import type { Desired, Outcome, Plan } from '../model.js';
import { planOf } from '../plan/plan.js';
import { EXIT, ProblemError, type ExitCode } from '../problem.js';
import { chooseMode, createReporter, diffText } from '../ui/index.js';
import { confirm, mayAsk } from './confirm.js';
import { wantsColor, type Context, type GlobalOptions } from './context.js';
import { desireOf, located, observe, readProject, wantedPorts, type Project } from './project.js';
import { holdProject } from './project-lock.js';
import { selected } from './select.js';
import { lazyExec, limitsFor, portsFor } from './wire.js';

export type RunOptions = GlobalOptions & {
  readonly jobs: number;
  readonly evalJobs?: number;
  /** Bound on each switch and each boot, ms. */
  readonly timeout: number;
  readonly failFast: boolean;
  readonly yes: boolean;
  /** False: never ask. */
  readonly input: boolean;
};
export type UpOptions = RunOptions & { readonly prune: boolean };

export async function up(apps: readonly string[], options: UpOptions, context: Context): Promise<ExitCode> {
  const project = await readProject(context, options.file);
  const only = selected(apps, project.manifest);
  const release = await holdProject(project.manifest.project, 'up', context.env);
  try {
    const desired = await desireOf(project, lazyExec);
    const actual = await observe(desired.project, wantedPorts(desired), context.env);
    const asked = planOf(desired, actual, { prune: options.prune, only });
    const prune = options.prune || (await confirmDestroys(asked, options, context));
    const plan = prune === options.prune ? asked : planOf(desired, actual, { prune, only });
    return await carryOut(plan, desired, project, options, context);
  } finally {
    await release();
  }
}

/** Shows the run and says with which code it ended. Nothing is touched when the plan has problems. */
export async function carryOut(
  plan: Plan,
  desired: Desired,
  project: Project,
  options: RunOptions,
  context: Context,
): Promise<ExitCode> {
  if (plan.problems.length > 0) throw new ProblemError(located(plan.problems, project), EXIT.manifest);
  const { stderr, env } = context;
  const surroundings = { isTTY: stderr.isTTY, ci: env['CI'] !== undefined, term: env['TERM'] };
  const chosen = chooseMode(options.quiet ? 'quiet' : options.progress, surroundings);
  // Nothing to watch: no screen needs to be set up for it.
  const mode = chosen === 'tty' && plan.operations.length === 0 ? 'plain' : chosen;
  const reporter = await createReporter(mode, {
    stream: stderr,
    color: wantsColor(options.color, env, stderr),
  });
  try {
    const outcome = await context.draining((stop) =>
      apply({
        plan,
        desired,
        ports: portsFor(project, options.timeout, context),
        limits: limitsFor(options.jobs, options.evalJobs),
        emit: (event) => {
          reporter.event(event);
        },
        stop,
        failFast: options.failFast,
      }),
    );
    return exitCodeOf(outcome);
  } finally {
    await reporter.close();
  }
}

function exitCodeOf({ apps, interrupted }: Outcome): ExitCode {
  if (interrupted) return EXIT.interrupted;
  const bad = apps.some(
    (app) => app.result === 'failed' || app.result === 'skipped' || app.result === 'interrupted',
  );
  return bad ? EXIT.failed : EXIT.ok;
}

async function confirmDestroys(plan: Plan, options: UpOptions, context: Context): Promise<boolean> {
  const gone = plan.apps.filter((app) => app.held !== null);
  if (gone.length === 0 || plan.problems.length > 0 || !mayAsk(options, context)) return false;
  const { stderr, env } = context;
  stderr.write(diffText(plan, { color: wantsColor(options.color, env, stderr) }));
  const names = gone.map((app) => app.app).join(', ');
  return confirm(`Destroy ${names}, with everything on the root disk?`, context);
}
