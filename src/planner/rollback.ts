import { condemnedIn, keepsData } from './aim.js';
import type { Action, ActionKind, SystemRef } from '../domain/action.js';
import type { Generation } from '../domain/actual.js';
import type { OpId, Operation } from '../domain/plan.js';
import {
  BEFORE_START,
  WHEN_UP,
  type Due,
  type Failed,
  type StepBack,
  type WayBack,
} from '../facets/facet.js';
import { FACETS } from '../facets/index.js';
import { withoutSecrets } from '../facets/secrets.js';
import { freeId, idOf } from './chain.js';
import { movesStore, type Compared } from './compare.js';
import { isDirty, lastGood } from './target.js';

/** Take the service away for a moment, or change what serves. */
const INTERRUPTS: readonly ActionKind[] = ['stop', 'start', 'activate', 'restart-units'];

/** What the names of its operations end with, but for a number. */
export const BACK = '~back';

/**
 * The way back to what was last recorded: system, config, devices, volumes, exposures. It is in the plan from the
 * beginning, and each of its steps is carried out only where something failed that makes it due: what has not
 * touched the running app does not restart it.
 */
export function rescueOperations(compared: Compared, forward: readonly Operation[]): Operation[] {
  const last = lastGood(compared.actual);
  if (!last || movesStore(compared) || !forward.some(({ action }) => isChange(action))) return [];
  // It is the way back itself: the next run goes it again.
  if (compared.resumesRollback) return [];
  const steps = stepsBack(compared, last, forward).filter(({ rescues }) => rescues.length > 0);
  const ids = steps.reduce<OpId[]>(
    (taken, { action }) => [...taken, freeId(`${idOf(compared.app.name, action)}${BACK}`, taken)],
    [],
  );
  return steps.map(({ action, cause, interrupts = 'nothing', rescues }, i) => {
    const before = steps.slice(0, i).map((step, n) => ({ id: ids[n] ?? '', action: step.action }));
    const edges = edgesBack(before);
    const step = { id: ids[i] ?? '', app: compared.app.name, action, cause, interrupts, ...edges };
    return { ...step, phase: 'rollback', rescues };
  });
}

/** Of a step of a way back that comes behind these. */
export function edgesBack(
  before: readonly Pick<Operation, 'id' | 'action'>[],
): Pick<Operation, 'needs' | 'after'> {
  const vital = before.findLast(({ action }) => VITAL.includes(action.kind));
  const last = before.at(-1);
  return { needs: vital ? [vital.id] : [], after: last && last !== vital ? [last.id] : [] };
}

/**
 * Without these the steps that follow would do harm, or nothing. Any other that fails is told, and what follows it is
 * done all the same: to serve again, if only by one of two ports, is worth more than to be whole.
 */
const VITAL: readonly ActionKind[] = ['stop', 'snapshot', 'restore', 'return', 'attach', 'start'];

/** Whether it makes something of the app that was not recorded. A start, say, does not. */
function isChange({ kind }: Action): boolean {
  return CHANGES.includes(kind);
}

/** What takes each facet back; what several have in common is there once. */
const WAYS = [...new Set(FACETS.flatMap(([, { back = [] }]) => back))];
const CHANGES: readonly ActionKind[] = WAYS.flatMap(({ undoes }) => undoes);

function stepsBack(compared: Compared, last: Generation, forward: readonly Operation[]): StepBack[] {
  const { app, actual, store, volumes } = compared;
  const system: SystemRef = { kind: 'applied', toplevel: last.toplevel, generation: last.generation };
  const { tried, ...due } = dueOf(compared, forward);
  const { stopped, isResumed, marked } = due;
  const cause = `back to generation ${last.generation}`;
  const failed: Failed = { app, actual, store, last, system, volumes, forward, due, cause };
  const at = (turns: readonly WayBack['turn'][]) =>
    turns.flatMap((turn) => WAYS.filter((way) => way.turn === turn)).flatMap((way) => way.stepsOf(failed));
  return [
    {
      action: {
        ...{ kind: 'condemn', facets: withoutSecrets(compared.wanted), why: null, at: null },
        byHand: condemnedIn(compared.aim)?.byHand ?? false,
      },
      cause: 'it did not work',
      rescues: tried,
    },
    ...(keepsData(compared.aim) ? [tellDirty(tried)] : []),
    {
      action: { kind: 'stop', instance: app.name, graceMs: app.stopTimeout },
      cause,
      interrupts: 'container',
      rescues: stopped,
    },
    ...at(BEFORE_START),
    // What it does once it runs is not to be taken back.
    { action: { kind: 'mark', state: 'ready' }, cause, rescues: isResumed ? stopped : marked },
    { action: { kind: 'start', from: 'Stopped' }, cause, rescues: stopped },
    { action: { kind: 'settle', system }, cause, rescues: stopped },
    ...at(WHEN_UP),
  ];
}

/** What was good once has been found bad: what it has written is taken back, by the next run should this be cut short. */
function tellDirty(tried: readonly OpId[]): StepBack {
  return {
    action: { kind: 'mark', state: 'upgrading', isTried: false },
    cause: 'what it has written is not kept',
    rescues: tried,
  };
}

/** What must have failed for each part of the way back to be due. `tried`: what shows whether a system is any good. */
function dueOf(
  { actual }: Compared,
  forward: readonly Operation[],
): Due & { readonly tried: readonly OpId[] } {
  const end = forward.findIndex(({ action }) => action.kind === 'record');
  // Under its former name it is not to be found; and a rename that was begun is gone on with.
  const begin = forward.findIndex(({ action }) => action.kind === 'rename') + 1;
  const all = forward.slice(0, end === -1 ? forward.length : end);
  const from = (...kinds: readonly ActionKind[]) => {
    const first = all.findIndex(({ action }) => kinds.includes(action.kind));
    return first === -1 ? [] : all.slice(Math.max(first, begin)).map(({ id }) => id);
  };
  // What a store of the guest's own is sent with is the old system.
  const set = from('set-profile');
  const isTry = ({ id, action }: Operation) =>
    TRIES.includes(action.kind) && (set.length === 0 || set.includes(id));
  return {
    isResumed: actual !== null && isDirty(actual),
    tried: all.filter((op) => op.action.kind === 'rehearse' || isTry(op)).map(({ id }) => id),
    // One that does not run serves again only if it is started.
    stopped: actual?.status === 'Running' ? from(...INTERRUPTS) : from('mark', ...CHANGES, ...INTERRUPTS),
    marked: from('mark'),
    from,
  };
}

/** Show whether a system is any good. */
const TRIES: readonly ActionKind[] = ['activate', 'restart-units', 'start', 'settle', 'check'];
