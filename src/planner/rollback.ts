import type { Action, ActionKind, SystemRef } from '../domain/action.js';
import type { Generation } from '../domain/actual.js';
import type { Interrupts, OpId, Operation } from '../domain/plan.js';
import { throughOf } from './health.js';
import { idOf } from './chain.js';
import { movesStore, type Compared } from './compare.js';
import { copyOf, snapshotOf, undoneCopyOf } from './data.js';
import { exposed, isDirty, lastGood, withoutSecrets } from './target.js';

type Step = {
  readonly action: Action;
  readonly cause: string;
  readonly interrupts?: Interrupts;
  /** Of the way forward: should one of these fail, the step is due. */
  readonly rescues: readonly OpId[];
};

/** Take the service away for a moment, or change what serves. */
const INTERRUPTS: readonly ActionKind[] = ['stop', 'start', 'activate', 'restart-units'];

/**
 * The way back to what was last recorded: system, config, devices, volumes, exposures. It is in the plan from the
 * beginning, and each of its steps is carried out only where something failed that makes it due: what has not
 * touched the running app does not restart it.
 */
export function rescueOperations(compared: Compared, forward: readonly Operation[]): Operation[] {
  const last = lastGood(compared.actual);
  if (!last || movesStore(compared) || !forward.some(({ action }) => isChange(action))) return [];
  // It is the way back itself: the next run goes it again.
  if (compared.comesBack) return [];
  const steps = stepsBack(compared, last, forward).filter(({ rescues }) => rescues.length > 0);
  const ids = steps.map(({ action }) => `${idOf(compared.app.name, action)}~back`);
  return steps.map(({ action, cause, interrupts = 'nothing', rescues }, i) => {
    const before = steps.slice(0, i).map((step, n) => ({ id: ids[n] ?? '', action: step.action }));
    const edges = edgesBack(before);
    return { id: ids[i] ?? '', app: compared.app.name, action, cause, interrupts, rescues, ...edges };
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

const SETS: readonly ActionKind[] = ['set-profile', 'return'];
const CHANGES: readonly ActionKind[] = [
  ...SETS,
  ...(['configure', 'attach', 'detach', 'restore', 'push-secrets'] as const),
];

function stepsBack(compared: Compared, last: Generation, forward: readonly Operation[]): Step[] {
  const { app, store } = compared;
  const system: SystemRef = { kind: 'applied', toplevel: last.toplevel, generation: last.generation };
  const due = dueOf(compared, forward);
  const { stopped } = due;
  const cause = `back to generation ${last.generation}`;
  const { generation, toplevel } = last;
  return [
    {
      action: {
        ...{ kind: 'condemn', facets: withoutSecrets(compared.wanted), why: null, at: null },
        byHand: compared.condemned?.byHand ?? false,
      },
      cause: 'it did not work',
      rescues: due.tried,
    },
    {
      action: { kind: 'stop', instance: app.name, graceMs: app.stopTimeout },
      cause,
      interrupts: 'container',
      rescues: stopped,
    },
    ...dataSteps(compared, forward, due, cause),
    { action: { kind: 'return', store, generation, toplevel }, cause, rescues: due.profile },
    ...secretSteps(forward, cause, due.secrets),
    ...configSteps(last, forward, cause, due.configured),
    ...deviceSteps(last, forward, cause, due.plugged),
    ...exposureSteps(compared, last, forward, cause, stopped),
    // What it does once it runs is not to be taken back.
    { action: { kind: 'mark', state: 'ready' }, cause, rescues: due.marked },
    { action: { kind: 'start', from: 'Stopped' }, cause, rescues: stopped },
    { action: { kind: 'settle', system }, cause, rescues: stopped },
    ...exposedSteps(last, cause, stopped),
    ...healthSteps(last, system, cause, stopped),
  ];
}

/** What must have failed for each part of the way back to be due. */
type Due = Readonly<
  Record<
    'tried' | 'stopped' | 'data' | 'profile' | 'secrets' | 'configured' | 'plugged' | 'marked',
    readonly OpId[]
  >
>;

function dueOf({ actual }: Compared, forward: readonly Operation[]): Due {
  const end = forward.findIndex(({ action }) => action.kind === 'record');
  // Under its former name it is not to be found; and a rename that was begun is gone on with.
  const begin = forward.findIndex(({ action }) => action.kind === 'rename') + 1;
  const all = forward.slice(0, end === -1 ? forward.length : end);
  const from = (...kinds: readonly ActionKind[]) => {
    const first = all.findIndex(({ action }) => kinds.includes(action.kind));
    return first === -1 ? [] : all.slice(Math.max(first, begin)).map(({ id }) => id);
  };
  // One that does not run serves again only if it is started.
  const stopped =
    actual?.status === 'Running' ? from(...INTERRUPTS) : from('mark', ...CHANGES, ...INTERRUPTS);
  const marked = from('mark');
  // Of an upgrade that is gone on with, nothing is taken back before it is touched.
  const isResumed = actual !== null && isDirty(actual);
  const profile = isResumed ? stopped : from(...SETS);
  // What a store of the guest's own is sent with is the old system.
  const set = from('set-profile');
  const isTry = ({ id, action }: Operation) =>
    TRIES.includes(action.kind) && (set.length === 0 || set.includes(id));
  return {
    tried: all.filter(isTry).map(({ id }) => id),
    stopped,
    data: isResumed ? stopped : stopped.filter((id) => marked.includes(id)),
    profile,
    secrets: [...new Set([...(isResumed ? stopped : []), ...from('push-secrets')])],
    configured: from('configure'),
    // What a running app has mounted is left to it as long as nobody has touched it.
    plugged: from('attach', 'detach'),
    marked: isResumed ? stopped : marked,
  };
}

/** Show whether a system is any good. */
const TRIES: readonly ActionKind[] = ['activate', 'restart-units', 'start', 'settle', 'check'];

/** Volumes are given back where the new system may have run; what an earlier run left in them is kept as well. */
function dataSteps(
  { app, actual, volumes }: Compared,
  forward: readonly Operation[],
  { data }: Due,
  cause: string,
): Step[] {
  if (!actual?.applied || !app.stateful || volumes.length === 0) return [];
  const { generation } = actual.applied;
  const name = undoneCopyOf(generation);
  const taken = forward.findIndex(({ action }) => action.kind === 'snapshot' && action.name === name);
  const before = forward.slice(0, taken + 1).map(({ id }) => id);
  const kept: Step = {
    action: snapshotOf(volumes, name),
    cause: 'nobody knows how long the new system has served',
    // Where the way forward took that copy, there is no need of another.
    rescues: taken === -1 ? data : data.filter((id) => before.includes(id)),
  };
  const restored: Step = {
    action: { kind: 'restore', volumes, name: copyOf(generation) },
    cause,
    rescues: data,
  };
  return isDirty(actual) && actual.state !== 'restoring' ? [kept, restored] : [restored];
}

/** Before it starts: what the system loads is to be what it was found good with. */
function secretSteps(forward: readonly Operation[], cause: string, rescues: readonly OpId[]): Step[] {
  return forward.flatMap(({ action }): Step[] => {
    if (action.kind !== 'push-secrets') return [];
    return [
      { action: { kind: 'revert-secrets', secrets: [...action.put, ...action.remove] }, cause, rescues },
    ];
  });
}

function configSteps(
  last: Generation,
  forward: readonly Operation[],
  cause: string,
  rescues: readonly OpId[],
): Step[] {
  return forward.flatMap(({ action }): Step[] => {
    if (action.kind !== 'configure') return [];
    const before = Object.keys(action.config).map((key) => [key, last.config[key] ?? ''] as const);
    const profiles = action.profiles && last.profiles;
    return [{ action: { kind: 'configure', config: Object.fromEntries(before), profiles }, cause, rescues }];
  });
}

/** Incus lets no two devices be at one path: what goes away goes first. */
function deviceSteps(
  last: Generation,
  forward: readonly Operation[],
  cause: string,
  rescues: readonly OpId[],
): Step[] {
  const touched = forward.flatMap(({ action }) =>
    action.kind === 'attach' || action.kind === 'detach' ? [action.device] : [],
  );
  const devices = [...new Set(touched)];
  const detached = devices.map((device): Step => ({ action: { kind: 'detach', device }, cause, rescues }));
  const attached = devices.flatMap((device): Step[] => {
    // By its name: the volume that is the app's now, should it have been restored from a backup meanwhile.
    const volume = last.attachments.find((a) => a.kind === 'volume' && a.device === device);
    if (volume?.kind === 'volume') {
      const what = { kind: 'volume', volume: volume.volume, path: volume.path } as const;
      return [{ action: { kind: 'attach', device, what }, cause, rescues }];
    }
    const value = last.devices[device];
    return value
      ? [{ action: { kind: 'attach', device, what: { kind: 'device', value } }, cause, rescues }]
      : [];
  });
  return [...detached, ...attached];
}

/** A container starts without exposures. */
function exposureSteps(
  { actual }: Compared,
  last: Generation,
  forward: readonly Operation[],
  cause: string,
  rescues: readonly OpId[],
): Step[] {
  const devices = [
    ...(actual?.exposures ?? []).map(({ device }) => device),
    ...last.exposures.map(({ device }) => device),
    ...forward.flatMap(({ action }) => (action.kind === 'expose' ? [action.device] : [])),
  ];
  return [...new Set(devices)].map((device) => ({ action: { kind: 'unexpose', device }, cause, rescues }));
}

function exposedSteps(last: Generation, cause: string, rescues: readonly OpId[]): Step[] {
  return last.exposures.flatMap((there) =>
    exposed(there).map((exposure): Step => {
      const { device } = there;
      return { action: { kind: 'expose', device, exposure, fallback: null }, cause, rescues };
    }),
  );
}

function healthSteps(last: Generation, system: SystemRef, cause: string, rescues: readonly OpId[]): Step[] {
  const { health, exposures } = last;
  if (!health) return [];
  const web = exposures.find(({ role }) => role === 'web')?.binding ?? null;
  const listen = web && web.protocol !== 'unix' ? { address: web.address, port: web.first } : null;
  return [{ action: { kind: 'check', system, health, through: throughOf(health, listen) }, cause, rescues }];
}
