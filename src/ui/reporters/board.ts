import { ACTIONS, type ActionKind } from '../../domain/action.js';
import type { AppName } from '../../domain/names.js';
import type { AppResult, Outcome } from '../../domain/outcome.js';
import type { Event } from '../../domain/event.js';
import type { OpId, Plan } from '../../domain/plan.js';
import { farWords } from './far.js';
import {
  endOp,
  interruptIdle,
  isIdle,
  isOver,
  rowOf,
  startOp,
  type BackStep,
  type Row,
  type RowState,
} from './row.js';

export { isIdle, type Row, type RowState } from './row.js';

export type ProgressState = {
  readonly plan: Plan | null;
  readonly startedAt: number | null;
  readonly kinds: Readonly<Record<OpId, ActionKind>>;
  /** The operations of ways back, which happen only where something has failed. */
  readonly back: Readonly<Record<OpId, BackStep>>;
  readonly rows: readonly Row[];
  /** Apps that are done, in that order; it only grows. */
  readonly finished: readonly AppName[];
  readonly unchanged: number;
  readonly interrupted: boolean;
  readonly endedAt: number | null;
  readonly outcome: Outcome | null;
};

export const emptyBoard: ProgressState = {
  plan: null,
  startedAt: null,
  kinds: {},
  back: {},
  rows: [],
  finished: [],
  unchanged: 0,
  interrupted: false,
  endedAt: null,
  outcome: null,
};

/** What a screen has to know after this event. */
export function reduce(board: ProgressState, event: Event): ProgressState {
  switch (event.kind) {
    case 'run-started':
      return boardOf(event.plan, event.at);
    case 'started':
      return onRow(board, event.app, (row) => startOp(row, { ...event, back: board.back[event.op] }));
    case 'output':
      return onRow(board, event.app, (row) => ({ ...row, output: event.line }));
    case 'progress':
      return onRow(board, event.app, (row) => ({ ...row, output: farWords(event) }));
    case 'waiting':
      return onRow(board, event.app, (row) => ({ ...row, output: `waiting for ${event.what}` }));
    case 'finished': {
      const last = wordsOf(board, event.op)?.done ?? null;
      return onRow(board, event.app, (row) =>
        endOp({ ...row, last }, { ...event, result: 'done', back: board.back[event.op] }),
      );
    }
    case 'warned':
      return onRow(board, event.app, (row) => ({ ...row, warnings: [...row.warnings, event.message] }));
    case 'failed': {
      const failure = { op: event.op, problem: event.problem, log: event.log };
      return onRow(board, event.app, (row) =>
        endOp(
          { ...row, failure: row.failure ?? failure },
          { ...event, result: 'failed', back: board.back[event.op] },
        ),
      );
    }
    case 'skipped':
      return onRow(board, event.app, (row) =>
        endOp(
          { ...row, because: row.because ?? event.because },
          { ...event, at: null, result: 'skipped', back: board.back[event.op] },
        ),
      );
    case 'interrupted':
      return { ...board, interrupted: true, rows: board.rows.map(interruptIdle) };
    case 'run-ended':
      return endRun(board, event.at, event.outcome);
  }
}

/** A row between two operations only waits. */
export type Counts = Readonly<Record<RowState, number>>;

export function countRows(rows: readonly Row[]): Counts {
  const over = { done: 0, failed: 0, 'rolled-back': 0, skipped: 0, interrupted: 0 };
  const counts = { waiting: 0, running: 0, returning: 0, ...over };
  for (const row of rows) counts[isIdle(row) ? 'waiting' : row.state] += 1;
  return counts;
}

export function wordsOf(
  board: ProgressState,
  op: OpId,
): { readonly doing: string; readonly done: string } | null {
  const kind = board.kinds[op];
  return kind === undefined ? null : ACTIONS[kind];
}

function boardOf(plan: Plan, at: number): ProgressState {
  const left = new Map<AppName, number>();
  const forward = plan.operations.filter(({ phase }) => phase === 'forward');
  for (const { app } of forward) left.set(app, (left.get(app) ?? 0) + 1);
  const acting = plan.apps.filter((app) => app.verb !== 'unchanged' && app.held === null);
  return {
    ...emptyBoard,
    plan,
    startedAt: at,
    kinds: Object.fromEntries(plan.operations.map((op) => [op.id, op.action.kind])),
    back: backOf(plan),
    rows: acting.filter(({ app }) => left.has(app)).map((app) => rowOf(app, left.get(app.app) ?? 0)),
    unchanged: plan.apps.filter((app) => app.verb === 'unchanged').length,
  };
}

function backOf({ operations }: Plan): ProgressState['back'] {
  const steps = operations.filter(({ phase }) => phase === 'rollback');
  const last = new Map(steps.map(({ app, id }) => [app, id]));
  return Object.fromEntries(steps.map(({ app, id }) => [id, last.get(app) === id ? 'last' : 'step']));
}

/** An event of an app without a row changes nothing. */
function onRow(board: ProgressState, app: AppName, change: (row: Row) => Row): ProgressState {
  const index = board.rows.findIndex((row) => row.app === app);
  const row = board.rows[index];
  if (!row) return board;
  const changed = change(row);
  const next = board.interrupted ? interruptIdle(changed) : changed;
  const finished = isOver(next) && !isOver(row) ? [...board.finished, app] : board.finished;
  return { ...board, rows: board.rows.with(index, next), finished };
}

function isRowState(result: AppResult): result is Extract<AppResult, RowState> {
  return ['done', 'failed', 'rolled-back', 'skipped', 'interrupted'].includes(result);
}

function endRun(board: ProgressState, at: number, outcome: Outcome): ProgressState {
  const results = new Map(outcome.apps.map((app) => [app.app, app.result]));
  const rows = board.rows.map((row) => {
    const ended = results.get(row.app);
    const result = ended === 'refused' ? 'failed' : ended;
    const open = ['waiting', 'running', 'returning'].includes(row.state) || result === 'rolled-back';
    return open && result && isRowState(result) ? { ...row, state: result } : row;
  });
  return { ...board, rows, endedAt: at, outcome, interrupted: board.interrupted || outcome.interrupted };
}
