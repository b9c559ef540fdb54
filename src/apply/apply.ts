import PQueue from 'p-queue';
import { ACTIONS, type Slot } from '../actions.js';
import type { Desired, Event, OpId, Operation, Outcome, Plan } from '../model.js';
import { FailedProgram, problemOf } from '../problem.js';
import { outcomeOf, type Ended } from './outcome.js';
import { perform, type Ports, type Progress } from './perform.js';

export type Limits = Readonly<Record<Exclude<Slot, 'wait'>, number>>;

export type ApplyOptions = {
  readonly plan: Plan;
  readonly desired: Desired;
  readonly ports: Ports;
  readonly limits: Limits;
  readonly emit: (event: Event) => void;
  /** Aborted: nothing new starts, what runs is waited for. */
  readonly stop: AbortSignal;
  /** Start nothing more after the first failure. */
  readonly failFast: boolean;
};

/** Carries out the plan as it stands. Never rejects for an app's failure: that is in the outcome. */
export async function apply({
  plan,
  desired,
  ports,
  limits,
  emit,
  stop,
  failFast,
}: ApplyOptions): Promise<Outcome> {
  const ended = new Map<OpId, Ended>();
  const progress: Progress = { pins: {}, pending: new Map(), systems: new Map(), generations: new Map() };
  const queues = queuesFor(limits);
  const running = new Set<OpId>();
  const halted = () => stop.aborted || (failFast && [...ended.values()].some((e) => e.kind === 'failed'));
  const onStop = () => {
    emit({ kind: 'interrupted', at: Date.now(), running: running.size });
  };
  stop.addEventListener('abort', onStop, { once: true });

  const one = async (op: Operation): Promise<Ended> => {
    const startedAt = Date.now();
    running.add(op.id);
    emit({ kind: 'started', at: startedAt, op: op.id, app: op.app });
    const say = (line: string) => {
      emit({ kind: 'output', at: Date.now(), op: op.id, app: op.app, line });
    };
    try {
      const { note, warnings = [] } = await perform(op, { desired, ports, progress, say });
      for (const message of warnings)
        emit({ kind: 'warned', at: Date.now(), op: op.id, app: op.app, message });
      emit({
        kind: 'finished',
        at: Date.now(),
        op: op.id,
        app: op.app,
        ...(note === undefined ? {} : { note }),
      });
      return { kind: 'done', startedAt, endedAt: Date.now(), warnings };
    } catch (error) {
      const problem = { app: op.app, ...problemOf(error) };
      const log = error instanceof FailedProgram ? error.log : [];
      emit({ kind: 'failed', at: Date.now(), op: op.id, app: op.app, problem, log });
      return { kind: 'failed', startedAt, endedAt: Date.now(), problem, log };
    } finally {
      running.delete(op.id);
    }
  };

  const skip = (op: Operation, because: string, interrupted: boolean): Ended => {
    emit({ kind: 'skipped', at: Date.now(), op: op.id, app: op.app, because });
    return { kind: interrupted ? 'interrupted' : 'skipped', because };
  };

  const settled = new Map<OpId, Promise<void>>();
  const schedule = async (op: Operation): Promise<void> => {
    await Promise.all([...op.needs, ...op.after].map((id) => settled.get(id)));
    const broken = op.needs.find((id) => ended.get(id)?.kind !== 'done');
    const start = () => (halted() ? Promise.resolve(skip(op, 'the run was stopped', true)) : one(op));
    const slot = ACTIONS[op.action.kind].slot;
    const result =
      broken !== undefined
        ? skip(op, `needs ${broken}`, ended.get(broken)?.kind === 'interrupted')
        : await (slot === 'wait' ? start() : queues[slot].add(start));
    ended.set(op.id, result);
  };

  emit({ kind: 'run-started', at: Date.now(), plan });
  await walk(plan.operations, settled, schedule);
  stop.removeEventListener('abort', onStop);
  const outcome = outcomeOf(plan, ended, stop.aborted);
  emit({ kind: 'run-ended', at: Date.now(), outcome });
  return outcome;
}

/** Starts every operation's wait at once; an operation may come before what it waits for in the list. */
async function walk(
  operations: readonly Operation[],
  settled: Map<OpId, Promise<void>>,
  schedule: (op: Operation) => Promise<void>,
): Promise<void> {
  let begin: () => void = () => undefined;
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  for (const op of operations)
    settled.set(
      op.id,
      begun.then(() => schedule(op)),
    );
  begin();
  await Promise.all(settled.values());
}

function queuesFor(limits: Limits): Record<Exclude<Slot, 'wait'>, PQueue> {
  return {
    evaluate: new PQueue({ concurrency: limits.evaluate }),
    build: new PQueue({ concurrency: limits.build }),
    incus: new PQueue({ concurrency: limits.incus }),
  };
}
