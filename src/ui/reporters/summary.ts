import type { AppOutcome, Outcome } from '../../domain/outcome.js';
import type { RunApp } from '../../domain/run.js';
import { failureLines } from './failure.js';
import type { LogOf } from './reporter.js';
import { resultColumns, resultLines } from './result.js';
import { createStyle, oneLine, type Style } from '../style.js';
import { paint } from '../text.js';
import { formatTook } from '../../lib/format.js';
import { VERBS } from './words.js';

export type SummaryOptions = {
  readonly color: boolean;
  /** List every unchanged app, however many. */
  readonly verbose?: boolean;
  /** Wall time of the whole run. */
  readonly ms?: number;
  /** Of the terminal; absent: lines may be of any length. */
  readonly columns?: number;
  readonly logOf?: LogOf;
};

/** So many apps to which nothing happened are listed one by one. */
const IDLE_LISTED = 10;

/** The last thing a run prints: a line per app, each failure in full, the counts. */
export function summaryLines(outcome: Outcome, options: SummaryOptions): string[] {
  const style = createStyle(options.color);
  const failed = outcome.apps.filter((app) => app.failure !== null);
  const blocks = [
    [...appLines(outcome, options, style), ...warningLines(outcome, style)],
    ...failed.map((app) => failureLines(app, style, options.logOf?.(app.app))),
    [style.bold(totalLine(outcome, options.ms)), ...nextLines(outcome, style)],
  ];
  return blocks.filter((block) => block.length > 0).flatMap((block, i) => (i === 0 ? block : ['', ...block]));
}

function appLines(
  outcome: Outcome,
  { verbose, columns: width = Infinity }: SummaryOptions,
  style: Style,
): string[] {
  const columns = resultColumns(outcome.apps);
  const idle = {
    unchanged: outcome.apps.filter(isUnchanged),
    'not started': outcome.apps.filter(isNotStarted),
  };
  const collapsed = Object.entries(idle).filter(([, apps]) => apps.length > IDLE_LISTED && verbose !== true);
  const hidden = new Set(collapsed.flatMap(([, apps]) => apps));
  const listed = outcome.apps.filter((app) => !hidden.has(app));
  return [
    ...listed.flatMap((app) => resultLines(app, columns, width)).map((line) => paint(line, style)),
    ...collapsed.map(([words, apps]) => style.dim(`· ${apps.length} ${words}`)),
  ];
}

function isUnchanged({ result }: AppOutcome): boolean {
  return result === 'unchanged';
}

function isNotStarted({ result, ms }: AppOutcome): boolean {
  return result === 'interrupted' && ms === 0;
}

function warningLines(outcome: Outcome, style: Style): string[] {
  return outcome.apps.flatMap((app) => [
    ...app.warnings.map((warning) => `${style.yellow('!')} ${app.app}: ${oneLine(warning)}`),
    ...app.notes.map((note) => `${style.cyan('i')} ${app.app}: ${oneLine(note)}`),
  ]);
}

/** `3 created, 1 failed, 2 unchanged in 12.3s` */
function totalLine(outcome: Outcome, ms: number | undefined): string {
  const took = ms === undefined ? '' : ` in ${formatTook(ms)}`;
  return `${outcome.interrupted ? 'interrupted: ' : ''}${countWords(outcome.apps) || 'no apps'}${took}`;
}

type Counted = Pick<RunApp, 'result' | 'verb' | 'because'>;

/** `3 created, 1 failed, 2 unchanged`; empty for no apps. */
export function countWords(apps: readonly Counted[]): string {
  const counts = new Map<string, number>();
  for (const word of RESULT_ORDER) counts.set(word, 0);
  for (const app of apps) {
    const word = countedAs(app);
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  const parts = [...counts].filter(([, n]) => n > 0).map(([word, n]) => `${n} ${word}`);
  return parts.join(', ');
}

const RESULT_ORDER = [
  ...Object.entries(VERBS).flatMap(([verb, row]) => (verb === 'unchanged' ? [] : [row.result])),
  'running',
  'failed',
  'rolled back',
  'refused',
  'skipped',
  'interrupted',
  'left alone',
  'unchanged',
];

function countedAs({ result, verb, because }: Counted): string {
  if (result === 'done' || (result === 'condemned' && because === null)) return VERBS[verb].result;
  if (result === 'rolled-back') return VERBS.rollback.result;
  return result === 'held' || result === 'condemned' ? 'left alone' : result;
}

function nextLines(outcome: Outcome, style: Style): string[] {
  return outcome.interrupted ? [`${style.bold('next:')} run \`pets up\` again to finish`] : [];
}
