import { isKept, type Aim } from './aim.js';
import type { Actual, ActualApp } from '../domain/actual.js';
import type { Change } from '../domain/plan.js';
import type { DesiredApp } from '../domain/desired.js';
import type { Facets } from '../domain/facet.js';
import type { InstanceState } from '../domain/instance-state.js';
import { preferredStore, type StoreMode } from '../domain/store-mode.js';
import { asks, FACETS } from '../facets/index.js';
import { dataMove, movesData, volumesFor, type DataMove } from './data.js';
import { changesOf, heldBackOf } from './diff.js';
import type { PowerTransition } from './exposure.js';
import { isDirty, type Goal } from './target.js';
import { takenBy, type Taken } from './match.js';
import { updateInstance, type InstanceUpdate } from './instance-update.js';

/** One app, compared: what its operations are made from. */
export type Compared = {
  readonly app: DesiredApp;
  /** What the manifest says, which is not what is brought about where that failed before. */
  readonly wanted: Facets;
  readonly aim: Aim;
  /** An upgrade that was cut short is taken back: whatever runs now, it is stopped first. */
  readonly resumesRollback: boolean;
  /** Under its name, or its former one. */
  readonly actual: ActualApp | null;
  readonly changes: readonly Change[];
  /** Fields of which nobody knows what is wanted: nothing is done about them. */
  readonly unknown: readonly Change[];
  /** What somebody has added on the machine. */
  readonly added: readonly Change[];
  /** What of it is to be taken away. */
  readonly removes: readonly Change[];
  /** What the manifest says, and a person who holds the app keeps back. */
  readonly heldBack: readonly Change[];
  /** Whether what is in the way of a device of ours is to give way. */
  readonly isStrict: boolean;
  readonly store: StoreMode;
  readonly update: InstanceUpdate;
  readonly fate: PowerTransition;
  /** Those that its system may write to. */
  readonly volumes: readonly string[];
  readonly data: DataMove;
  /** What is the app's own and bears another name of its. */
  readonly renameClaim: Taken | null;
  /** The last generation that is recorded; 0: none. Of a container that is made anew, too: its volumes have copies of them. */
  readonly newest: number;
};

export function compare(
  wanted: DesiredApp,
  goal: Goal,
  there: ActualApp | null,
  actual: Actual,
  isStrict: boolean,
): Compared {
  const { app } = goal;
  const store = storeOf(app, there, actual);
  const base = movesStore({ actual: there, store }) ? null : there;
  // A container that is made anew has nothing to go back to.
  const aim: Aim = base ? goal.aim : { kind: 'build' };
  const differences = changesOf(app, base);
  const changes = differences.filter(({ kind }) => kind !== 'unknown');
  const unknown = differences.filter(({ kind }) => kind === 'unknown');
  const taken = takenBy(app, there, actual);
  const kept = actual.volumes.filter((v) => v.app === app.name || taken?.volumes.includes(v));
  const added = FACETS.flatMap(([facet, definition]) =>
    (definition.added?.(app, base) ?? []).map((one) => ({ facet, ...one })),
  );
  const removes = isStrict ? added : [];
  const refit = updateInstance({ app, actual: base, changes, removes, kept, store });
  const rebuilt = app.activation === 'restart' && changes.some((change) => asks(change, 'build'));
  const volumes = volumesFor(app, base, kept);
  const data = dataMove(goal, base, changes, volumes);
  const heldBack = aim.kind === 'hold-by-hand' ? heldBackOf(wanted.facets, app.facets) : [];
  const comesBack = isKept(aim) && base !== null && isDirty(base);
  const isStopped = refit.needsRestart || rebuilt || movesData(data) || comesBack || base?.name !== app.name;
  const fate = isStopped ? 'starts' : (FATES[base.status] ?? 'starts');
  return {
    ...{ app, wanted: wanted.facets, aim, resumesRollback: comesBack, actual: there },
    ...{
      changes,
      unknown,
      added,
      removes,
      heldBack,
      isStrict,
      store,
      update: refit,
      fate,
      volumes,
      data,
      renameClaim: taken,
    },
    newest: newestOf(there),
  };
}

function newestOf(there: ActualApp | null): number {
  const recorded = there?.generations.map(({ generation }) => generation) ?? [];
  return Math.max(0, there?.applied?.generation ?? 0, ...recorded);
}

const FATES: Readonly<Partial<Record<InstanceState, PowerTransition>>> = { Running: 'runs', Frozen: 'thaws' };

/** A container keeps the store it has until the manifest says otherwise, and while it is being renamed. */
function storeOf(app: DesiredApp, there: ActualApp | null, { sharedStoreBlocker }: Actual): StoreMode {
  if (there && (app.store === null || there.name !== app.name)) return there.store;
  return app.store ?? preferredStore(sharedStoreBlocker);
}

/** Whether the store mode that the app is to have is not the one that its container was made with. */
export function movesStore({ actual, store }: Pick<Compared, 'actual' | 'store'>): boolean {
  return actual !== null && actual.store !== store;
}
