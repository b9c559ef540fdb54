import { apply } from '../apply/apply.js';
import type { Desired, Outcome, Plan, Verb } from '../model.js';
import { planOf } from '../plan/plan.js';
import { EXIT, ProblemError, type ExitCode } from '../problem.js';
import { chooseMode, createReporter, diffText } from '../ui/index.js';
import { confirm, mayAsk } from './confirm.js';
import { wantsColor, type Context, type GlobalOptions } from './context.js';
import { observeToWrite } from './finish.js';
import { wantedBy } from './observe.js';
import { desireOf, located, readProject, type Project } from './project.js';
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
export type UpOptions = RunOptions & { readonly prune: boolean; readonly recreate: boolean };

export async function up(apps: readonly string[], options: UpOptions, context: Context): Promise<ExitCode> {
  const project = await readProject(context, options.file);
  const only = selected(apps, project.manifest);
  const release = await holdProject(project.manifest.project, 'up', context.env);
  try {
    const desired = await desireOf(project, lazyExec);
    const actual = await observeToWrite(desired.project, wantedBy(desired), context);
    const planFor = (allowed: Allowed) => planOf(desired, actual, { ...allowed, only });
    const plan = planFor(await allowedBy(planFor(options), options, context));
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
    const ports = portsFor(project, options.timeout, context);
    const outcome = await context.draining((stop) =>
      apply({
        plan,
        desired,
        ports,
        limits: limitsFor(options.jobs, options.evalJobs),
        emit: (event) => {
          reporter.event(event);
        },
        stop,
        failFast: options.failFast,
        locate: (problem) => located([problem], project)[0] ?? problem,
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

/** What deletes containers happens only where a person said so: by a flag, or when asked. */
type Allowed = Pick<UpOptions, 'prune' | 'recreate'>;

async function allowedBy(plan: Plan, options: UpOptions, context: Context): Promise<Allowed> {
  const held = plan.apps.filter((app) => app.held !== null);
  if (held.length === 0 || plan.problems.length > 0 || !mayAsk(options, context)) return options;
  const { stderr, env } = context;
  stderr.write(diffText(plan, { color: wantsColor(options.color, env, stderr) }));
  const asked = async (verb: Verb, question: (names: string) => string) => {
    const names = held.filter((app) => app.verb === verb).map((app) => app.app);
    return names.length > 0 && (await confirm(question(names.join(', ')), context));
  };
  const lost = 'with everything on the root disk? Volumes are kept.';
  return {
    prune: options.prune || (await asked('destroy', (names) => `Destroy ${names}, ${lost}`)),
    recreate: options.recreate || (await asked('recreate', (names) => `Make ${names} anew, ${lost}`)),
  };
}
