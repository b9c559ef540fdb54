import { surplusOf } from '../../executor/rollback.js';
import { orphanedProfiles } from '../../stores/shared.js';
import { surplusGenerations } from '../../stores/stores.js';
import { capabilitiesOf } from '../../domain/store-mode.js';
import type { Operation, Plan } from '../../domain/plan.js';
import { collectPlan, profileOwners } from '../../planner/collect.js';
import { EXIT, type ExitCode } from '../../domain/problem.js';
import type { Runtime } from '../../runtime/runtime.js';
import { showPlan } from '../../runtime/dry-run.js';
import { nothingWanted, observeFor } from '../../runtime/observe.js';
import { resolveDesired } from '../../runtime/project.js';
import { withLock } from '../../runtime/project-lock.js';
import { carryOut, type RunOptions } from '../../runtime/carry-out.js';
import type { CommandLine } from '../command-line.js';
import { dryRun, examples, withRunOptions } from '../options.js';

export function addGc({ program, actionOf }: CommandLine): void {
  withRunOptions(program.command('gc'))
    .summary('remove generations that are not kept any more')
    .description(
      'Removes generations beyond `keep` with their copies of volumes, and what is left on the host of pets that are gone. No volume is touched.',
    )
    .addOption(dryRun())
    .addHelpText('after', examples('pets gc', 'pets gc --dry-run', 'pets gc && nix-collect-garbage'))
    .action(actionOf(gc));
}

/** Lets go of what no pet needs any more. What only that needed is then garbage, of the store's own collector. */
async function gc(runtime: Runtime, options: RunOptions): Promise<ExitCode> {
  const read = () => runtime.project();
  return withLock(runtime, { ...options, read }, async (project) => {
    const desired = await resolveDesired(runtime, project, new Set());
    const actual = await observeFor(runtime, desired.project, { ...nothingWanted, dryRun: options.dryRun });
    // Those of a store of its own are in the container.
    const elsewhere = actual.apps.filter(({ store }) => !capabilitiesOf(store).hasHostProfile);
    const others = new Set<string>(elsewhere.map(({ name }) => name));
    const names = [...profileOwners(actual), ...desired.apps.map(({ name }) => name)];
    const owners = new Set(names.filter((name) => !others.has(name)));
    const whole = collectPlan(desired, actual, orphanedProfiles(desired.project, owners));
    const plan = await withoutIdle(runtime, whole);
    if (plan.operations.length === 0) {
      runtime.output.notice('note', NOTHING);
      return EXIT.ok;
    }
    if (options.dryRun === true) return showPlan(runtime.output, { plan, project });
    const code = await carryOut(runtime, { verb: 'gc', plan, desired, project }, options);
    runtime.output.notice('note', '`nix-collect-garbage` frees what is not needed any more');
    return code;
  });
}

const NOTHING = 'nothing to remove: no generation is beyond `keep`, and each profile has its pet';

/** The plan for the apps that have something to let go of, which it says. */
async function withoutIdle(runtime: Runtime, plan: Plan): Promise<Plan> {
  const found = await Promise.all(plan.operations.map((op) => removedBy(runtime, op, plan.project)));
  const words = new Map(
    plan.operations.flatMap(({ app }, i) => (found[i] == null ? [] : [[app, found[i]] as const])),
  );
  return {
    ...plan,
    apps: plan.apps.flatMap((app) => {
      const removed = words.get(app.app);
      return removed === undefined ? [] : [{ ...app, notes: [...app.notes, removed] }];
    }),
    operations: plan.operations.filter(({ app }) => words.has(app)),
  };
}

/** In words; null: nothing. */
async function removedBy(
  { daemons, programs }: Runtime,
  { app, action }: Operation,
  project: string,
): Promise<string | null> {
  if (action.kind !== 'collect') return 'no pet has this profile any more';
  const { kept, gone, copies } = await surplusOf(app, action.keep, daemons.of(app).incus(project));
  const links = await surplusGenerations(project, app, action.store, kept, programs.exec);
  const generations = [...new Set([...gone, ...links])].sort((a, b) => a - b);
  const parts = [
    ...(generations.length > 0 ? [`generation ${generations.join(', ')}`] : []),
    ...copies.map(({ volume, name }) => `the copy ${name} of the volume \`${volume.volume}\``),
    // What is garbage in there, only its collection tells.
    ...(!capabilitiesOf(action.store).sharesHostStore ? ['what is garbage in its own store'] : []),
  ];
  return parts.length === 0 ? null : `beyond \`keep\`: ${parts.join(', ')}`;
}
