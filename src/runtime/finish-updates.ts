import type { AppName } from '../domain/names.js';
import { EXIT, problemOf, ProblemError, type ExitCode } from '../domain/problem.js';
import { planOf } from '../planner/plan.js';
import { carryOut, type RunOptions } from './carry-out.js';
import { endRestores, nothingWanted, observe, observeToMake, wantedBy } from './observe.js';
import { resolveDesired } from './project.js';
import type { Project } from './project-type.js';
import type { Runtime } from './runtime.js';
import { settleUpdates } from './settle-updates.js';

/** What became of an app's update. `words`: one line. */
export type Updated = {
  readonly app: AppName;
  readonly result:
    'updated' | 'unchanged' | 'waits' | 'failed' | 'refused' | 'rolled-back' | 'interrupted' | 'finished';
  readonly words: string;
};

/** Of two codes that with which a run ends that had both. */
export function worse(one: ExitCode, other: ExitCode): ExitCode {
  const order: readonly ExitCode[] = [EXIT.ok, EXIT.rolledBack, EXIT.refused, EXIT.failed];
  const rank = (code: ExitCode) => (order.includes(code) ? order.indexOf(code) : order.length);
  return rank(other) > rank(one) ? other : one;
}

const ENDS = {
  rolledBack: { result: 'rolled-back', words: 'the new version failed, the one before serves' },
  refused: { result: 'refused', words: 'its rehearsal did not let it through, and the one before serves' },
  failed: { result: 'failed', words: 'it failed, and `pets runs last` has why' },
  interrupted: { result: 'interrupted', words: 'the next `pets update --due` or `pets up` goes on' },
} as const;

/** How an update ended that is not where it was to be. */
export function endOf(code: ExitCode): Pick<Updated, 'result' | 'words'> {
  if (code === EXIT.rolledBack) return ENDS.rolledBack;
  if (code === EXIT.refused) return ENDS.refused;
  return code === EXIT.failed ? ENDS.failed : ENDS.interrupted;
}

/** What `pets up` does with one app: its plan, and what carries it out. */
export async function upAlone(runtime: Runtime, project: Project, app: AppName, options: RunOptions) {
  const only = new Set([app]);
  await endRestores(runtime, project.manifest.project);
  const desired = await resolveDesired(runtime, project, only);
  const actual = await observeToMake(runtime, desired.project, wantedBy(desired));
  const plan = planOf(desired, actual, { prune: false, recreate: false, retry: false, only });
  return { plan, run: () => carryOut(runtime, { verb: 'update', plan, desired, project }, options) };
}

type Finished = Updated & { readonly code: ExitCode };

/** Apps that a run which was cut short has left half done are brought to what the lock says, as `up` does. */
export async function finishApps(
  runtime: Runtime,
  project: Project,
  apps: readonly AppName[],
  options: RunOptions,
): Promise<readonly Finished[]> {
  const finished: Finished[] = [];
  for (const app of apps) {
    const done = await finishApp(runtime, project, app, options);
    if (done !== null) finished.push(done);
    if (done?.result === 'interrupted') return finished;
  }
  if (finished.length === 0) return finished;
  const actual = await observe(runtime, project.manifest.project, nothingWanted);
  await settleUpdates(runtime, project, actual, true);
  return finished;
}

/** Null: nothing was left to do. */
async function finishApp(
  runtime: Runtime,
  project: Project,
  app: AppName,
  options: RunOptions,
): Promise<Finished | null> {
  try {
    const { plan, run } = await upAlone(runtime, project, app, options);
    if (plan.operations.length === 0) return null;
    const code = await run();
    return { app, ...(code === EXIT.ok ? FINISHED : endOf(code)), code };
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    return { app, result: 'failed', words: problemOf(error).message, code: EXIT.failed };
  }
}

const FINISHED = {
  result: 'finished',
  words: 'a run was cut short; what serves is as pets.lock says',
} as const;
