import type { SystemRef } from '../domain/action.js';
import type { InstanceState } from '../domain/instance-state.js';
import { capabilitiesOf } from '../domain/store-mode.js';
import type { Change } from '../domain/plan.js';
import type { Chain } from './chain.js';
import { takeName } from './clear-way.js';
import { movesStore, type Compared } from './compare.js';
import { mountsOf, moveData, movesData } from './data.js';
import { keepsData } from './aim.js';
import { causesOf } from './diff.js';
import type { ExposureContext } from './expose.js';
import type { Step } from '../facets/facet.js';
import { isRepaired } from './instance-update.js';
import { startApp, stopOf } from './start.js';
import { isDirty, lastGood } from './target.js';

/** What is to be done to a container for its system, as all the cases know it. */
type Task = {
  readonly ops: Chain;
  readonly compared: Compared;
  readonly ref: SystemRef;
  readonly context: ExposureContext;
  /** Whether it is to run another system than it does. */
  readonly isNew: boolean;
  readonly cause: string;
  /** Whether its volumes are copied, or given back what they held: it is stopped for that. */
  readonly isMoved: boolean;
  /** Whether its guest is sent that system, for which it must run. */
  readonly isSent: boolean;
};

type Bringing = Pick<Task, 'ops' | 'compared' | 'ref' | 'context'>;

function taskFor(bringing: Bringing, system: readonly Change[]): Task {
  const { data, store, aim, resumesRollback } = bringing.compared;
  const isNew = system.length > 0 || aim.kind === 'by-hand' || resumesRollback;
  return {
    ...bringing,
    isNew,
    cause: system.length > 0 ? causesOf(system) : 'an upgrade was cut short',
    isMoved: movesData(data) || resumesRollback,
    isSent: isNew && capabilitiesOf(store).sendsSystem && aim.kind === 'build',
  };
}

/** From whatever is there to a container that runs the system it should, exposures aside. */
export function bringSystem(bringing: Bringing, system: readonly Change[]): void {
  const { ops, compared } = bringing;
  const { actual, store } = compared;
  const task = taskFor(bringing, system);
  const isStopped = takeName(ops, compared) || actual === null;
  const status = isStopped ? 'Stopped' : actual.status;
  // Its profile directory is a device of the container.
  if (task.isNew && !task.isMoved && !task.isSent) setProfile(task);
  if (!actual) ops.then({ kind: 'create', store }, 'not there yet');
  if (isSeeding(task)) bootstrap(task, status);
  else if (status !== 'Stopped') changeRunning(task, status);
  else if (task.isSent) sendToStopped(task);
  else changeStopped(task);
}

/** An image boots a system of its own at first: the pet's is sent to that, and boots when the container starts again. */
function bootstrap(task: Task, status: InstanceState): void {
  const { ops, compared } = task;
  const { actual, store, update } = compared;
  sendSystem(task, status);
  checkSpace(task);
  addSteps(task, update.config);
  stop(task);
  if (task.isMoved) moveStopped(task);
  if (!actual) ops.then({ kind: 'repair', store }, 'it boots its own system from now on');
  addSteps(task, [...update.changes, ...update.put]);
  boot(task);
}

function isSeeding({ isSent, compared }: Task): boolean {
  return isSent && capabilitiesOf(compared.store).needsImage && (!compared.actual || isHalfSeeded(compared));
}

/** Made from an image, and not yet told to boot a system of its own. */
function isHalfSeeded({ actual, update }: Compared): boolean {
  return !actual?.applied && isRepaired(update);
}

/** What may keep it from starting is put right before it starts for whatever reason. */
function changeStopped(task: Task): void {
  prepareStart(task);
  if (task.isMoved) moveStopped(task);
  boot(task);
}

/** It boots the system that it has, to be sent the other. */
function sendToStopped(task: Task): void {
  prepareStart(task);
  sendSystem(task, 'Stopped');
  if (!task.isMoved && !isRestarted(task)) {
    activate(task);
    settle(task);
    return;
  }
  checkSpace(task);
  stop(task);
  if (task.isMoved) moveStopped(task);
  boot(task);
}

/** `status`: it runs, or is frozen. */
function changeRunning(task: Task, status: InstanceState): void {
  const { update } = task.compared;
  if (task.isSent) sendSystem(task, status);
  const isFrozen = status !== 'Running' && !task.isSent;
  if (!isFrozen) checkSpace(task);
  // What Incus refuses is to be refused while the app still runs.
  addSteps(task, update.config);
  if (update.needsRestart || task.isMoved || (!isFrozen && isRestarted(task))) restart(task);
  else changeLive(task, isFrozen ? status : 'Running');
}

/** For what only counts in a container that starts. */
function restart(task: Task): void {
  const { update } = task.compared;
  stop(task);
  if (task.isMoved) moveStopped(task);
  addSteps(task, [...update.changes, ...update.put]);
  boot(task);
}

/** Without a stop. A frozen guest goes on with the system that it was frozen with. */
function changeLive(task: Task, status: InstanceState): void {
  const { ops, compared, context, isNew } = task;
  const { app, update } = compared;
  addSteps(task, update.changes);
  if (status !== 'Running') startApp({ ops, app: app.name, context }, status);
  // What runs already must be told of them.
  addSteps(task, update.put);
  const isSame = status === 'Running' && !isNew;
  if (isSame && update.put.length === 0) return;
  if (isNew) activate(task);
  addSteps(task, [...update.own, ...update.reload]);
  judge(task);
}

/** All that it finds when it starts. */
function prepareStart(task: Task): void {
  const { update } = task.compared;
  addSteps(task, [...update.config, ...update.changes, ...update.put]);
}

/** A container that is stopped: it boots the newest system. */
function boot(task: Task): void {
  startApp({ ops: task.ops, app: task.compared.app.name, context: task.context }, 'Stopped');
  settle(task);
}

function settle(task: Task): void {
  addSteps(task, task.compared.update.own);
  judge(task);
}

function judge({ ops, ref }: Task): void {
  ops.then({ kind: 'settle', system: ref }, 'the app must run the system it was given');
}

function activate({ ops, ref, cause }: Task): void {
  ops.then({ kind: 'activate', system: ref }, cause, 'service');
}

function isRestarted({ isNew, compared }: Task): boolean {
  return isNew && compared.app.activation === 'restart';
}

/** To a guest that runs, or is started for it. */
function sendSystem(task: Task, status: InstanceState): void {
  const { ops, compared, context, cause, isMoved } = task;
  if (status !== 'Running') startApp({ ops, app: compared.app.name, context }, status);
  ops.then({ kind: 'deliver', store: compared.store }, cause);
  if (!isMoved) setProfile(task);
}

function checkSpace({ ops, compared, isMoved }: Task): void {
  const mounts = compared.actual && isMoved ? mountsOf(compared.actual, compared.data) : [];
  if (mounts.length > 0) ops.then({ kind: 'room', mounts }, 'before it is stopped');
}

function stop({ ops, compared, isNew, cause }: Task): void {
  const why = isNew ? cause : 'what changes is only looked at when the container starts';
  ops.then(stopOf(compared.app), why, compared.actual ? 'container' : 'nothing');
}

function addSteps({ ops }: Task, steps: readonly Step[]): void {
  for (const { action, cause, interrupts } of steps) ops.then(action, cause, interrupts);
}

/** What is done to the volumes of a container that is stopped, before it boots another system. */
function moveStopped(task: Task): void {
  const { ops, compared, cause } = task;
  moveData(ops, compared.data, cause);
  setProfile(task);
  if (compared.resumesRollback)
    ops.then({ kind: 'mark', state: 'ready' }, 'from here on it only does not run');
}

/** What boots from now on. */
function setProfile({ ops, compared, cause }: Task): void {
  const { store, aim, newest } = compared;
  beginUpgrade(ops, compared);
  if (aim.kind === 'build') ops.then({ kind: 'set-profile', store, above: newest }, cause);
  else {
    const { generation, toplevel } = aim.to;
    ops.then({ kind: 'return', store, generation, toplevel }, cause);
  }
}

/** Whoever finds it half upgraded knows that there is a way back, and that the copies of its volumes are part of it. */
function beginUpgrade(ops: Chain, { actual, store, resumesRollback, aim }: Compared): void {
  if (!actual || !lastGood(actual) || movesStore({ actual, store }) || resumesRollback) return;
  if (isDirty(actual) && actual.rejected === null) return;
  ops.then(
    keepsData(aim)
      ? { kind: 'mark', state: 'returning' }
      : { kind: 'mark', state: 'upgrading', isTried: aim.kind === 'build' },
    'should this be cut short',
  );
}
