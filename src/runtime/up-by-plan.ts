import type { Plan, Verb } from '../domain/plan.js';
import { EXIT, ProblemError, type ExitCode } from '../domain/problem.js';
import type { PlanChoice, SavedPlan } from '../domain/saved-plan.js';
import { diffText } from '../ui/index.js';
import { carryOut, type RunOptions } from './carry-out.js';
import { showPlan } from './dry-run.js';
import { observe, observeSettled, observeToMake, wantedBy } from './observe.js';
import { readPlan } from './plan-file.js';
import { withLock } from './project-lock.js';
import { resolveDesired, type Project } from './project.js';
import type { Runtime } from './runtime.js';
import { checkOrigin, planAgain, selectionOf, staleByRestore } from './saved-plan.js';

/** What says otherwise which plan is meant. */
type Flags = Omit<PlanChoice, 'apps'>;
export type ByPlan = RunOptions & Flags & { readonly plan: string };

/** Carries out the saved plan as it stands, or nothing of it. */
export async function upByPlan(
  runtime: Runtime,
  options: ByPlan,
  apps: readonly string[],
): Promise<ExitCode> {
  const file = options.plan;
  const saved = readPlan(runtime, file);
  refuseOtherChoice(saved, options, apps);
  const read = async () => {
    const project = await runtime.project();
    checkOrigin(saved, project.manifest, file);
    return project;
  };
  return withLock(runtime, { ...options, read }, async (project) => {
    const desired = await resolveDesired(runtime, project, selectionOf(saved));
    const again = { runtime, saved, project, file, desired };
    if (options.dryRun === true) return showPlan(runtime.output, { plan: await lookOnly(again), project });
    const plan = await findAgain(again);
    await confirmLosses(runtime, plan, options);
    return carryOut(runtime, { verb: 'up', plan, desired, project }, options);
  });
}

type Again = {
  readonly runtime: Runtime;
  readonly saved: SavedPlan;
  readonly project: Project;
  readonly file: string;
  readonly desired: Parameters<typeof wantedBy>[0];
};

async function lookOnly({ runtime, saved, desired, ...of }: Again): Promise<Plan> {
  const actual = await observe(runtime, desired.project, wantedBy(desired));
  return planAgain(saved, { desired, actual }, of);
}

/** Before anything is touched; and again with what only those know who are about to make containers. */
async function findAgain({ runtime, saved, desired, ...of }: Again): Promise<Plan> {
  const wanted = wantedBy(desired);
  const { actual, isRestoring } = await observeSettled(runtime, desired.project, wanted);
  planAgain(saved, { desired, actual }, of);
  if (isRestoring) throw staleByRestore(of.file);
  return planAgain(saved, { desired, actual: await observeToMake(runtime, desired.project, wanted) }, of);
}

/** A variable may have said it of every command: what the plan was made with it may be said once more. */
function refuseOtherChoice({ choice }: SavedPlan, options: ByPlan, apps: readonly string[]): void {
  const flags = (['prune', 'recreate', 'retry', 'strict'] as const).filter(
    (flag) => options[flag] && !choice[flag],
  );
  const rehearse = options.rehearse ?? choice.rehearse;
  const others = [
    ...apps,
    ...flags.map((flag) => `--${flag}`),
    ...(rehearse === choice.rehearse ? [] : [rehearse === true ? '--rehearse' : '--no-rehearse']),
  ];
  if (others.length === 0) return;
  const message = `\`pets up --plan\` does what was planned, and does not go with ${others.join(' ')}`;
  const hint = `\`pets diff ${others.join(' ')} --out ${options.plan}\` plans that`;
  throw new ProblemError({ code: 'usage', message, hint }, EXIT.usage);
}

const LOSSES: Readonly<Partial<Record<Verb, string>>> = { destroy: 'Destroy', recreate: 'Make anew' };

/** Who saved the plan may be another than who carries it out. A no is a no to all of it. */
async function confirmLosses({ prompt, output }: Runtime, plan: Plan, { yes }: ByPlan): Promise<void> {
  const losing = plan.apps.filter(({ verb }) => LOSSES[verb] !== undefined);
  if (losing.length === 0 || yes || !prompt.mayAsk) return;
  output.stderr.write(output.typed(diffText(plan, { color: output.colors.stderr })));
  const words = losing.map(({ app, verb }) => `${LOSSES[verb] ?? ''} ${app}`).join(', ');
  if (await prompt.confirm(`${words}? What is on their root disks is lost; volumes are kept.`)) return;
  throw new ProblemError({ code: 'not-confirmed', message: 'nothing was touched' }, EXIT.failed);
}
