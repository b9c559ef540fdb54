import type { AppName } from '../model.js';
import { countRows, type Board, type Row, type RowState } from './board.js';
import { activeLine, columnsOf } from './active.js';
import { resultColumns, resultLines, type ResultColumns } from './result.js';
import { clean } from './style.js';
import { fit, fitLine, formatElapsed, lineWidth, plural, type Line } from './text.js';

export type Size = { readonly columns: number; readonly rows: number };
export type DoneRow = {
  readonly app: AppName;
  readonly lines: readonly Line[];
  /** Nothing was cut off: the summary need not say it again. */
  readonly whole: boolean;
};
export type Screen = {
  /** Finished for good, in that order; each goes above the live area once. */
  readonly done: readonly DoneRow[];
  readonly active: readonly Line[];
  readonly more: string | null;
  /** How far the run is; on Ctrl-C, what is being waited for. */
  readonly footer: Line | null;
};

/** The screen at `now` (ms since the epoch). `active`, `more` and `footer` together stay below the terminal's height. */
export function screenRows(board: Board, { columns, rows, now }: Size & { readonly now: number }): Screen {
  // The last column stays empty: what is written there makes some terminals wrap.
  const width = Math.max(1, columns - 1);
  const height = Math.max(1, rows - 2);
  const done = doneRows(board, width);
  if (board.outcome || board.rows.length === 0) return { done, active: [], more: null, footer: null };
  const footer = board.interrupted || height >= 4 ? fitLine(footerOf(board, now), width) : null;
  const { shown, hidden } = choose(openRows(board), height - (footer ? 1 : 0));
  const plan = columnsOf(board, width);
  const active = shown.map((row) => fitLine(activeLine(board, row, plan, now), width));
  return { done, active, more: hidden.length > 0 ? fit(moreWords(hidden, shown), width) : null, footer };
}

function doneRows(board: Board, width: number): DoneRow[] {
  const columns = resultColumns(board.plan?.apps ?? []);
  const rows = new Map(board.rows.map((row) => [row.app, row]));
  return board.finished.flatMap((app) => {
    const row = rows.get(app);
    return row ? [doneRow(row, columns, width)] : [];
  });
}

function doneRow(row: Row, columns: ResultColumns, width: number): DoneRow {
  const ms = row.startedAt === null || row.endedAt === null ? 0 : row.endedAt - row.startedAt;
  const lines = resultLines({ ...row, result: 'done', ms }, columns, width);
  const whole = lines.every((line) => lineWidth(line) <= width);
  return { app: row.app, lines: lines.map((line) => fitLine(line, width)), whole };
}

const GIVEN_UP: ReadonlySet<RowState> = new Set(['skipped', 'interrupted']);
const RANK: Record<RowState, number> = {
  failed: 0,
  returning: 0,
  'rolled-back': 0,
  running: 1,
  waiting: 2,
  interrupted: 3,
  skipped: 3,
  done: 4,
};

/**
 * Rows that are not above yet and may still say something. A started one keeps its place until it ends, so
 * that nothing jumps.
 */
function openRows(board: Board): Row[] {
  const finished = new Set(board.finished);
  const over = (row: Row) => finished.has(row.app) || (row.running.length === 0 && GIVEN_UP.has(row.state));
  return board.rows.filter((row) => !over(row)).sort(inOrder);
}

function inOrder(a: Row, b: Row): number {
  return RANK[a.state] - RANK[b.state] || (a.startedAt ?? 0) - (b.startedAt ?? 0);
}

/** Failures come first but leave half of the room to what still runs. */
function choose(open: readonly Row[], room: number): { shown: readonly Row[]; hidden: readonly Row[] } {
  if (open.length <= room) return { shown: open, hidden: [] };
  const slots = Math.max(0, room - 1);
  const failed = open.filter((row) => RANK[row.state] === RANK.failed);
  const others = open.filter((row) => RANK[row.state] !== RANK.failed);
  const failedSlots = Math.min(failed.length, Math.max(Math.ceil(slots / 2), slots - others.length));
  const shown = [...failed.slice(0, failedSlots), ...others.slice(0, slots - failedSlots)];
  const hidden = [...failed.slice(failedSlots), ...others.slice(slots - failedSlots)];
  return room > 0 ? { shown, hidden } : { shown: [], hidden: [] };
}

const COUNTED: readonly (readonly [RowState, string])[] = [
  ['failed', 'failed'],
  ['rolled-back', 'rolled back'],
  ['returning', 'on the way back'],
  ['waiting', 'waiting'],
  ['running', 'running'],
  ['skipped', 'skipped'],
];

const UNDER_WAY: ReadonlySet<RowState> = new Set(['waiting', 'running']);

function moreWords(hidden: readonly Row[], shown: readonly Row[]): string {
  const counts = countRows(hidden);
  const parts = COUNTED.flatMap(([state, words]) => (counts[state] > 0 ? [`${counts[state]} ${words}`] : []));
  return `… ${hidden.length}${shown.length > 0 ? ' more' : ''} (${parts.join(', ')})`;
}

function footerOf(board: Board, now: number): Line {
  if (board.interrupted) return [{ text: stoppingWords(board), tone: 'yellow' }];
  const counts = countRows(board.rows);
  const parts = [`${counts.done} of ${board.rows.length} done`];
  for (const [state, words] of COUNTED)
    if (!UNDER_WAY.has(state) && counts[state] > 0) parts.push(`${counts[state]} ${words}`);
  const elapsed = formatElapsed(now - (board.startedAt ?? now));
  return [{ text: `  ${clean(board.plan?.project ?? '')}: ${parts.join(', ')}  ${elapsed}`, tone: 'dim' }];
}

export function stoppingWords(board: Board): string {
  const running = board.rows.reduce((sum, row) => sum + row.running.length, 0);
  return `stopping: waiting for ${plural(running, 'running operation')} — Ctrl-C again to abandon ${running === 1 ? 'it' : 'them'}`;
}

/** Everything that is redrawn with each frame. */
export function liveLines({ active, more, footer }: Screen): Line[] {
  const below: Line[] = more === null ? [] : [[{ text: more, tone: 'dim' }]];
  return [...active, ...below, ...(footer ? [footer] : [])];
}
