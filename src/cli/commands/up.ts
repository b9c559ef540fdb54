import type { Plan, Verb } from '../../domain/plan.js';
import { planOf } from '../../planner/plan.js';
import type { ExitCode } from '../../domain/problem.js';
import { diffText } from '../../ui/index.js';
import { confirm, mayAsk } from '../../runtime/confirm.js';
import { wantsColor, type Context } from '../../runtime/context.js';
import { teller } from '../../runtime/say.js';
import { endRestores, observeToMake, wantedBy } from '../../runtime/observe.js';
import { desireOf, readProject } from '../../runtime/project.js';
import { withLock } from '../../runtime/project-lock.js';
import { selected } from '../../runtime/select.js';
import { typedFor } from '../../runtime/typed.js';
import { lazyExec } from '../../runtime/wire.js';
import { type RunOptions, carryOut } from '../../runtime/carry-out.js';
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
