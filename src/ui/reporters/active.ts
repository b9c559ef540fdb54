import { wordsOf, type ProgressState, type Row } from './board.js';
import { GLYPHS, NAME_LIMIT, resultWords } from './result.js';
import { cleanText, type Tone } from '../style.js';
import { cell, displayWidth, fit, widest, type Line } from '../text.js';
import { formatElapsed } from '../../lib/format.js';
import { waitOf, waitWords } from './waits.js';

const SPINNER = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const WORDS_LIMIT = 22;
const WORDS_LIMIT_WIDE = 26;
const WIDE = 100;
const NAME_LEAST = 12;
/** The longest that does not name an app. */
const LONG_WAIT = 'waiting for 10 builds';
const WORDS_LEAST = 6;
const TIME = 6;
const OUTPUT_LEAST = 10;
/** Of a line of any length, what is looked at with each frame. */
const OUTPUT_READ = 2000;

export type Columns = {
  readonly name: number;
  readonly words: number;
  readonly time: boolean;
  readonly output: number;
};

/** Narrow terminals lose the output line first, then the time, then the words. */
export function columnsOf(board: ProgressState, width: number): Columns {
  const nameLimit = Math.min(
    NAME_LIMIT,
    Math.max(NAME_LEAST, Math.floor(width * 0.4)),
    Math.max(1, width - 2),
  );
  const name = Math.min(nameLimit, widest(board.rows.map((row) => row.app)));
  const forward = Object.keys(board.kinds).filter((op) => !board.back[op]);
  const doing = forward.map((op) => wordsOf(board, op)?.doing ?? '');
  const wanted = Math.min(width < WIDE ? WORDS_LIMIT : WORDS_LIMIT_WIDE, widest([...doing, LONG_WAIT]));
  const room = width - 2 - name;
  const time = room >= 2 + WORDS_LEAST + TIME + 1;
  const words = Math.min(wanted, room - 2 - (time ? TIME + 1 : 0));
  const output = room - 2 - words - (TIME + 1) - 2;
  return { name, words: words >= WORDS_LEAST ? words : 0, time, output: output >= OUTPUT_LEAST ? output : 0 };
}

/** `⠹ web  building  12s  last line it printed` */
export function activeLine(
  board: ProgressState,
  row: Row,
  { columns, now }: { readonly columns: Columns; readonly now: number },
): Line {
  const [glyph, tone] = glyphOf(row, now);
  const head: Line = [{ text: glyph, tone }, { text: ` ${cell(row.app, columns.name)}` }];
  if (row.state === 'failed' && row.running.length === 0)
    return [...head, { text: `  ${failedWords(row)}`, tone: 'red' }];
  if (row.state === 'rolled-back') return [...head, { text: '  rolled back', tone: 'yellow' }];
  const words = columns.words > 0 ? cell(doingWords(board, row, columns.words), columns.words) : '';
  const dimmed = row.running.length > 0 ? {} : { tone: 'dim' as const };
  const line = words ? [...head, { text: `  ${words}`, ...dimmed }] : head;
  if (!columns.time || row.startedAt === null) return line;
  const end = row.state === 'running' || row.state === 'returning' ? now : (row.endedAt ?? now);
  const time = formatElapsed(end - row.startedAt).padStart(TIME);
  const timed: Line = [...line, { text: ` ${time}`, tone: 'dim' }];
  const output =
    columns.output > 0 && row.output !== null ? fit(outputWords(row.output), columns.output) : '';
  return output ? [...timed, { text: `  ${output}`, tone: 'dim' }] : timed;
}

function failedWords(row: Row): string {
  return resultWords({ ...row, result: 'failed', ms: 0 });
}

function glyphOf(row: Row, now: number): readonly [string, Tone] {
  if (row.state === 'failed' && row.running.length === 0) return GLYPHS.failed;
  const isBack = row.state === 'returning' || row.state === 'rolled-back';
  if (row.running.length > 0)
    return [SPINNER[Math.floor(now / 100) % SPINNER.length] ?? '*', isBack ? 'yellow' : 'cyan'];
  if (isBack) return GLYPHS['rolled-back'];
  return row.state === 'skipped' || row.state === 'interrupted' ? GLYPHS[row.state] : GLYPHS.unchanged;
}

/** Of a row that waits: for what; and in front of that what it did last, where there is room. */
function doingWords(board: ProgressState, row: Row, room: number): string {
  const way = row.state === 'returning' ? 'back: ' : '';
  if (row.running.length > 0)
    return way + [...new Set(row.running.map((op) => wordsOf(board, op)?.doing))].join(', ');
  if (row.state !== 'running' && row.state !== 'returning' && row.state !== 'waiting') return row.state;
  const wait = waitWords(waitOf(board, row));
  const whole = row.last === null ? wait : `${row.last}, ${wait}`;
  return way + (displayWidth(way + whole) <= room ? whole : wait);
}

/** What a store path begins with says nothing and takes the room of what does. */
function outputWords(line: string): string {
  return cleanText(line.slice(0, OUTPUT_READ))
    .trim()
    .replace(/\/nix\/store\/[0-9a-z]{32}-/g, '');
}
