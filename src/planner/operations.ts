import { condemnedIn, returnsIn } from './aim.js';
import equal from 'fast-deep-equal';
import type { Action, ActionKind, SystemRef } from '../domain/action.js';
import { BY_HAND } from '../domain/labels.js';
import type { ActualApp, Generation } from '../domain/actual.js';
import type { Change, Operation } from '../domain/plan.js';
import type { DesiredApp } from '../domain/desired.js';
import { asks } from '../facets/index.js';
import { Chain } from './chain.js';
import { causesOf } from './diff.js';
import { moveExposure, type ExposureContext } from './expose.js';
import { isDirty, lastGood } from './target.js';
import { withoutSecrets, heldSecrets } from '../facets/secrets.js';
import { checkHealth } from './health.js';
import { movesStore, type Compared } from './compare.js';
import { rescueOperations } from './rollback.js';
import { beginRename, clearStore, takeBackFirst } from './clear-way.js';
import { bringSystem } from './system.js';

/** The operations of one app, each one effect, in an order in which a failure loses nothing. */
export function operationsOf(compared: Compared, context: ExposureContext): Operation[] {
  const { app, actual, changes, update, aim } = compared;
  const ops = new Chain(app.name);
  const system = changes.filter((change) => asks(change, 'build'));
  const ref = systemRef(compared, system);
  if (ref.kind === 'built') buildSystem(ops, app, system);
  else if (app.source.kind !== 'toplevel' && update.mounts && aim.kind === 'build')
    ops.then({ kind: 'evaluate' }, 'its services must suit what is mounted');
  rehearse(ops, compared, ref);
  // Marked first: what is made for the new name is found again should the rename be taken back.
  beginRename(ops, compared);
  for (const { action, cause } of update.prepare) ops.then(action, cause);
  const old = clearStore(ops, compared);
  const brought = takeBackFirst(ops, { ...compared, actual: old });
  bringSystem({ ops, compared: brought, ref, context }, system);
  moveExposure({ ops, app: app.name, context }, changes);
  checkHealth(ops, compared, ref);
  if (aim.kind === 'by-hand') leave(ops, compared, aim.to);
  if (ops.all.length > 0 || changes.length > 0) {
    hold(ops, compared);
    record(ops, compared, ref);
  }
  if (actual && ref.kind === 'built')
    ops.then({ kind: 'collect', keep: app.keep, store: compared.store }, `${app.keep} are kept`);
  const forward = withBaseline(compared, ops.all);
  return [...forward, ...rescueOperations(compared, forward)];
}

const INTERRUPTIONS: readonly ActionKind[] = ['stop', 'activate', 'restart-units'];

/**
 * Before an app that is good is interrupted, what fails in it already is noted. In one that a run has left half
 * upgraded that run has noted it, and what fails now may be its doing.
 */
function withBaseline(compared: Compared, forward: readonly Operation[]): readonly Operation[] {
  const { actual } = compared;
  const isGood = actual?.status === 'Running' && lastGood(actual) !== null && !isDirty(actual);
  const isJudged = forward.some(({ action }) => action.kind === 'settle');
  if (!isGood || !isJudged || movesStore(compared)) return forward;
  const first = forward.findIndex(({ action }) => INTERRUPTIONS.includes(action.kind));
  return forward.map((op, i) =>
    i === first ? { ...op, action: { ...op.action, baseline: true } as Action } : op,
  );
}

export function destroyOperations(app: ActualApp, graceMs: number): Operation[] {
  const ops = new Chain(app.name);
  const cause = 'no longer in the manifest';
  if (app.status !== 'Stopped') ops.then({ kind: 'stop', instance: app.name, graceMs }, cause, 'container');
  // Incus may refuse it: as long as the container is there, its generations are what it can be started with.
  ops.then({ kind: 'delete' }, cause, 'container');
  ops.then({ kind: 'drop-profile', store: app.store }, cause);
  return ops.all;
}

function record(ops: Chain, { app, changes, wanted }: Compared, system: SystemRef): void {
  const changed = [...new Set(changes.map((c) => c.facet))].join(', ');
  const cause = `as the manifest says${changed === '' ? '' : `: ${changed}`}`;
  const { facets, health } = app;
  const held = heldSecrets(facets, wanted);
  ops.then({ kind: 'record', facets: withoutSecrets(facets), system, health, heldSecrets: held }, cause);
}

/** What was changed beside a system that is held is no part of what was tried with it any more. */
function hold(ops: Chain, { aim, wanted }: Compared): void {
  const condemned = condemnedIn(aim);
  if (condemned === null || equal(condemned.facets, wanted)) return;
  const { at, why, byHand } = condemned;
  ops.then({ kind: 'condemn', facets: withoutSecrets(wanted), why, at, byHand }, 'its system stays held');
}

/** Remembers what is left; where that is nothing, what was left before. */
function leave(ops: Chain, { actual }: Compared, to: Generation): void {
  const left =
    actual?.applied?.generation === to.generation ? actual.rejected?.facets : actual?.applied?.facets;
  if (!left) return;
  const facets = withoutSecrets(left);
  const what = { kind: 'condemn', facets, why: BY_HAND, at: null, byHand: true } as const;
  ops.then(what, 'it is not to come back by itself');
}

function buildSystem(ops: Chain, app: DesiredApp, system: readonly Change[]): void {
  const urls = unlockedUrls(app);
  if (urls.length > 0) ops.then({ kind: 'lock', urls }, 'not in pets.lock yet');
  ops.then({ kind: 'evaluate' }, causesOf(system));
  ops.then({ kind: 'build' }, causesOf(system));
}

/** A pet without a record has every facet new, the system among them: it is built. */
function systemRef({ actual, aim }: Compared, system: readonly Change[]): SystemRef {
  const returns = returnsIn(aim);
  if (returns) return { kind: 'applied', toplevel: returns.toplevel, generation: returns.generation };
  if (!actual?.applied || system.length > 0) return { kind: 'built' };
  return { kind: 'applied', toplevel: actual.applied.toplevel, generation: actual.applied.generation };
}

/** Where something good serves that a bad system would take away. What a run has left half done is finished. */
function rehearse(ops: Chain, { app, actual, aim, store, update }: Compared, ref: SystemRef): void {
  const serves = lastGood(actual);
  if (app.rehearsal === null || !actual || !serves || isDirty(actual)) return;
  if (ref.kind !== 'built' || aim.kind !== 'build' || movesStore({ actual, store })) return;
  const missing = update.prepare.flatMap(({ action }) =>
    action.kind === 'make-folder' ? [action.path] : [],
  );
  const { toplevel } = serves;
  ops.then(
    { kind: 'rehearse', instance: actual.name, store, serves: toplevel, missing },
    'before the app is touched',
  );
}

function unlockedUrls({ source, nixpkgs }: DesiredApp): string[] {
  const sources = nixpkgs === null ? [] : [source, nixpkgs];
  return [...new Set(sources.flatMap((s) => (s.kind === 'remote' && s.locked === null ? [s.ref.url] : [])))];
}
