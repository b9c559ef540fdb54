import { urlOf } from '../listen.js';
import type {
  Actual,
  ActualApp,
  AppName,
  AppPlan,
  Change,
  Claim,
  Desired,
  DesiredApp,
  Interrupts,
  Operation,
  Plan,
  Verb,
} from '../model.js';
import { conflictsOf } from './conflicts.js';
import { changesOf } from './diff.js';
import { breakFirst, moveOf, waitsFor, type Move } from './exposure.js';
import { destroyOperations, operationsOf } from './operations.js';

export type PlanOptions = {
  /** Carry out the destroys; otherwise they are held. */
  readonly prune: boolean;
  /** The apps a person selected; null: all. Selecting never prunes. */
  readonly only: ReadonlySet<AppName> | null;
};

/** Pure: the same desired and actual state give the same plan, in the same order. */
export function planOf(desired: Desired, actual: Actual, { prune, only }: PlanOptions): Plan {
  const selected = desired.apps.filter((app) => only === null || only.has(app.name));
  const gone = only === null ? goneApps(desired, actual) : [];
  const found = new Map(actual.apps.map((app) => [app.name, app]));
  const moves = [
    ...selected.map((app) => moveOf(app, found.get(app.name) ?? null)),
    ...(prune ? gone.map(vacate) : []),
  ];
  const waits = waitsFor(moves);
  const context = { moves: new Map(moves.map((m) => [m.app, m])), waits, breakFirst: breakFirst(waits) };
  const planned = selected.map((app) => planApp(app, found.get(app.name) ?? null, context));
  const destroyed = gone.map((app) => destroyPlan(app, prune));
  const operations = [
    ...planned.flatMap((p) => p.operations),
    ...(prune ? gone.flatMap((app) => destroyOperations(app)) : []),
  ];
  return {
    version: 1,
    project: desired.project,
    apps: [...planned.map((p) => p.summary), ...destroyed].sort(byName),
    operations: buildsFirst(operations, found),
    problems: conflictsOf({ ...desired, apps: selected }, actual, moves, staying(desired, actual, moves)),
  };
}

function planApp(
  app: DesiredApp,
  actual: ActualApp | null,
  context: Parameters<typeof operationsOf>[3],
): { summary: AppPlan; operations: Operation[] } {
  const changes = changesOf(app, actual);
  const operations = operationsOf(app, actual, changes, context);
  const summary: AppPlan = {
    app: app.name,
    verb: verbOf(actual, operations),
    changes,
    interrupts: worst(operations),
    url: app.listen ? urlOf(app.listen) : null,
    held: null,
  };
  return { summary, operations };
}

function verbOf(actual: ActualApp | null, operations: readonly Operation[]): Verb {
  const kinds = new Set(operations.map((o) => o.action.kind));
  if (!actual || (actual.state === 'creating' && !actual.applied)) return 'create';
  if (kinds.has('build')) return 'rebuild';
  if (kinds.has('start')) return 'start';
  if (kinds.has('expose') || kinds.has('unexpose') || kinds.has('revive')) return 'proxy-update';
  return kinds.size > 0 ? 'metadata' : 'unchanged';
}

const SEVERITY: readonly Interrupts[] = ['nothing', 'exposure', 'service', 'container'];

function worst(operations: readonly Operation[]): Interrupts {
  const at = Math.max(0, ...operations.map((o) => SEVERITY.indexOf(o.interrupts)));
  return SEVERITY[at] ?? 'nothing';
}

function goneApps(desired: Desired, actual: Actual): ActualApp[] {
  const wanted = new Set(desired.apps.map((app) => app.name));
  return actual.apps.filter((app) => !wanted.has(app.name));
}

function destroyPlan(app: ActualApp, prune: boolean): AppPlan {
  const gone: Change = { facet: 'power', field: 'instance', kind: 'changed', from: app.status, to: null };
  return {
    app: app.name,
    verb: 'destroy',
    changes: [gone],
    interrupts: 'container',
    url: null,
    held: prune ? null : 'no longer in the manifest; `pets up --prune` destroys it',
  };
}

/** A destroyed app's exposures go with it: whoever takes its port waits for that. */
function vacate(app: ActualApp): Move {
  return { app: app.name, add: null, drop: app.exposures, dead: null, opens: null, leaves: true };
}

/** Exposures of our own instances that this plan leaves alone: not selected, or gone and not pruned. */
function staying(desired: Desired, actual: Actual, moves: readonly Move[]): Claim[] {
  const planned = new Set(moves.map((m) => m.app));
  const wanted = new Set(desired.apps.map((app) => app.name));
  return actual.apps
    .filter((app) => !planned.has(app.name))
    .flatMap((app) => app.exposures.map((e) => ({ app, listen: e.listen })))
    .flatMap(({ app, listen }) =>
      listen
        ? [
            {
              listen,
              live: true,
              passing: false,
              holder: wanted.has(app.name) ? `app \`${app.name}\`` : goneHolder(app.name),
            },
          ]
        : [],
    );
}

function goneHolder(name: AppName): string {
  return `\`${name}\`, which is no longer in the manifest (\`pets up --prune\` destroys it)`;
}

/** A broken flake must not be found out after some other app has already been changed. */
function buildsFirst(operations: readonly Operation[], found: ReadonlyMap<AppName, ActualApp>): Operation[] {
  const builds = operations.filter((o) => o.action.kind === 'build').map((o) => o.id);
  return operations.map((op) =>
    changesRunningApp(op, found) ? { ...op, after: builds.filter((b) => !op.needs.includes(b)) } : op,
  );
}

const TOUCHES: ReadonlySet<string> = new Set([
  'repair',
  'set-profile',
  'activate',
  'expose',
  'unexpose',
  'revive',
  'stop',
]);

function changesRunningApp(op: Operation, found: ReadonlyMap<AppName, ActualApp>): boolean {
  return TOUCHES.has(op.action.kind) && found.get(op.app)?.status === 'Running';
}

function byName(a: AppPlan, b: AppPlan): number {
  return a.app < b.app ? -1 : a.app > b.app ? 1 : 0;
}
