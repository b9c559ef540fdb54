import type { Actual } from '../domain/actual.js';
import type { AppName } from '../domain/names.js';
import type { AppPlan, Operation, Plan } from '../domain/plan.js';
import type { Desired } from '../domain/desired.js';
import { HOST_PROFILE_STORE } from '../domain/store-mode.js';
import { Chain } from './chain.js';

/** What no pet needs any more: generations beyond `keep`, and profiles on the host (`orphans`) that no pet has. */
export function collectPlan(desired: Desired, actual: Actual, orphans: readonly AppName[]): Plan {
  const collects = desired.apps.flatMap(({ name, keep }): Operation[] => {
    const there = actual.apps.find((app) => app.name === name);
    // While a run that was cut short is to be ended, nothing of what it may need goes.
    if (there?.state !== 'ready') return [];
    const ops = new Chain(name);
    ops.then({ kind: 'collect', keep, store: there.store }, `${keep} are kept`);
    return [...ops.all];
  });
  const plan: Plan = {
    version: 1,
    project: desired.project,
    apps: collects.map(({ app }) => planFor(app)),
    operations: collects,
    problems: [],
  };
  return withDrops(plan, orphans);
}

/** The plan, and profiles on the host go (`orphans`) that no pet has: those of a run that was killed, say. */
export function withDrops(plan: Plan, orphans: readonly AppName[]): Plan {
  const drops = orphans.flatMap((name): Operation[] => {
    const ops = new Chain(name);
    ops.then({ kind: 'drop-profile', store: HOST_PROFILE_STORE }, 'there is no such pet');
    return [...ops.all];
  });
  const apps = [...plan.apps, ...drops.map(({ app }) => planFor(app))];
  return { ...plan, apps, operations: [...plan.operations, ...drops] };
}

/** Whoever has, or may be about to have, a profile on the host. */
export function profileOwners({ apps }: Actual): ReadonlySet<string> {
  return new Set(
    apps.flatMap(({ name, renamingTo, renamedFrom }) => [name, renamingTo ?? name, renamedFrom ?? name]),
  );
}

function planFor(app: AppName): AppPlan {
  const nothing = {
    changes: [],
    interrupts: 'nothing',
    url: null,
    held: null,
    condemned: false,
    hold: null,
  } as const;
  return { app, verb: 'collect', ...nothing, notes: [] };
}
