import { poll, sleep } from '../../lib/wait.js';
import { STEADY_STATES, type InstanceState } from '../../domain/instance-state.js';
import { lateWords } from '../../domain/stop-timeout.js';
import type { Incus } from '../../domain/services.js';
import { idempotent } from './attempt.js';
import { deadAtOnce, failedStart } from './failed-start.js';
import { IncusError } from './http.js';
import { OperationTimeout, type RestClient } from './operations.js';
import { instanceUrl, stateOf, type Instance, type ManagedInstances } from './own.js';
import { waitForOperations } from './quiesce.js';
import { ensure, refusalOf } from './reach.js';

const START_LIMIT_MS = 120_000;
const STOP_LIMIT_MS = 30_000;
const START_ATTEMPTS = 3;
const START_PAUSE_MS = 1000;
const SECOND_LOOK_MS = 100;
const SETTLE_LIMIT_MS = 10_000;
const SETTLE_PAUSE_MS = 300;

/** Starting and stopping. */
export function powerOf(
  rest: RestClient,
  own: ManagedInstances,
): Pick<Incus, 'start' | 'freeze' | 'unfreeze' | 'stop'> {
  return {
    start: (name) =>
      idempotent(`starting \`${name}\``, async () => {
        await own.get(name);
        // Started into the end of a stop, the guest would end stopped after all.
        await waitForOperations(name, rest);
        await startPatiently(name, rest).catch(async (error: unknown) => {
          throw await failedStart(name, error, rest);
        });
        // The daemon can report success for a guest whose init has already ended.
        await sleep(SECOND_LOOK_MS);
        if ((await look(name, rest)) === 'Running') return;
        await awaitSteady(name, rest);
        throw await deadAtOnce(name, rest);
      }),

    freeze: (name) =>
      idempotent(`freezing \`${name}\``, () => turn(name, ['Running', 'Frozen'], FREEZE, { rest, own })),
    unfreeze: (name) =>
      idempotent(`unfreezing \`${name}\``, () => turn(name, ['Frozen', 'Running'], THAW, { rest, own })),

    stop: async (name, graceMs) => {
      // Outside of what is tried again when the connection breaks: what was done by then was done.
      const ending: Ending = { forced: null };
      await idempotent(`stopping \`${name}\``, async () => {
        const statusOf = async () => {
          const found = await own.find(name);
          return found ? stateOf(found.instance) : 'Stopped';
        };
        // Of two stops at once both fail, and neither waits for the guest's devices to be cleared away.
        await waitForOperations(name, rest, graceMs);
        if (await tryStop(name, graceMs, ending, statusOf, rest)) return;
        await waitForOperations(name, rest);
        await awaitCleared(name, own);
      });
      return ending;
    },
  };
}

/** One that is in neither of both states is left as it is. */
async function turn(
  name: string,
  [from, to]: readonly [InstanceState, InstanceState],
  state: object,
  { rest, own }: { readonly rest: RestClient; readonly own: ManagedInstances },
): Promise<void> {
  const statusOf = async () => stateOf((await own.get(name)).instance);
  if ((await statusOf()) !== from) return;
  await ensure(setState(name, state, START_LIMIT_MS, rest), async () => (await statusOf()) === to);
}

/**
 * A guest that has just died reads as stopped while the daemon still clears its devices away, and a start in
 * that moment fails for want of them ("Failed to create detached mount" in lxc.log): a moment later it works.
 */
async function startPatiently(name: string, rest: RestClient): Promise<void> {
  for (let n = 1; (await look(name, rest)) !== 'Running'; n++) {
    const refusal = await refusalOf(setState(name, START, START_LIMIT_MS, rest));
    if (refusal === null) return;
    await awaitSteady(name, rest);
    const isLast = n >= START_ATTEMPTS || refusal instanceof OperationTimeout;
    // It may be up all the same, and only the daemon's last word went wrong.
    if (isLast && (await look(name, rest)) !== 'Running') throw refusal;
    await sleep(START_PAUSE_MS);
  }
}

/** As `Stopped`, while it is found out. */
type Ending = { forced: string | null };

const START = { action: 'start', timeout: 30 };
const FREEZE = { action: 'freeze', timeout: 30 };
const THAW = { action: 'unfreeze', timeout: 30 };

/** True when a stop of ours ended well: then all that ran for the guest is gone. */
async function tryStop(
  name: string,
  graceMs: number,
  ending: Ending,
  statusOf: () => Promise<InstanceState>,
  rest: RestClient,
): Promise<boolean> {
  const status = await statusOf();
  if (status === 'Stopped') return false;
  const grace = { action: 'stop', timeout: Math.ceil(graceMs / 1000) };
  const asleep = status === 'Frozen' ? await refusalOf(setState(name, THAW, STOP_LIMIT_MS, rest)) : null;
  // One that is still frozen would sleep through its grace.
  const isAsleep = asleep !== null && (await statusOf()) === 'Frozen';
  const refusal = isAsleep ? asleep : await refusalOf(setState(name, grace, graceMs + STOP_LIMIT_MS, rest));
  if (refusal === null) {
    ending.forced = null;
    return mustBeDown(statusOf, null);
  }
  if ((await statusOf()) === 'Stopped') return false;
  const force = { action: 'stop', force: true, timeout: 30 };
  ending.forced = whyForced(refusal, graceMs);
  const last = await refusalOf(setState(name, force, STOP_LIMIT_MS, rest));
  // It may have ended by itself between a look and a request: then the daemon refuses to stop what does not run.
  if (last !== null && DOWN.test(last.message)) ending.forced = null;
  await mustBeDown(statusOf, last);
  return last === null;
}

/** What it says against stopping what does not run. */
const DOWN = /already stopped|not running/i;
/** What the daemon says when the time that it was given is over. */
const LATE = /deadline exceeded|timed? ?out/i;

function whyForced(refusal: Error, graceMs: number): string {
  const isLate = refusal instanceof OperationTimeout || LATE.test(refusal.message);
  return isLate ? lateWords(graceMs) : refusal.message;
}

/** Looks whether the guest is stopped: for a second or three after its end it may still read as running. */
async function mustBeDown(statusOf: () => Promise<InstanceState>, refusal: Error | null): Promise<true> {
  const attempts = Math.ceil(SETTLE_LIMIT_MS / SETTLE_PAUSE_MS) + 1;
  const isDown = (status: InstanceState) => status === 'Stopped';
  const status = await poll(statusOf, isDown, { attempts, everyMs: SETTLE_PAUSE_MS });
  if (isDown(status)) return true;
  throw refusal ?? new IncusError(`the daemon says that it was stopped, but it is ${status}`, 500);
}

const CLEARED_LIMIT_MS = 10_000;
const CLEARED_PAUSE_MS = 50;

/**
 * A guest reads as stopped before the daemon hears of it, takes note, and ends what ran for it: renamed meanwhile,
 * its forwarder stays and holds the port for good. While it is at that the daemon refuses a change as busy.
 */
async function awaitCleared(name: string, own: ManagedInstances): Promise<void> {
  const isHeardOf = async () =>
    (await own.find(name))?.instance.config['volatile.last_state.power'] !== 'RUNNING';
  await poll(isHeardOf, Boolean, { deadline: Date.now() + CLEARED_LIMIT_MS, everyMs: CLEARED_PAUSE_MS });
  if (await own.find(name)) await own.patch(name, {});
}

function setState(name: string, body: object, limitMs: number, rest: RestClient) {
  return rest.write('PUT', instanceUrl(name, '/state'), { body }, limitMs);
}

/** For a second or three after its end a guest reads as running or broken now and then, and has no init to ask about. */
async function look(name: string, rest: RestClient): Promise<InstanceState> {
  try {
    const found = await rest.get(instanceUrl(name, '/state'));
    return found ? stateOf(found.metadata as Pick<Instance, 'status'>) : 'Stopped';
  } catch (error) {
    if (error instanceof IncusError && error.message.includes('Invalid PID')) return 'unknown';
    throw error;
  }
}

/** Lets a start that failed be cleared away, so that nobody plans with a guest that runs no more. */
async function awaitSteady(name: string, rest: RestClient): Promise<void> {
  let last: InstanceState = 'unknown';
  const isSteady = (now: InstanceState) => {
    const isSame = now === last && STEADY_STATES.has(now);
    last = now;
    return isSame;
  };
  const bound = { deadline: Date.now() + SETTLE_LIMIT_MS, everyMs: SETTLE_PAUSE_MS };
  await poll(() => look(name, rest), isSteady, bound);
}
