import { planOf } from '../plan/plan.js';
import { EXIT, ProblemError, type ExitCode } from '../problem.js';
import { diffText, jsonText } from '../ui/index.js';
import { lazyExec } from './wire.js';
import { wantsColor, type Context, type GlobalOptions } from './context.js';
import { observe, wantedBy } from './observe.js';
import { desireOf, located, readProject } from './project.js';
import { selected } from './select.js';

export type DiffOptions = GlobalOptions & {
  readonly json: boolean;
  readonly exitCode: boolean;
  readonly prune: boolean;
  readonly recreate: boolean;
  readonly retry: boolean;
};

/** Reads and prints; writes nothing, builds nothing, runs no executor. */
export async function diff(
  apps: readonly string[],
  options: DiffOptions,
  context: Context,
): Promise<ExitCode> {
  const project = await readProject(context, options.file);
  const only = selected(apps, project.manifest);
  const desired = await desireOf(project, lazyExec, only);
  const actual = await observe(desired.project, wantedBy(desired), context.env);
  const plan = planOf(desired, actual, { ...options, only });
  const problems = located(plan.problems, project);
  const color = wantsColor(options.color, context.env, context.stdout);
  context.stdout.write(options.json ? jsonText({ ...plan, problems }) : diffText(plan, { color }));
  if (problems.length > 0) throw new ProblemError(problems, EXIT.manifest);
  const changes = plan.apps.some((app) => app.verb !== 'unchanged');
  return options.exitCode && changes ? EXIT.changes : EXIT.ok;
}
