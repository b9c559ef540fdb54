import { formatListen } from '../listen.js';
import type { Action, SystemRef } from '../actions.js';
import type {
  ActualApp,
  AppName,
  Change,
  DesiredApp,
  Exposure,
  Interrupts,
  OpId,
  Operation,
} from '../model.js';
import { causeOf } from './diff.js';
import type { Move } from './exposure.js';

export type ExposureContext = {
  readonly moves: ReadonlyMap<AppName, Move>;
  /** App → apps that must let go of an overlapping exposure before it can add its own. */
  readonly waits: ReadonlyMap<AppName, readonly AppName[]>;
  readonly breakFirst: ReadonlySet<AppName>;
};

/** The operations of one app, each one effect, in an order in which a failure loses nothing. */
export function operationsOf(
  app: DesiredApp,
  actual: ActualApp | null,
  changes: readonly Change[],
  context: ExposureContext,
): Operation[] {
  const ops = new Chain(app.name);
  const system = changes.filter((c) => c.facet === 'system');
  const ref = systemRef(actual, system);
  if (system.length > 0) buildSystem(ops, app, system);
  const altered = changes.filter((c) => c.facet === 'container');
  if (altered.length > 0) ops.then({ kind: 'repair' }, causes(altered));
  if (actual?.status === 'Running') {
    if (system.length > 0) switchSystem(ops, system, ref);
    moveExposure(ops, app.name, changes, context);
  } else {
    bringUp(ops, app.name, actual, system, ref, context);
    addExposure(ops, app.name, changes, context);
  }
  if (ops.all.length > 0 || changes.length > 0) {
    const facets = [...new Set(changes.map((c) => c.facet))].join(', ');
    ops.then({ kind: 'record', facets: app.facets, system: ref }, `as the manifest says: ${facets}`);
  }
  return ops.all;
}

function switchSystem(ops: Chain, system: readonly Change[], ref: SystemRef): void {
  ops.then({ kind: 'activate' }, causes(system), 'service');
  ops.then({ kind: 'settle', system: ref }, SETTLE_CAUSE);
}

/** An app that does not run: not there, stopped, or frozen. */
function bringUp(
  ops: Chain,
  app: AppName,
  actual: ActualApp | null,
  system: readonly Change[],
  ref: SystemRef,
  context: ExposureContext,
): void {
  if (!actual) ops.then({ kind: 'create' }, 'not there yet');
  // A device whose port is taken would stop the container at its start: clear them away before.
  dropExposures(ops, app, context);
  const from = actual?.status === 'Frozen' ? 'Frozen' : 'Stopped';
  const cause = actual ? `it is ${actual.status.toLowerCase()}` : 'just created';
  // A device that stays opens its port at the start; one that is added comes after.
  const freed = context.moves.get(app)?.add ? [] : freedFor(app, context);
  ops.then({ kind: 'start', from }, cause, 'nothing', freed);
  // A frozen guest goes on with the system that it was frozen with; any other boots the newest.
  if (from === 'Frozen' && system.length > 0) ops.then({ kind: 'activate' }, causes(system), 'service');
  ops.then({ kind: 'settle', system: ref }, SETTLE_CAUSE);
}

const SETTLE_CAUSE = 'the app must run the system it was given';

export function destroyOperations(app: ActualApp): Operation[] {
  const ops = new Chain(app.name);
  const cause = 'no longer in the manifest';
  if (app.status !== 'Stopped') ops.then({ kind: 'stop' }, cause, 'container');
  // The marked instance goes last: as long as it is there, the next run knows that there is something to finish.
  ops.then({ kind: 'drop-profile' }, cause);
  ops.then({ kind: 'delete' }, cause, 'container');
  return ops.all;
}

/** Operations of one app, each needing the one before. */
class Chain {
  readonly all: Operation[] = [];
  readonly #app: AppName;

  constructor(app: AppName) {
    this.#app = app;
  }

  then(
    action: Action,
    cause: string,
    interrupts: Interrupts = 'nothing',
    alsoNeeds: readonly OpId[] = [],
  ): OpId {
    const last = this.all.at(-1);
    const id = idOf(this.#app, action);
    const needs = [...(last ? [last.id] : []), ...alsoNeeds.filter((other) => other !== last?.id)];
    this.all.push({ id, app: this.#app, action, cause, interrupts, needs, after: [] });
    return id;
  }
}

function idOf(app: AppName, action: Action): OpId {
  return 'device' in action ? `${app}/${action.kind}:${action.device}` : `${app}/${action.kind}`;
}

function buildSystem(ops: Chain, app: DesiredApp, system: readonly Change[]): void {
  const urls = unpinned(app);
  if (urls.length > 0) ops.then({ kind: 'lock', urls }, 'not in pets.lock yet');
  ops.then({ kind: 'evaluate' }, causes(system));
  ops.then({ kind: 'build' }, causes(system));
  ops.then({ kind: 'set-profile' }, causes(system));
}

/** A pet without a record has every facet new, the system among them: it is built. */
function systemRef(actual: ActualApp | null, system: readonly Change[]): SystemRef {
  if (!actual?.applied || system.length > 0) return { kind: 'built' };
  return { kind: 'applied', toplevel: actual.applied.toplevel, generation: actual.applied.generation };
}

function unpinned(app: DesiredApp): string[] {
  const open = [app.source, app.nixpkgs].filter((s) => s.kind === 'remote' && s.locked === null);
  return [...new Set(open.map((s) => s.ref.url))];
}

function causes(changes: readonly Change[]): string {
  return [...new Set(changes.map(causeOf))].join(', ');
}

/** Make before break where that is possible; where it is not, what was taken away is the fallback. */
function moveExposure(ops: Chain, app: AppName, changes: readonly Change[], context: ExposureContext): void {
  const move = context.moves.get(app);
  if (!move) return;
  if (context.breakFirst.has(app) || !move.add) {
    dropExposures(ops, app, context);
    addExposure(ops, app, changes, context, move.drop[0] ?? null);
  } else {
    addExposure(ops, app, changes, context);
    dropExposures(ops, app, context);
  }
  if (move.dead) {
    ops.then({ kind: 'revive', ...move.dead }, 'nothing listens', 'exposure', freedFor(app, context));
  }
}

function addExposure(
  ops: Chain,
  app: AppName,
  changes: readonly Change[],
  context: ExposureContext,
  fallback: Exposure | null = null,
): void {
  const move = context.moves.get(app);
  if (!move?.add) return;
  const exposure = changes.filter((c) => c.facet === 'exposure');
  const cause = exposure.length > 0 ? causes(exposure) : `expose ${formatListen(move.add.listen)}`;
  const interrupts = move.drop.length > 0 ? 'exposure' : 'nothing';
  ops.then({ kind: 'expose', ...move.add, fallback }, cause, interrupts, freedFor(app, context));
}

function dropExposures(ops: Chain, app: AppName, context: ExposureContext): void {
  for (const { device, raw, listen } of context.moves.get(app)?.drop ?? []) {
    const what = listen ? formatListen(listen) : raw;
    ops.then({ kind: 'unexpose', device, raw }, `${what} is not in the manifest any more`, 'exposure');
  }
}

/** The operations by which others let go of what this app is about to open. */
function freedFor(app: AppName, { moves, waits }: ExposureContext): OpId[] {
  const port = moves.get(app)?.opens?.port;
  const holders = (waits.get(app) ?? []).filter((holder) => holder !== app);
  return holders.flatMap((holder) => {
    const other = moves.get(holder);
    if (other?.leaves) return [`${holder}/delete`];
    const dropped = other?.drop.filter((e) => e.listen?.port === port) ?? [];
    return dropped.map((e) => `${holder}/unexpose:${e.device}`);
  });
}
