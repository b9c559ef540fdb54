import { graceIn, renameChange } from '../facets/meta.js';
import { urlOf } from '../domain/binding.js';
import type { ActionKind } from '../domain/action.js';
import type { Actual, ActualApp, PortOwner } from '../domain/actual.js';
import type { AppName } from '../domain/names.js';
import type { AppPlan, Change, Interrupts, Operation, Plan, Verb } from '../domain/plan.js';
import type { Desired, DesiredApp } from '../domain/desired.js';
import { FACETS } from '../facets/index.js';
import { compare, movesStore, type Compared } from './compare.js';
import { conflictsOf } from './conflicts.js';
import { breakFirst, moveOf, vacate, waitsFor, type ExposureChange } from './exposure.js';
import { lastGood, targetOf, rollbackTargetOf, type Rollback } from './target.js';
import { matchApps } from './match.js';
import {
  condemnedPlan,
  destroyPlan,
  heldByHandPlan,
  heldPlan,
  holdNotes,
  holdOn,
  lostPlan,
  storeChange,
} from './unmanaged.js';
import { notesOf } from './notes.js';
import { destroyOperations, operationsOf } from './operations.js';
import { inOrder } from './schedule.js';
import { protectionProblems } from './protected.js';

export type PlanOptions = {
  /** Carry out the destroys; otherwise they are held. */
  readonly prune: boolean;
  /** Make containers anew whose store mode changes; otherwise they are held. */
  readonly recreate: boolean;
  /** Try again what failed before; otherwise it is held. */
  readonly retry: boolean;
  /** Take away what somebody has added to the containers. */
  readonly strict?: boolean;
  /** Try each new system in a twin first, or do not; absent: as the manifest says. */
  readonly rehearse?: boolean | undefined;
  /** The generation that a person wants of the selected app. */
  readonly rollback?: Rollback;
  /** The apps a person selected; null: all. Selecting never prunes. */
  readonly only: ReadonlySet<AppName> | null;
  /** How long a stop may take of apps that are to go, as the manifest says it; of others, as was last applied. */
  readonly graces?: ReadonlyMap<AppName, number>;
};

/** Pure: the same desired and actual state give the same plan, in the same order. */
export function planOf(desired: Desired, actual: Actual, options: PlanOptions): Plan {
  const { prune, recreate, retry, strict = false, rollback, only, graces } = options;
  const selected = desired.apps
    .filter((app) => only === null || only.has(app.name))
    .map((app) => ({ ...app, rehearsal: rehearsalOf(app, options.rehearse) }));
  const instances = matchApps(desired, actual);
  const lost = selected.flatMap((app) => lostAs(app, instances.get(app.name)));
  const known = selected.filter(({ name }) => !lost.some(({ app }) => app === name));
  const compared = known.map((app) => {
    const there = instances.get(app.name) ?? null;
    const goal = rollback && there ? rollbackTargetOf(app, there, rollback) : targetOf(app, there, retry);
    return compare(app, goal, there, actual, strict);
  });
  const gone = only === null ? goneApps(actual, instances) : [];
  const [held, ready] = split(compared, (app) => isLeftAlone(app) || (movesStore(app) && !recreate));
  const moves = [...ready.map(moveFor), ...(prune ? gone.map(vacate) : [])];
  const waits = waitsFor(moves);
  const context = { moves: new Map(moves.map((m) => [m.app, m])), waits, breakFirst: breakFirst(waits) };
  const planned = ready.map((app) => planApp(app, operationsOf(app, context), actual));
  const operations = [
    ...planned.flatMap((p) => p.operations),
    ...(prune
      ? gone.flatMap((app) => destroyOperations(app, graces?.get(app.name) ?? graceIn(app.applied?.facets)))
      : []),
  ];
  const summaries = [
    ...planned.map((p) => p.summary),
    ...held.map(heldSummary),
    ...lost,
    ...gone.map((app) => destroyPlan(app, actual, prune, ready.some(isNew))),
  ];
  const kept = { ...desired, apps: ready.map(({ app }) => app) };
  const handled = new Set([...ready.map((c) => c.actual?.name), ...(prune ? gone.map((g) => g.name) : [])]);
  return {
    version: 1,
    project: desired.project,
    apps: summaries.sort(byName),
    operations: inOrder(operations, kept, actual),
    problems: [
      ...conflictsOf(kept, ready, actual, moves, staying(desired, actual, handled)),
      ...ready.flatMap(({ app, actual: there }) =>
        there ? protectionProblems(there, app.name, operations) : [],
      ),
      ...gone.flatMap((app) => protectionProblems(app, app.name, operations)),
    ],
  };
}

function rehearsalOf({ rehearsal }: DesiredApp, isAsked: boolean | undefined): DesiredApp['rehearsal'] {
  if (isAsked === undefined) return rehearsal;
  return isAsked ? (rehearsal ?? { network: false }) : null;
}

function moveFor(compared: Compared): ExposureChange {
  const { app, actual, fate } = compared;
  if (actual && movesStore(compared))
    return { ...moveOf(app, null, 'starts'), drop: actual.exposures, leaves: true };
  return moveOf(app, actual, fate);
}

function planApp(
  compared: Compared,
  operations: Operation[],
  actual: Actual,
): { summary: AppPlan; operations: Operation[] } {
  const { app } = compared;
  const verb = verbOf(compared, operations);
  const summary: AppPlan = {
    app: app.name,
    verb,
    changes: [
      ...ownChanges(compared),
      ...compared.changes,
      ...compared.heldBack,
      ...compared.unknown,
      ...compared.added,
    ],
    interrupts: worst(operations),
    url: app.listen ? urlOf(app.listen) : null,
    held: null,
    condemned: compared.aim.kind === 'hold',
    hold: holdOn(compared),
    notes: [...notesOf(compared, actual), ...holdNotes(compared), ...rehearsalNotes(operations)],
  };
  return { summary, operations };
}

function rehearsalNotes(operations: readonly Operation[]): string[] {
  const isRehearsed = operations.some(({ action }) => action.kind === 'rehearse');
  return isRehearsed ? ['its new system is tried in a twin before it serves'] : [];
}

function verbOf(compared: Compared, operations: readonly Operation[]): Verb {
  const { app, actual } = compared;
  const kinds = new Set(operations.filter(({ phase }) => phase === 'forward').map((o) => o.action.kind));
  if (movesStore(compared)) return 'recreate';
  if (compared.aim.kind !== 'build' && kinds.has('return')) return 'rollback';
  if (!actual || (actual.state === 'creating' && !actual.applied)) return 'create';
  if (actual.name !== app.name) return 'rename';
  const largest = LARGEST_FIRST.find((verb) => CHANGED_BY.get(verb)?.some((kind) => kinds.has(kind)));
  if (largest) return largest;
  if (kinds.size > 0) return 'metadata';
  return compared.unknown.length > 0 ? 'unknown' : 'unchanged';
}

/** What a change comes to, by the operations that its facet has for it. */
const LARGEST_FIRST: readonly Verb[] = [
  ...(['rebuild', 'restart', 'start', 'secrets', 'reconfigure', 'proxy-update'] as const),
];
const CHANGED_BY: ReadonlyMap<Verb, readonly ActionKind[]> = new Map(
  LARGEST_FIRST.map((verb) => {
    const all = FACETS.flatMap(([, { changedBy }]) => changedBy);
    return [verb, all.flatMap((one) => (one.verb === verb ? one.by : []))];
  }),
);

const SEVERITY: readonly Interrupts[] = ['nothing', 'exposure', 'service', 'container'];

function worst(operations: readonly Operation[]): Interrupts {
  const forward = operations.filter(({ phase }) => phase === 'forward');
  const at = Math.max(0, ...forward.map((o) => SEVERITY.indexOf(o.interrupts)));
  return SEVERITY[at] ?? 'nothing';
}

/** Instances of the project that no app of the manifest has, by its name or its former one. */
function goneApps({ apps }: Actual, instances: ReadonlyMap<AppName, ActualApp>): ActualApp[] {
  const claimed = new Set([...instances.values()].map(({ name }) => name));
  return apps.filter((app) => !claimed.has(app.name));
}

function isNew({ actual }: Compared): boolean {
  return actual === null;
}

/** What the manifest says failed before, or a person keeps it back, and all that is to be meanwhile is there. */
function isLeftAlone({ app, aim, actual, changes, removes, heldBack }: Compared): boolean {
  if (changes.length + removes.length > 0) return false;
  return (
    aim.kind === 'hold' || (aim.kind === 'hold-by-hand' && heldBack.length > 0 && actual?.name === app.name)
  );
}

function heldSummary(compared: Compared): AppPlan {
  if (compared.aim.kind === 'hold-by-hand') return heldByHandPlan(compared);
  return isLeftAlone(compared) ? condemnedPlan(compared) : heldPlan(compared);
}

/** Held, by what pets cannot read any more: of its records there is none to go by. */
function lostAs(app: DesiredApp, there: ActualApp | undefined): AppPlan[] {
  return there?.hold && lastGood(there) === null ? [lostPlan(app, there.hold)] : [];
}

/** What no facet has: of the container as a whole. */
function ownChanges(compared: Compared): Change[] {
  const { app, actual } = compared;
  if (movesStore(compared)) return [storeChange(compared)];
  if (!actual || actual.name === app.name) return [];
  return [renameChange(actual.name, app.name)];
}

/** Exposures of our own instances that this plan leaves alone: not selected, held, or gone and not pruned. */
function staying(desired: Desired, actual: Actual, handled: ReadonlySet<AppName | undefined>): PortOwner[] {
  const owners = new Map([...matchApps(desired, actual)].map(([app, { name }]) => [name, app]));
  return actual.apps
    .filter((app) => !handled.has(app.name))
    .flatMap(({ name, exposures }) =>
      exposures.flatMap(({ binding }) => {
        const owner = owners.get(name);
        const holder = owner === undefined ? goneHolder(name) : `app \`${owner}\``;
        return binding ? [{ binding, live: true, passing: false, holder }] : [];
      }),
    );
}

function goneHolder(name: AppName): string {
  return `\`${name}\`, which is no longer in the manifest (\`pets up --prune\` destroys it)`;
}

function split<T>(items: readonly T[], isFirst: (item: T) => boolean): [T[], T[]] {
  return [items.filter(isFirst), items.filter((item) => !isFirst(item))];
}

function byName(a: AppPlan, b: AppPlan): number {
  return a.app < b.app ? -1 : a.app > b.app ? 1 : 0;
}
