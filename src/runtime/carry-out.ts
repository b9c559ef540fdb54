import { sightingsOf } from '../alerts/sightings.js';
import { keepSightings, tellSightings } from './alerts.js';
import type { LockOptions } from './project-lock.js';
import type { Plan } from '../domain/plan.js';
import type { Desired } from '../domain/desired.js';
import { type Project, locateProblems } from './project.js';
import type { Runtime } from './runtime.js';
import { type ExitCode, problemOf, ProblemError, EXIT, type Problem } from '../domain/problem.js';
import { recordRun } from './record.js';
import type { Event } from '../domain/event.js';
import { DEPLOYED } from '../domain/labels.js';
import { apply } from '../executor/execute.js';
import { portsFor, limitsFor } from './wire.js';
import type { Outcome } from '../domain/outcome.js';

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

/** Of a run that a timer began: nobody is there to be asked, and each app has as long as `up` gives it. */
export const UNATTENDED: Omit<RunOptions, keyof LockOptions> = {
  ...{ jobs: 8, timeout: 300_000, failFast: false, yes: false, input: false },
};

/** What is to be carried out, and for which verb. */
export type CarryOut = {
  readonly verb: string;
  readonly plan: Plan;
  readonly desired: Desired;
  readonly project: Project;
};

/**
 * What goes wrong with it is told, and is no reason not to go on with what else there is to do: the next look says
 * whether the apps are well.
 */
export async function carryOutUnattended(
  runtime: Runtime,
  work: CarryOut,
  options: LockOptions,
): Promise<ExitCode> {
  const { output } = runtime;
  try {
    const code = await carryOut(runtime, work, { ...options, ...UNATTENDED });
    if (code !== EXIT.ok) output.notice('warning', `\`pets runs last\` has what the ${work.verb} came to`);
    return code;
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    output.notice('warning', `no ${work.verb}: ${problemOf(error).message}`);
    return EXIT.failed;
  }
}

/** Shows the run, records it and says with which code it ended. Nothing is touched when the plan has problems. */
export async function carryOut(runtime: Runtime, work: CarryOut, options: RunOptions): Promise<ExitCode> {
  const { verb, plan, project } = work;
  refuseProblems(plan, project);
  const shown: { outcome: Outcome | null } = { outcome: null };
  const code = await recordRun(runtime, work, (record) =>
    // A screen takes its time to be set up: a signal that comes meanwhile is answered by the run, and in its record.
    runtime.draining(async (stop) => {
      const reporter = await runtime.output.reporter(record.logOf, plan.operations.length === 0);
      const emit = (event: Event) => {
        if (event.kind === 'run-ended') shown.outcome = event.outcome;
        // First what lasts: the summary names its files.
        record.event(event);
        reporter.event(event);
      };
      try {
        return await applyPlan(
          work,
          { emit, stop, ports: portsFor(runtime, project, options.timeout) },
          options,
        );
      } finally {
        await reporter.close();
      }
    }),
  );
  const { outcome } = shown;
  if (outcome !== null && SHOWING.has(verb))
    await (outcome.interrupted ? keepSightings : tellSightings)(runtime, project, sightingsOf(outcome));
  return code;
}

/** Verbs that bring apps to what is wanted of them, or take them away: what they show of an app is how it is. */
const SHOWING: ReadonlySet<string> = new Set(['up', 'update', 'deploy', 'rollback', 'down', 'rm']);

/** Before anybody is asked whether to carry it out. */
export function refuseProblems(plan: Plan, project: Project): void {
  const problems = [...plan.problems, ...unpinnable(plan, project)];
  if (problems.length > 0) throw new ProblemError(locateProblems(problems, project), EXIT.manifest);
}

/** What was deployed is not pinned. A manifest is, and one from standard input has no lock beside it. */
function unpinnable({ operations, project }: Plan, { lockPath }: Project): Problem[] {
  const locks = operations.filter(({ action }) => action.kind === 'lock');
  if (lockPath !== null || project === DEPLOYED) return [];
  return locks.map(({ app, action }) => ({
    code: 'lock-missing' as const,
    app,
    message: `${action.kind === 'lock' ? action.urls.join(', ') : ''} is to be pinned, and there is no place for that`,
    hint: 'name the lock of this manifest with --lock-file',
  }));
}

async function applyPlan(
  { plan, desired, project }: CarryOut,
  around: Pick<Parameters<typeof apply>[0], 'emit' | 'stop' | 'ports'>,
  options: RunOptions,
): Promise<ExitCode> {
  const outcome = await apply({
    plan,
    desired,
    limits: limitsFor(options.jobs, options.evalJobs),
    ...around,
    failFast: options.failFast,
    locate: (problem) => locateProblems([problem], project)[0] ?? problem,
  });
  return outcome.interrupted ? (around.stop.reason as ExitCode) : exitCodeOf(outcome);
}

function exitCodeOf({ apps }: Outcome): ExitCode {
  const bad = apps.some(
    (app) => app.result === 'failed' || app.result === 'skipped' || app.result === 'interrupted',
  );
  if (bad) return EXIT.failed;
  if (apps.some((app) => app.result === 'refused')) return EXIT.refused;
  const isOld = apps.some((app) => app.result === 'rolled-back' || app.result === 'condemned');
  return isOld ? EXIT.rolledBack : EXIT.ok;
}
