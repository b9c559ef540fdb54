import { apply } from '../apply/apply.js';
import { DEPLOYED } from '../marks.js';
import type { Desired, Event, Outcome, Plan, Reporter, Verb } from '../model.js';
import { planOf } from '../plan/plan.js';
import { EXIT, ProblemError, type ExitCode, type Problem } from '../problem.js';
import { chooseMode, createReporter, diffText } from '../ui/index.js';
import { confirm, mayAsk } from './confirm.js';
import { wantsColor, type Context } from './context.js';
import { teller } from './say.js';
import { endRestores, observeToMake, wantedBy } from './observe.js';
import { desireOf, located, readProject, type Project } from './project.js';
import { withLock, type LockOptions } from './project-lock.js';
import { recorded, type Written } from './record.js';
import { selected } from './select.js';
import { typedFor } from './typed.js';
import { lazyExec, limitsFor, portsFor } from './wire.js';

export type RunOptions = LockOptions & {
  readonly jobs: number;
  readonly evalJobs?: number;
  /** Bound on each switch and each boot, ms. */
  readonly timeout: number;
  readonly failFast: boolean;
  readonly yes: boolean;
  /** False: never ask. */
  readonly input: boolean;
};
export type UpOptions = RunOptions & {
  readonly prune: boolean;
  readonly recreate: boolean;
  readonly retry: boolean;
  readonly strict: boolean;
};

export async function up(apps: readonly string[], options: UpOptions, context: Context): Promise<ExitCode> {
  const read = async () => {
    const project = await readProject(context, options.file);
    return { ...project, only: selected(apps, project.manifest) };
  };
  return withLock(read, options, context, async ({ only, ...project }) => {
    await endRestores(project.manifest.project, context.env);
    const desired = await desireOf(project, lazyExec, only, teller(null, options, context));
    const actual = await observeToMake(desired.project, wantedBy(desired), context.env);
    const planFor = (allowed: Allowed) => planOf(desired, actual, { ...options, ...allowed, only });
    const plan = planFor(await allowedBy(planFor(options), options, context));
    return carryOut({ verb: 'up', plan, desired, project }, options, context);
  });
}

/** What is to be carried out, and for which verb. */
export type Work = {
  readonly verb: string;
  readonly plan: Plan;
  readonly desired: Desired;
  readonly project: Project;
};

/** Shows the run, records it and says with which code it ended. Nothing is touched when the plan has problems. */
export async function carryOut(work: Work, options: RunOptions, context: Context): Promise<ExitCode> {
  const { plan, project } = work;
  refuseProblems(plan, project);
  return recorded(work, options, context, (record) =>
    // A screen takes its time to be set up: a signal that comes meanwhile is answered by the run, and in its record.
    context.draining(async (stop) => {
      const reporter = await reporterFor(plan, record, options, context);
      const emit = (event: Event) => {
        // First what lasts: the summary names its files.
        record.event(event);
        reporter.event(event);
      };
      try {
        return await run(work, { emit, stop }, options, context);
      } finally {
        await reporter.close();
      }
    }),
  );
}

/** Before anybody is asked whether to carry it out. */
export function refuseProblems(plan: Plan, project: Project): void {
  const problems = [...plan.problems, ...unpinnable(plan, project)];
  if (problems.length > 0) throw new ProblemError(located(problems, project), EXIT.manifest);
}

/** What was deployed is not pinned. A manifest is, and one from standard input has no lock beside it. */
function unpinnable({ operations, project }: Plan, { lockPath }: Project): Problem[] {
  const locks = operations.filter(({ action }) => action.kind === 'lock');
  if (lockPath !== null || project === DEPLOYED) return [];
  return locks.map(({ app, action }) => ({
    app,
    message: `${action.kind === 'lock' ? action.urls.join(', ') : ''} is to be pinned, and there is no place for that`,
    hint: 'name the lock of this manifest with --lock-file',
  }));
}

function reporterFor(
  plan: Plan,
  { logOf }: Written,
  options: RunOptions,
  context: Context,
): Promise<Reporter> {
  const { stderr, env } = context;
  const surroundings = { isTTY: stderr.isTTY, ci: env['CI'] !== undefined, term: env['TERM'] };
  const chosen = chooseMode(options.quiet ? 'quiet' : options.progress, surroundings);
  // Nothing to watch: no screen needs to be set up for it.
  const mode = chosen === 'tty' && plan.operations.length === 0 ? 'plain' : chosen;
  const color = wantsColor(options.color, env, stderr);
  return createReporter(mode, { stream: stderr, color, logOf, typed: typedFor(options, context) });
}

async function run(
  { plan, desired, project }: Work,
  { emit, stop }: { readonly emit: (event: Event) => void; readonly stop: AbortSignal },
  options: RunOptions,
  context: Context,
): Promise<ExitCode> {
  const outcome = await apply({
    plan,
    desired,
    ports: portsFor(project, options.timeout, context),
    limits: limitsFor(options.jobs, options.evalJobs),
    emit,
    stop,
    failFast: options.failFast,
    locate: (problem) => located([problem], project)[0] ?? problem,
  });
  return outcome.interrupted ? (stop.reason as ExitCode) : exitCodeOf(outcome);
}

function exitCodeOf({ apps }: Outcome): ExitCode {
  const bad = apps.some(
    (app) => app.result === 'failed' || app.result === 'skipped' || app.result === 'interrupted',
  );
  if (bad) return EXIT.failed;
  const isOld = apps.some((app) => app.result === 'rolled-back' || app.result === 'condemned');
  return isOld ? EXIT.rolledBack : EXIT.ok;
}

/** What deletes containers happens only where a person said so: by a flag, or when asked. */
type Allowed = Pick<UpOptions, 'prune' | 'recreate'>;

async function allowedBy(plan: Plan, options: UpOptions, context: Context): Promise<Allowed> {
  const held = plan.apps.filter((app) => app.held !== null);
  if (held.length === 0 || plan.problems.length > 0 || !mayAsk(options, context)) return options;
  const { stderr, env } = context;
  const typed = typedFor(options, context);
  stderr.write(typed(diffText(plan, { color: wantsColor(options.color, env, stderr) })));
  const asked = async (verb: Verb, question: (names: string) => string) => {
    const names = held.filter((app) => app.verb === verb).map((app) => app.app);
    return names.length > 0 && (await confirm(question(names.join(', ')), context));
  };
  const lost = 'What is on their root disks is lost; volumes are kept.';
  return {
    prune: options.prune || (await asked('destroy', (names) => `Destroy ${names}? ${lost}`)),
    recreate: options.recreate || (await asked('recreate', (names) => `Make ${names} anew? ${lost}`)),
  };
}
