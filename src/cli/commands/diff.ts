import type { AppPlan } from '../../domain/plan.js';
import { planOf } from '../../planner/plan.js';
import { EXIT, ProblemError, type ExitCode } from '../../domain/problem.js';
import { diffText, jsonText } from '../../ui/index.js';
import { buildSystems } from '../../runtime/build.js';
import { wantsColor, type Context, type GlobalOptions } from '../../runtime/context.js';
import { teller } from '../../runtime/say.js';
import { observe, wantedBy } from '../../runtime/observe.js';
import { packagesOf, type Packages } from '../../runtime/packages.js';
import { desireOf, located, readProject } from '../../runtime/project.js';
import { selected } from '../../runtime/select.js';
import { typedFor } from '../../runtime/typed.js';
import { builtSystems, lazyExec } from '../../runtime/wire.js';

export type DiffOptions = GlobalOptions & {
  readonly json: boolean;
  readonly exitCode: boolean;
  readonly prune: boolean;
  readonly recreate: boolean;
  readonly retry: boolean;
  readonly strict: boolean;
  /** Evaluate and build what changed, so that its packages can be told. */
  readonly build: boolean;
};

/** Reads and prints. Without `build` it evaluates nothing and builds nothing; with it nothing is applied. */
export async function diff(
  apps: readonly string[],
  options: DiffOptions,
  context: Context,
): Promise<ExitCode> {
  const project = await readProject(context, options.file);
  const only = selected(apps, project.manifest);
  const desired = await desireOf(project, lazyExec, only, teller(null, options, context));
  const actual = await observe(desired.project, wantedBy(desired), context.env);
  const plan = planOf(desired, actual, { ...options, only });
  const problems = located(plan.problems, project);
  const isBuilt = options.build && problems.length === 0;
  const builds = isBuilt ? await buildSystems({ plan, desired, project }, options, context) : null;
  const known = builtSystems(project, context);
  const packages = await packagesOf(
    { plan, desired, actual },
    ({ name, facets }) => builds?.systems.get(name) ?? known.find(name, facets.system ?? {}),
    options,
    context,
  );
  const color = wantsColor(options.color, context.env, context.stdout);
  const record = { ...plan, apps: plan.apps.map((app) => withPackages(app, packages)), problems };
  const typed = typedFor(options, context);
  context.stdout.write(options.json ? jsonText(record) : typed(diffText(plan, { color, packages })));
  if (problems.length > 0) throw new ProblemError(problems, EXIT.manifest);
  if (builds?.hasFailed) return EXIT.failed;
  const changes = plan.apps.some((app) => app.verb !== 'unchanged' || app.changes.length > 0);
  return options.exitCode && changes ? EXIT.changes : EXIT.ok;
}

function withPackages(app: AppPlan, packages: Packages): object {
  const changes = packages.get(app.app);
  return changes ? { ...app, packages: changes } : app;
}
