import type { Desired } from '../../domain/desired.js';
import type { Plan, Verb } from '../../domain/plan.js';
import { planOf } from '../../planner/plan.js';
import type { ExitCode } from '../../domain/problem.js';
import { diffText } from '../../ui/index.js';
import type { Runtime } from '../../runtime/runtime.js';
import { endRestores, observeToMake, wantedBy } from '../../runtime/observe.js';
import { seeSettled } from '../../runtime/settle-updates.js';
import { withLock } from '../../runtime/project-lock.js';
import { selectNamed } from '../../runtime/select.js';
import { type RunOptions, carryOut } from '../../runtime/carry-out.js';
import { upByPlan } from '../../runtime/up-by-plan.js';
import { diff } from './diff.js';
import type { CommandLine } from '../command-line.js';
import { examples, flag, prune, recreate, rehearse, retry, strict, withRunOptions } from '../options.js';

type UpOptions = RunOptions & {
  readonly prune: boolean;
  readonly recreate: boolean;
  readonly retry: boolean;
  readonly strict: boolean;
  /** Absent: as the manifest says. */
  readonly rehearse?: boolean;
  /** The file of a plan that is to be carried out as it stands. */
  readonly plan?: string;
};

export function addUp({ program, actionOf }: CommandLine): void {
  rehearse(withRunOptions(program.command('up [app...]')))
    .summary('make the machine match the manifest')
    .description(
      'Creates, rebuilds, re-exposes and starts apps until the machine is as the manifest says, each with the smallest change that does it.',
    )
    .option(
      '--plan <file>',
      'carry out this plan of `diff --out`, or nothing where something has moved since',
    )
    .addOption(prune())
    .addOption(recreate())
    .addOption(retry())
    .addOption(strict())
    .addOption(flag('-n, --dry-run', 'only show what would be done, as `pets diff`').default(false))
    .addHelpText(
      'after',
      examples(
        'pets up',
        'pets up hello blog',
        'pets up --prune',
        'pets up --progress json 2> events.jsonl',
        'pets up --plan plan.json',
      ),
    )
    .action(actionOf(up));
}

async function up(runtime: Runtime, options: UpOptions, apps: readonly string[]): Promise<ExitCode> {
  const { plan: file } = options;
  if (file !== undefined) return upByPlan(runtime, { ...options, plan: file }, apps);
  if (options.dryRun === true)
    return diff(runtime, { ...options, json: false, exitCode: false, build: false }, apps);
  const read = async () => {
    const project = await runtime.project();
    return { ...project, only: selectNamed(apps, project.manifest) };
  };
  return withLock(runtime, { ...options, read }, async ({ only, ...read }) => {
    await endRestores(runtime, read.manifest.project);
    const look = (wanted: Desired) => observeToMake(runtime, wanted.project, wantedBy(wanted));
    const { project, desired, actual } = await seeSettled(runtime, read, only, { look, mayWrite: true });
    const planFor = (allowed: Allowed) => planOf(desired, actual, { ...options, ...allowed, only });
    const plan = planFor(await allowedBy(runtime, options, planFor(options)));
    return carryOut(runtime, { verb: 'up', plan, desired, project }, options);
  });
}

/** What deletes containers happens only where a person said so: by a flag, or when asked. */
type Allowed = Pick<UpOptions, 'prune' | 'recreate'>;

async function allowedBy(runtime: Runtime, options: UpOptions, plan: Plan): Promise<Allowed> {
  const held = plan.apps.filter((app) => app.held !== null);
  if (held.length === 0 || plan.problems.length > 0 || !runtime.prompt.mayAsk) return options;
  const { stderr, colors, typed } = runtime.output;
  stderr.write(typed(diffText(plan, { color: colors.stderr })));
  const asked = async (verb: Verb, question: (names: string) => string) => {
    const names = held.filter((app) => app.verb === verb).map((app) => app.app);
    return names.length > 0 && (await runtime.prompt.confirm(question(names.join(', '))));
  };
  const lost = 'What is on their root disks is lost; volumes are kept.';
  return {
    prune: options.prune || (await asked('destroy', (names) => `Destroy ${names}? ${lost}`)),
    recreate: options.recreate || (await asked('recreate', (names) => `Make ${names} anew? ${lost}`)),
  };
}
