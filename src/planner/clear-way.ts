import type { ActualApp } from '../domain/actual.js';
import { capabilitiesOf } from '../domain/store-mode.js';
import type { Chain } from './chain.js';
import { movesStore, type Compared } from './compare.js';
import { copyOf } from '../facets/copies.js';
import { moveData } from './data.js';
import { isRepaired } from './instance-update.js';
import { stopOf } from './start.js';
import { lastGood } from './target.js';

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
  const { app, actual, store, data, aim } = compared;
  const last = lastGood(actual);
  const isSent = capabilitiesOf(store).sendsSystem && aim.kind === 'build' && data.restore !== null;
  if (!actual || !last || !isSent || actual.name !== app.name) return compared;
  const cause = 'an upgrade was cut short';
  if (actual.status !== 'Stopped') ops.then(stopOf(app), cause, 'container');
  moveData(ops, data, cause);
  const { generation, toplevel } = last;
  ops.then({ kind: 'return', store, generation, toplevel }, cause);
  ops.then({ kind: 'mark', state: 'ready' }, 'from here on it only does not run');
  const whole: ActualApp = { ...actual, status: 'Stopped', state: 'ready', rejected: null };
  return { ...compared, actual: whole, data: { ...data, take: [copyOf(generation)], restore: null } };
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
export function takeName(ops: Chain, { app, actual, store, renameClaim, update }: Compared): boolean {
  if (!renameClaim) return false;
  const { from, volumes, generations } = renameClaim;
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
  if (capabilitiesOf(store).hasHostProfile && !isRepaired(update))
    ops.then({ kind: 'repair', store }, 'its profile has moved');
  return true;
}
