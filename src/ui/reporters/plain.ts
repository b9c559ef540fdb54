import type { Event, Reporter } from '../../domain/event.js';
import type { OpId, Operation } from '../../domain/plan.js';
import { createBuildReporter } from './building.js';
import { emptyBoard, reduce, wordsOf, type ProgressState } from './board.js';
import { FAR_MS, farWords } from './far.js';
import { typing, type LogOf, type ProgressKind, type Teller, type TellWiring } from './reporter.js';
import { oneLine } from '../style.js';
import { summaryLines } from './summary.js';
import { formatTook, plural } from '../../lib/format.js';
import { waitOf, waitWords } from './waits.js';
import { countPlan } from './words.js';

export const plain: ProgressKind = {
  speech: 'words',
  run: (wiring) => createPlainReporter({ ...wiring, write: typing(wiring) }),
  build: createBuildReporter,
  tell: createTeller,
};

type Written = { readonly write: (text: string) => void; readonly logOf?: LogOf };

/** One line for each change of state, no escape codes: for logs and pipes. */
export function createPlainReporter({ write, logOf }: Written): Reporter {
  let board = emptyBoard;
  const startedAt = new Map<OpId, number>();
  const toldAt = new Map<OpId, number>();
  return {
    event(event) {
      if (event.kind === 'progress') {
        const since = event.at - (toldAt.get(event.op) ?? -Infinity);
        if (since < FAR_MS) return;
        toldAt.set(event.op, event.at);
      }
      const before = board;
      board = reduce(board, event);
      if (event.kind === 'started') startedAt.set(event.op, event.at);
      const context = { before, board, startedAt, ...(logOf ? { logOf } : {}) };
      const lines = [...linesOf(event, context), ...waitLines(event, board)];
      if (lines.length > 0) write(lines.map((line) => `${line}\n`).join(''));
    },
    close: () => Promise.resolve(),
  };
}

/** A line now and then. */
function createTeller({ stream, app, now }: TellWiring): Teller {
  let toldAt = -Infinity;
  return (far) => {
    if (far === null || now() - toldAt < FAR_MS) return;
    toldAt = now();
    stream.write(`${oneLine(`${app ?? 'pets'}: ${farWords(far)}`)}\n`);
  };
}

type Context = {
  readonly before: ProgressState;
  readonly board: ProgressState;
  readonly startedAt: ReadonlyMap<OpId, number>;
  readonly logOf?: LogOf;
};

function linesOf(event: Event, context: Context): string[] {
  const { board } = context;
  switch (event.kind) {
    case 'run-started':
      return board.rows.length > 0 ? [`${oneLine(event.plan.project)}: ${countPlan(event.plan)}`] : [];
    case 'started':
      return [`${event.app}: ${doing(board, event.op)}${cause(board, event.op)}`];
    case 'waiting':
      return [`${event.app}: ${doing(board, event.op)}: waiting for ${oneLine(event.what)}`];
    case 'progress':
      return [`${event.app}: ${doing(board, event.op)}: ${farWords(event)}`];
    case 'finished':
      return [`${event.app}: ${done(event, context)}${note(event.note)}`];
    case 'warned':
      return [`${event.app}: warning: ${oneLine(event.message)}`];
    case 'failed':
      return [`${event.app}: failed: ${oneLine(event.problem.message)}`];
    case 'skipped':
      return becameSkipped(event, context) ? [`${event.app}: skipped (${oneLine(event.because)})`] : [];
    case 'interrupted':
      return [`stopping: waiting for ${plural(event.running, 'running operation')}`];
    case 'run-ended': {
      const ms = board.startedAt === null ? {} : { ms: event.at - board.startedAt };
      const logOf = context.logOf ? { logOf: context.logOf } : {};
      const lines = summaryLines(event.outcome, { color: false, ...ms, ...logOf });
      return board.rows.length > 0 ? ['', ...lines] : lines;
    }
    case 'output':
      return [];
  }
}

/** An app that has come to where others must go first. What is under way before them is not counted down. */
function waitLines(event: Event, board: ProgressState): string[] {
  if (event.kind !== 'finished') return [];
  const row = board.rows.find(({ app }) => app === event.app);
  const wait = row ? waitOf(board, row) : null;
  return wait?.kind === 'others' ? [`${event.app}: ${waitWords(wait)}`] : [];
}

function doing(board: ProgressState, op: OpId): string {
  return wordsOf(board, op)?.doing ?? op;
}

function done(event: { readonly op: OpId; readonly at: number }, { board, startedAt }: Context): string {
  const start = startedAt.get(event.op);
  const took = start === undefined ? '' : ` in ${formatTook(event.at - start)}`;
  return `${wordsOf(board, event.op)?.done ?? event.op}${took}`;
}

function cause(board: ProgressState, op: OpId): string {
  const words = operationOf(board, op)?.cause ?? '';
  return words === '' ? '' : ` (${oneLine(words)})`;
}

function operationOf(board: ProgressState, op: OpId): Operation | undefined {
  return board.plan?.operations.find(({ id }) => id === op);
}

function note(text: string | undefined): string {
  return text === undefined || text === '' ? '' : ` (${oneLine(text)})`;
}

/** An app is skipped once, however many operations it has; one that failed is not skipped as well. */
function becameSkipped({ app }: { readonly app: string }, { before, board }: Context): boolean {
  const state = (of: ProgressState) => of.rows.find((row) => row.app === app)?.state;
  return state(board) === 'skipped' && state(before) !== 'skipped';
}
