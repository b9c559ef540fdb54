import type { Action, SystemRef } from '../domain/action.js';
import type { ActualApp } from '../domain/actual.js';
import type { AppName } from '../domain/names.js';
import type { Change } from '../domain/plan.js';
import type { DesiredApp } from '../domain/desired.js';
import type { Chain } from './chain.js';
import { mountsOf, moveData, movesData } from './data.js';
import { copyOf } from '../facets/copies.js';
import { causesOf } from './diff.js';
import { dropExposures, freedFor, type ExposureContext } from './expose.js';
import { movesStore, type Compared } from './compare.js';
import { isDirty, lastGood } from './target.js';
import type { Step } from '../facets/facet.js';
import type { Refit } from './instance-update.js';

/** A container cannot change its store: it is made anew. What there is of it afterwards: nothing. */
export function clearStore(ops: Chain, { app, actual, store }: Compared): ActualApp | null {
  if (!actual || !movesStore({ actual, store })) return actual;
  const cause = `store ${actual.store} → ${store}`;
  if (actual.status !== 'Stopped') ops.then(stopOf(app, actual.name), cause, 'container');
  // What Incus may refuse comes before what nobody can: its generations are what it can be started with.
  ops.then({ kind: 'delete' }, cause, 'container');
  ops.then({ kind: 'drop-profile', store: actual.store }, cause);
  return null;
}

/**
 * A guest receives a system for a store of its own: what it boots for that must be good, and its data whole. So what
 * was cut short is taken back first. What there is of the app afterwards.
 */
export function takeBackFirst(ops: Chain, compared: Compared): Compared {
  const { app, actual, store, data, returns } = compared;
  const last = lastGood(actual);
  const isSent = store === 'copy' && returns === null && data.restore !== null;
  if (!actual || !last || !isSent || actual.name !== app.name) return compared;
  const cause = 'an upgrade was cut short';
  if (actual.status !== 'Stopped') ops.then(stopOf(app), cause, 'container');
  moveData(ops, data, cause);
  const { generation, toplevel } = last;
  ops.then({ kind: 'return', store, generation, toplevel }, cause);
  ops.then({ kind: 'mark', state: 'ready' }, 'from here on it only does not run');
  const whole: ActualApp = { ...actual, status: 'Stopped', state: 'ready', condemned: null };
  return { ...compared, actual: whole, data: { ...data, take: [copyOf(generation)], restore: null } };
}

/** From whatever is there to a container that runs the system it should, exposures aside. */
export function bringSystem(
  ops: Chain,
  compared: Compared,
  system: readonly Change[],
  ref: SystemRef,
  context: ExposureContext,
): void {
  const { app, actual, store, refit, returns, comesBack } = compared;
  const isNew = system.length > 0 || compared.byHand || comesBack;
  const cause = system.length > 0 ? causesOf(system) : 'an upgrade was cut short';
  const isMoved = movesData(compared.data) || comesBack;
  let status = tookName(ops, compared) ? 'Stopped' : (actual?.status ?? 'Stopped');
  // Its profile directory is a device of the container.
  if (isNew && !isMoved && (store === 'shared' || returns)) setProfile(ops, compared, cause);
  if (!actual) ops.then({ kind: 'create', store }, 'not there yet');
  // An image boots a system of its own at first: the pet's boots when the container starts again.
  const isSeeding = isNew && store === 'copy' && (!actual || isHalfSeeded(compared));
  // What may keep it from starting is put right before it starts for whatever reason.
  const isFitted = status === 'Stopped' && !isSeeding;
  if (isFitted) {
    follow(ops, [...refit.config, ...refit.changes, ...refit.put]);
  }
  if (isNew && store === 'copy' && !returns) {
    if (status !== 'Running') bringUp(ops, app.name, status, context);
    status = 'Running';
    ops.then({ kind: 'deliver', store }, cause);
    if (!isMoved) setProfile(ops, compared, cause);
  }
  const mounts = status === 'Running' && actual && isMoved ? mountsOf(actual, compared.data) : [];
  if (mounts.length > 0) ops.then({ kind: 'room', mounts }, 'before it is stopped');
  // What Incus refuses is to be refused while the app still runs.
  if (!isFitted) follow(ops, refit.config);
  const isRestarted = isNew && app.activation === 'restart' && status === 'Running';
  if (status !== 'Stopped' && ((refit.cold && !isFitted) || isSeeding || isRestarted || isMoved)) {
    const why = isNew ? cause : 'what changes is only looked at when the container starts';
    ops.then(stopOf(app), why, actual ? 'container' : 'nothing');
    status = 'Stopped';
  }
  if (isMoved) moveStopped(ops, compared, cause);
  if (!actual && isSeeding) ops.then({ kind: 'repair', store }, 'it boots its own system from now on');
  if (!isFitted) follow(ops, refit.changes);
  // What starts now finds them; what runs already must be told.
  const isHot = !isFitted && status !== 'Stopped';
  if (!isFitted && !isHot) follow(ops, refit.put);
  if (status !== 'Running') bringUp(ops, app.name, status, context);
  if (isHot) follow(ops, refit.put);
  const isSame = status === 'Running' && !isNew;
  if (isSame && refit.put.length === 0) return;
  // A frozen guest goes on with the system that it was frozen with; any other boots the newest.
  if (isNew && status !== 'Stopped') ops.then({ kind: 'activate', system: ref }, cause, 'service');
  follow(ops, refit.own);
  if (isHot) follow(ops, refit.reload);
  ops.then({ kind: 'settle', system: ref }, 'the app must run the system it was given');
}

function follow(ops: Chain, steps: readonly Step[]): void {
  for (const { action, cause, interrupts } of steps) ops.then(action, cause, interrupts);
}

/** What is done to the volumes of a container that is stopped, before it boots another system. */
function moveStopped(ops: Chain, compared: Compared, cause: string): void {
  moveData(ops, compared.data, cause);
  setProfile(ops, compared, cause);
  if (compared.comesBack) ops.then({ kind: 'mark', state: 'ready' }, 'from here on it only does not run');
}

/** What boots from now on. */
function setProfile(ops: Chain, compared: Compared, cause: string): void {
  const { store, returns, newest } = compared;
  beginUpgrade(ops, compared);
  if (!returns) ops.then({ kind: 'set-profile', store, above: newest }, cause);
  else {
    const { generation, toplevel } = returns;
    ops.then({ kind: 'return', store, generation, toplevel }, cause);
  }
}

/** Whoever finds it half upgraded knows that there is a way back, and that the copies of its volumes are part of it. */
function beginUpgrade(ops: Chain, { actual, store, comesBack, returns }: Compared): void {
  if (!actual || !lastGood(actual) || movesStore({ actual, store }) || comesBack) return;
  if (isDirty(actual) && actual.condemned === null) return;
  const isTried = returns === null;
  ops.then({ kind: 'mark', state: 'upgrading', isTried }, 'should this be cut short');
}

/** Made from an image, and not yet told to boot a system of its own. */
function isHalfSeeded({ actual, refit }: Compared): boolean {
  return !actual?.applied && isRepaired(refit);
}

function isRepaired({ changes }: Refit): boolean {
  return changes.some(({ action }) => action.kind === 'repair');
}

/** Marks the instance with the name that it is about to have. */
export function beginRename(ops: Chain, { app, actual }: Compared): void {
  if (!actual || actual.name === app.name) return;
  ops.then({ kind: 'begin-rename', from: actual.name }, `it was ${actual.name}`);
}

/**
 * Takes what bears another name of the app's: generations and volumes first, then the container itself. True when
 * that was renamed, for which it is stopped. A rename that was begun and is not wanted any more is taken back.
 */
function tookName(ops: Chain, { app, actual, store, taken, refit }: Compared): boolean {
  if (!taken) return false;
  const { from, volumes, generations } = taken;
  const isRenamed = actual !== null && actual.name !== app.name;
  const cause = isRenamed ? `it was ${from}` : `it was to become ${from}`;
  if (isRenamed && actual.status !== 'Stopped') ops.then(stopOf(app, from), cause, 'container');
  if (generations) ops.then({ kind: 'move-profile', from, store }, cause);
  const names = volumes.map(({ name }) => name);
  if (names.length > 0)
    ops.then({ kind: 'take-volumes', from, names }, actual ? cause : `they were of ${from}`);
  if (app.secrets.length > 0) ops.then({ kind: 'take-secrets', from }, cause);
  if (!isRenamed) return false;
  ops.then({ kind: 'rename', from }, cause);
  // Its devices still say where the profile was.
  if (store === 'shared' && !isRepaired(refit)) ops.then({ kind: 'repair', store }, 'its profile has moved');
  return true;
}

/** `instance`: where it is about to be renamed, its name now. */
function stopOf({ name, stopTimeout: graceMs }: DesiredApp, instance = name): Action {
  return { kind: 'stop', instance, graceMs };
}

/** Starts an app that does not run. */
function bringUp(ops: Chain, app: AppName, status: string, context: ExposureContext): void {
  dropExposures(ops, app, context, 'nothing');
  const before = ops.all.findLast(({ action }) => action.kind === 'create' || action.kind === 'stop');
  const stopped = before ? 'it was stopped for the change' : `it is ${status.toLowerCase()}`;
  const cause = before?.action.kind === 'create' ? 'just created' : stopped;
  // Those of a frozen container open as it is thawed.
  const kept = context.moves.get(app)?.kept ?? [];
  const freed = kept.flatMap(({ exposure }) => freedFor(app, exposure, context));
  const from = status === 'Frozen' ? 'Frozen' : 'Stopped';
  ops.then({ kind: 'start', from }, cause, 'nothing', [...new Set(freed)]);
}
