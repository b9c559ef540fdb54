import type { AppPlan } from '../../domain/plan.js';
import { logFile, type Run, type RunApp, type RunMeta, type RunState } from '../../domain/run.js';
import {
  emptyBoard,
  reduce,
  wordsOf,
  type ProgressState,
  type Row,
  type RowState,
} from '../reporters/board.js';
import { failureLines } from '../reporters/failure.js';
import { resultColumns, resultLine, type ResultColumns } from '../reporters/result.js';
import { createStyle, oneLine, type Style } from '../style.js';
import { countWords } from '../reporters/summary.js';
import { table } from '../table.js';
import { pad, paint, type Line } from '../text.js';
import { formatTook, plural } from '../../lib/format.js';
import { countPlan } from '../reporters/words.js';

/** What became of each app: as the run said at its end, or as far as it came. */
export function appsOf(run: Run): readonly RunApp[] {
  if (run.outcome) return run.outcome.apps;
  const board = run.events.reduce(reduce, emptyBoard);
  return run.plan?.apps.map((app) => appOf(app, board, run.state)) ?? [];
}

function appOf(plan: AppPlan, board: ProgressState, state: RunState): RunApp {
  const { app, verb, url } = plan;
  const nothing = { app, verb, url, warnings: [], notes: [], ms: 0, failure: null };
  if (plan.held !== null)
    return { ...nothing, result: plan.condemned ? 'condemned' : 'held', because: plan.held };
  if (verb === 'unchanged') return { ...nothing, result: 'unchanged', because: null };
  const row = board.rows.find((r) => r.app === app);
  const told = row
    ? { warnings: row.warnings, ms: tookOf(row.startedAt, row.endedAt), failure: row.failure }
    : {};
  const way = row?.state === 'returning' ? 'back: ' : '';
  const result = row === undefined || isOpen(row.state) ? OPEN[state] : row.state;
  const doing = row?.running.map((op) => wordsOf(board, op)?.doing ?? op) ?? [];
  const reached = doing.length > 0 ? doing.join(', ') : row?.last ? `${row.last}, waiting` : 'not begun';
  return {
    ...nothing,
    ...told,
    result,
    because: row && !isOpen(row.state) ? whyOf(row) : `${way}${reached}`,
  };
}

/** What was skipped of the way forward does not matter where the way back was gone. */
function whyOf({ state, because }: Row): string | null {
  return state === 'rolled-back' ? null : because;
}

function isOpen(state: RowState): state is 'waiting' | 'running' | 'returning' {
  return state === 'waiting' || state === 'running' || state === 'returning';
}

/** What an app is whose end was not written down: by the exit code, or by what became of the process. */
const OPEN = {
  done: 'done',
  running: 'running',
  failed: 'interrupted',
  interrupted: 'interrupted',
  abandoned: 'interrupted',
  unreadable: 'interrupted',
} as const satisfies Record<RunState, RunApp['result']>;

function tookOf(from: number | null, to: number | null): number {
  return from === null || to === null ? 0 : to - from;
}

/** A line per run under a header. `now`: milliseconds since the epoch. */
export function runsText(runs: readonly Run[], now: number): string {
  const rows = runs.map((run) => [
    run.id,
    run.meta?.verb ?? '-',
    ago(now - Date.parse(run.started)),
    took(run, now),
    run.state,
    countWords(appsOf(run).filter(({ result }) => result !== 'unchanged')) || '-',
  ]);
  return table(rows, ['ID', 'VERB', 'WHEN', 'TOOK', 'OUTCOME', 'APPS']);
}

type TextOptions = { readonly color: boolean; readonly now: number };

/** One run in full, for people. Ends with a newline. */
export function runText(run: Run, { color, now }: TextOptions): string {
  const style = createStyle(color);
  const apps = appsOf(run);
  const columns = resultColumns(apps);
  const files = new Set(run.files);
  const log = (app: RunApp) => (files.has(logFile(app.app)) ? `${run.directory}/${logFile(app.app)}` : null);
  const blocks = [
    headLines(run, now, style),
    run.plan ? [`plan: ${countPlan(run.plan)}`] : [],
    apps.map((app) => paint(appLine(app, columns), style)),
    ...apps.map((app) => failureLines(app, style, log(app))),
    run.unreadable.map((file) => `${run.directory}/${file} cannot be read, or is not what pets writes`),
    [`${style.bold('files:')} ${run.directory}`, `  ${run.files.join(', ') || 'none'}`],
  ];
  const told = blocks.filter((block) => block.length > 0).map((block) => block.join('\n'));
  return `${told.join('\n\n')}\n`;
}

const TONES = {
  done: 'green',
  failed: 'red',
  interrupted: 'yellow',
  abandoned: 'yellow',
  unreadable: 'yellow',
  running: 'cyan',
} as const satisfies Record<RunState, string>;

function headLines(run: Run, now: number, style: Style): string[] {
  const { id, meta, started, state } = run;
  const code = meta?.exitCode ? ` (exit code ${meta.exitCode})` : '';
  const advice = state === 'abandoned' ? '; the next run goes on from there' : '';
  return [
    style.bold(
      `${id}  ${meta ? oneLine(`pets ${meta.argv.join(' ')}`) : 'a run that says nothing of itself'}`,
    ),
    `${style[TONES[state]](state)}${code}, took ${took(run, now)}${advice}`,
    `started ${started}${meta ? `, ${byWhom(meta)}` : ''}`,
  ];
}

function byWhom({ user, process, version }: RunMeta): string {
  return `by ${oneLine(user)}, process ${process.pid}, pets ${version}`;
}

function appLine(app: RunApp, columns: ResultColumns): Line {
  const { result } = app;
  if (result !== 'running') return resultLine({ ...app, result }, columns);
  const why = app.because === null ? '' : ` (${app.because})`;
  return [{ text: '›', tone: 'cyan' }, { text: ` ${pad(app.app, columns.name)}  running${why}` }];
}

/** How long it took, or has been running; `-` where nobody knows. */
function took(run: Run, now: number): string {
  const ended = run.meta?.ended ?? null;
  if (ended !== null) return formatTook(Date.parse(ended) - Date.parse(run.started));
  return run.state === 'running' ? formatTook(now - Date.parse(run.started)) : '-';
}

const UNITS = [
  [86_400_000, 'day'],
  [3_600_000, 'hour'],
  [60_000, 'minute'],
  [1000, 'second'],
] as const;

function ago(ms: number): string {
  const [size, unit] = UNITS.find(([size]) => ms >= size) ?? [1000, 'second'];
  return `${plural(Math.max(0, Math.floor(ms / size)), unit)} ago`;
}
