import type { AppName } from '../../domain/names.js';
import type { AppOutcome } from '../../domain/outcome.js';
import type { AppPlan, OpId, Verb } from '../../domain/plan.js';

/** `returning`: it has failed, and is on its way back to what served before. */
export type RowState =
  'waiting' | 'running' | 'done' | 'failed' | 'returning' | 'rolled-back' | 'skipped' | 'interrupted';
/** What an operation is of the way back; null: it is none of it. */
export type BackStep = 'step' | 'last' | null;

/** One app of the plan with something to do: all its operations are one row. */
export type Row = {
  readonly app: AppName;
  readonly verb: Verb;
  readonly url: string | null;
  readonly state: RowState;
  /** Operations that have not ended. */
  readonly left: number;
  /** Operations that have ended, in whatever way. */
  readonly ended: readonly OpId[];
  /** Operations running now, in the order they started. */
  readonly running: readonly OpId[];
  /** What the operation that ended last did: `built`. */
  readonly last: string | null;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly output: string | null;
  readonly warnings: readonly string[];
  readonly failure: AppOutcome['failure'];
  /** Why it was skipped. */
  readonly because: string | null;
};

type Ended = 'done' | 'failed' | 'skipped';

export function rowOf({ app, verb, url }: AppPlan, left: number): Row {
  const nothing = { last: null, startedAt: null, endedAt: null, output: null, failure: null, because: null };
  return { app, verb, url, state: 'waiting', left, ended: [], running: [], warnings: [], ...nothing };
}

/** What went any other way is told at the end, by the outcome: why it was skipped is not known before. */
export function isOver(row: Row): boolean {
  return row.left === 0 && row.state === 'done';
}

/** Between two operations. */
export function isIdle(row: Row): boolean {
  return row.state === 'running' && row.running.length === 0;
}

/** `back`: as the board has it; absent: none. */
type Begun = { readonly op: OpId; readonly at: number; readonly back: BackStep | undefined };

export function startOp(row: Row, { op, at, back = null }: Begun): Row {
  const begun = row.state === 'waiting' || row.state === 'interrupted' ? 'running' : row.state;
  const state = back === null ? begun : 'returning';
  const startedAt = row.startedAt ?? at;
  return { ...row, state, startedAt, endedAt: null, running: [...row.running, op], output: null };
}

/** `at` null: it never ran. */
type Over = Omit<Begun, 'at'> & { readonly at: number | null; readonly result: Ended };

export function endOp(row: Row, { op, at, result, back = null }: Over): Row {
  const left = Math.max(0, row.left - (back === null ? 1 : 0));
  const running = row.running.filter((id) => id !== op);
  const output = running.length === 0 ? null : row.output;
  return {
    ...row,
    left,
    ended: [...row.ended, op],
    running,
    output,
    state: stateAfter({ ...row, left }, result, back),
    endedAt: at ?? row.endedAt,
  };
}

function stateAfter(row: Row, result: Ended, back: BackStep): RowState {
  if (result === 'done' && back === 'last') return 'rolled-back';
  // What is left of the way forward is skipped meanwhile.
  if (result !== 'failed' && (row.state === 'returning' || row.state === 'rolled-back')) return row.state;
  if (result === 'failed' || row.state === 'failed') return 'failed';
  if (row.state === 'interrupted') return 'interrupted';
  if (result === 'skipped' || row.state === 'skipped') return 'skipped';
  return row.left === 0 ? 'done' : 'running';
}

export function interruptIdle(row: Row): Row {
  const idle = row.running.length === 0 && row.left > 0;
  return idle && (row.state === 'waiting' || row.state === 'running')
    ? { ...row, state: 'interrupted' }
    : row;
}
