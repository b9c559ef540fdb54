import { countRows, isIdle, type ProgressState, type Row, type RowState } from './board.js';
import { activeLine, columnsOf } from './active.js';
import { resultColumns, resultLines, type ResultColumns } from './result.js';
import { cleanText } from '../style.js';
import { fit, fitLine, type Line } from '../text.js';
import { formatElapsed, plural } from '../../lib/format.js';

export type Size = { readonly columns: number; readonly rows: number };
export type Screen = {
  /** What is finished for good, in that order. */
  readonly done: readonly Line[];
  readonly active: readonly Line[];
  readonly more: string | null;
  /** How far the run is; on Ctrl-C, what is being waited for. */
  readonly footer: Line | null;
};

/** The screen at `now` (ms since the epoch). `active`, `more` and `footer` together stay below the terminal's height. */
export function screenRows(
  board: ProgressState,
  { columns, rows, now }: Size & { readonly now: number },
): Screen {
  // The last column stays empty: what is written there makes some terminals wrap.
  const width = Math.max(1, columns - 1);
  const height = Math.max(1, rows - 2);
  const done = doneLines(board, width);
  if (board.outcome || board.rows.length === 0) return { done, active: [], more: null, footer: null };
  const footer = board.interrupted || height >= 4 ? fitLine(footerOf(board, now), width) : null;
  const { shown, hidden } = choose(openRows(board), height - (footer ? 1 : 0));
  const plan = columnsOf(board, width);
  const active = shown.map((row) => fitLine(activeLine(board, row, { columns: plan, now }), width));
  return { done, active, more: hidden.length > 0 ? fit(moreWords(hidden, shown), width) : null, footer };
}

function doneLines(board: ProgressState, width: number): Line[] {
  const columns = resultColumns(board.plan?.apps ?? []);
  const rows = new Map(board.rows.map((row) => [row.app, row]));
  return board.finished.flatMap((app) => {
    const row = rows.get(app);
    return row ? doneRow(row, columns, width) : [];
  });
}

function doneRow(row: Row, columns: ResultColumns, width: number): Line[] {
  const ms = row.startedAt === null || row.endedAt === null ? 0 : row.endedAt - row.startedAt;
  const lines = resultLines({ ...row, result: 'done', ms }, columns, width);
  return lines.map((line) => fitLine(line, width));
}

const GIVEN_UP: ReadonlySet<RowState> = new Set(['skipped', 'interrupted']);
const RANK: Record<RowState, number> = {
  failed: 0,
  returning: 0,
  'rolled-back': 0,
  running: 1,
  waiting: 3,
  interrupted: 4,
  skipped: 4,
  done: 5,
};
/** What only waits comes after what does something. */
const RANK_IDLE = 2;

/**
 * Rows that are not above yet and may still say something. One that does something keeps its place among those, so
 * that little jumps.
 */
function openRows(board: ProgressState): Row[] {
  const finished = new Set(board.finished);
  const over = (row: Row) => finished.has(row.app) || (row.running.length === 0 && GIVEN_UP.has(row.state));
  return board.rows.filter((row) => !over(row)).sort(inOrder);
}

function inOrder(a: Row, b: Row): number {
  return rankOf(a) - rankOf(b) || (a.startedAt ?? 0) - (b.startedAt ?? 0);
}

function rankOf(row: Row): number {
  return isIdle(row) ? RANK_IDLE : RANK[row.state];
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

function footerOf(board: ProgressState, now: number): Line {
  if (board.interrupted) return [{ text: stoppingWords(board), tone: 'yellow' }];
  const counts = countRows(board.rows);
  const parts = [`${counts.done} of ${board.rows.length} done`];
  for (const [state, words] of COUNTED)
    if (!UNDER_WAY.has(state) && counts[state] > 0) parts.push(`${counts[state]} ${words}`);
  const elapsed = formatElapsed(now - (board.startedAt ?? now));
  return [
    { text: `  ${cleanText(board.plan?.project ?? '')}: ${parts.join(', ')}  ${elapsed}`, tone: 'dim' },
  ];
}

export function stoppingWords(board: ProgressState): string {
  const running = board.rows.reduce((sum, row) => sum + row.running.length, 0);
  if (running === 0) return 'stopping';
  return `stopping: waiting for ${plural(running, 'running operation')} — Ctrl-C again to abandon ${running === 1 ? 'it' : 'them'}`;
}

/** A frame for a screen of so many rows: what is under way, and above it as much of what was finished last as fits. */
export function frameLines(screen: Screen, { rows }: Pick<Size, 'rows'>): Line[] {
  const live = liveLines(screen);
  const room = Math.max(0, rows - 1 - live.length);
  return [...(room > 0 ? screen.done.slice(-room) : []), ...live];
}

/** What is under way. */
export function liveLines({ active, more, footer }: Screen): Line[] {
  const below: Line[] = more === null ? [] : [[{ text: more, tone: 'dim' }]];
  return [...active, ...below, ...(footer ? [footer] : [])];
}
