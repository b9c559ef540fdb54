import type { Actual, AppName, AppPlan, Desired, Operation, Plan } from '../model.js';
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
  const drops = orphans.flatMap((name): Operation[] => {
    const ops = new Chain(name);
    ops.then({ kind: 'drop-profile', store: 'shared' }, 'there is no such pet');
    return [...ops.all];
  });
  const operations = [...collects, ...drops];
  return {
    version: 1,
    project: desired.project,
    apps: operations.map(({ app }) => planFor(app)),
    operations,
    problems: [],
  };
}

function planFor(app: AppName): AppPlan {
  const nothing = { changes: [], interrupts: 'nothing', url: null, held: null, condemned: false } as const;
  return { app, verb: 'collect', ...nothing, notes: [] };
}
