import type { AppName } from '../../domain/names.js';
import type { Desired } from '../../domain/desired.js';
import type { AppPlan, Plan } from '../../domain/plan.js';
import { printPlanRecord } from '../../domain/plan-record.js';
import { planOf } from '../../planner/plan.js';
import { EXIT, ProblemError, type ExitCode } from '../../domain/problem.js';
import type { PlanChoice } from '../../domain/saved-plan.js';
import { diffText, jsonText } from '../../ui/index.js';
import { buildSystems } from '../../runtime/build.js';
import type { Runtime } from '../../runtime/runtime.js';
import { observe, wantedBy } from '../../runtime/observe.js';
import { systemOf } from '../../runtime/known-systems.js';
import { packagesOf, type Packages } from '../../runtime/packages.js';
import { seeSettled } from '../../runtime/settle-updates.js';
import { locateProblems } from '../../runtime/project.js';
import { savePlan, TO_STDOUT } from '../../runtime/plan-file.js';
import { selectNamed } from '../../runtime/select.js';
import { knownSystems } from '../../runtime/wire.js';
import type { CommandLine } from '../command-line.js';
import { examples, flag, prune, recreate, rehearse, retry, strict, withGlobalOptions } from '../options.js';

type DiffOptions = {
  readonly json: boolean;
  readonly exitCode: boolean;
  readonly prune: boolean;
  readonly recreate: boolean;
  readonly retry: boolean;
  readonly strict: boolean;
  /** Evaluate and build what changed, so that its packages can be told. */
  readonly build: boolean;
  readonly rehearse?: boolean;
  /** Where the plan is saved. */
  readonly out?: string;
};

export function addDiff({ program, actionOf }: CommandLine): void {
  rehearse(withGlobalOptions(program.command('diff [app...]').alias('plan')))
    .summary('show what `up` would do')
    .description(
      'Shows every difference between the manifest and the machine, its cause and what applying it interrupts; for systems that are built already also which packages change. Changes nothing, and builds nothing unless asked to.',
    )
    .option('--json', 'print the plan as JSON (docs/plan.schema.json)', false)
    .option('--exit-code', 'exit with 2 when there are differences that nobody holds by hand', false)
    .addOption(
      flag('--build', 'evaluate and build what changed, to tell which packages change').default(false),
    )
    .option(
      '--out <file>',
      'save the plan for `pets up --plan`; - is standard output, and nothing else is printed',
    )
    .addOption(prune())
    .addOption(recreate())
    .addOption(retry())
    .addOption(strict())
    .addHelpText(
      'after',
      examples(
        'pets diff',
        'pets diff web --build',
        'pets diff --json | jq .apps',
        'pets diff --exit-code',
        'pets diff --out plan.json',
      ),
    )
    .action(actionOf(diff));
}

/** Reads and prints. Without `build` it evaluates nothing and builds nothing; with it nothing is applied. */
export async function diff(
  runtime: Runtime,
  options: DiffOptions,
  apps: readonly string[],
): Promise<ExitCode> {
  const read = await runtime.project();
  const only = selectNamed(apps, read.manifest);
  const look = (wanted: Desired) => observe(runtime, wanted.project, wantedBy(wanted));
  const { project, desired, actual } = await seeSettled(runtime, read, only, { look, mayWrite: false });
  const plan = planOf(desired, actual, { ...options, only });
  const problems = locateProblems(plan.problems, project);
  const isBuilt = options.build && problems.length === 0;
  const builds = isBuilt ? await buildSystems(runtime, { plan, desired, project }) : null;
  const known = knownSystems(runtime, desired.project);
  if (options.out !== TO_STDOUT) {
    const packages = await packagesOf(
      runtime,
      { plan, desired, actual },
      (app) => builds?.systems.get(app.name) ?? systemOf(app, known),
    );
    show(runtime, options, { ...plan, problems }, packages);
  }
  if (problems.length > 0) throw new ProblemError(problems, EXIT.manifest);
  if (builds?.hasFailed) return EXIT.failed;
  if (options.out !== undefined)
    await savePlan(runtime, options.out, { plan, desired, actual, project, choice: choiceOf(options, only) });
  return options.exitCode && plan.apps.some(differs) ? EXIT.changes : EXIT.ok;
}

/** What a person holds is meant to differ. */
function differs({ verb, changes, held, hold }: AppPlan): boolean {
  const isHeld = held !== null && hold !== null;
  return (verb !== 'unchanged' && !isHeld) || changes.some(({ kind }) => kind !== 'held');
}

function show({ output }: Runtime, { json }: DiffOptions, plan: Plan, packages: Packages): void {
  if (!json) {
    output.write(output.typed(diffText(plan, { color: output.colors.stdout, packages })));
    return;
  }
  const apps = plan.apps.map((app) => withPackages(app, packages));
  output.write(jsonText({ ...printPlanRecord(plan), apps }));
}

function choiceOf(
  { prune, recreate, retry, strict, rehearse }: DiffOptions,
  only: ReadonlySet<AppName> | null,
): PlanChoice {
  const choice = { apps: only && [...only].sort(), prune, recreate, retry, strict };
  return rehearse === undefined ? choice : { ...choice, rehearse };
}

function withPackages(app: AppPlan, packages: Packages): object {
  const changes = packages.get(app.app);
  return changes ? { ...app, packages: changes } : app;
}
