import type { AppOutcome, AppResult } from '../../domain/outcome.js';
import { oneLine, type Tone } from '../style.js';
import { fit, lineWidth, pad, widest, type Line } from '../text.js';
import { formatTook } from '../../lib/format.js';
import { VERBS } from './words.js';

/** What is said of an app once it is over; an `AppOutcome` is one. */
export type Result = Pick<AppOutcome, 'app' | 'verb' | 'result' | 'url' | 'ms' | 'because' | 'failure'> & {
  readonly warnings: readonly string[];
};

export type ResultColumns = { readonly name: number; readonly words: number; readonly url: number };

/** Columns a name gets at most. */
export const NAME_LIMIT = 24;
const SHORT_FAILURE = 60;

export const GLYPHS = {
  done: ['✔', 'green'],
  unchanged: ['·', 'dim'],
  failed: ['✖', 'red'],
  'rolled-back': ['↩', 'yellow'],
  refused: ['✖', 'red'],
  skipped: ['–', 'yellow'],
  interrupted: ['–', 'yellow'],
  held: ['-', 'yellow'],
  condemned: ['-', 'yellow'],
} as const satisfies Record<AppResult, readonly [string, Tone]>;

/** Of all apps of the run, so that lines written at different moments stand under each other. */
export function resultColumns(apps: readonly Pick<AppOutcome, 'app' | 'verb' | 'url'>[]): ResultColumns {
  return {
    name: Math.min(NAME_LIMIT, widest(apps.map((app) => app.app))),
    words: widest(apps.map((app) => VERBS[app.verb].result)),
    url: widest(apps.map((app) => app.url ?? '')),
  };
}

/** `✔ web  created  http://127.0.0.1:7700  2.1s` */
export function resultLine(result: Result, columns: ResultColumns): Line {
  const [glyph, tone] = glyphOf(result);
  const name = pad(fit(result.app, NAME_LIMIT), columns.name);
  const head: Line = [{ text: glyph, tone }, { text: ' ' }, { text: name }, { text: '  ' }];
  if (!isReached(result)) return [...head, { text: resultWords(result), tone }, ...tookOf(result)];
  const words = { text: pad(resultWords(result), columns.words), ...(tone === 'dim' ? { tone } : {}) };
  const url: Line =
    columns.url > 0 ? [{ text: '  ' }, { text: pad(urlOf(result), columns.url), tone: 'cyan' }] : [];
  return [...head, words, ...url, ...tookOf(result)];
}

/** The same in `width` columns: what does not fit beside the name goes below it. */
export function resultLines(result: Result, columns: ResultColumns, width: number): Line[] {
  const line = resultLine(result, columns);
  if (lineWidth(line) <= width) return [line];
  const [glyph, space] = line;
  const head: Line = [glyph, space, { text: result.app }].filter((segment) => segment !== undefined);
  if (!isReached(result)) return [head, [{ text: `  ${resultWords(result)}`, tone: toneOf(result) }]];
  const words: Line = [...head, { text: `  ${resultWords(result)}` }];
  const timed: Line = [...words, ...tookOf(result)];
  const url: Line[] = urlOf(result) === '' ? [] : [[{ text: '  ' }, { text: urlOf(result), tone: 'cyan' }]];
  return [lineWidth(timed) <= width ? timed : words, ...url];
}

function isReached({ result, because }: Result): boolean {
  return result === 'done' || result === 'unchanged' || (result === 'condemned' && because === null);
}

function toneOf(result: Result): Tone {
  return glyphOf(result)[1];
}

function glyphOf({ result, warnings }: Result): readonly [string, Tone] {
  return result === 'done' && warnings.length > 0 ? WARNED : GLYPHS[result];
}

function tookOf({ ms }: Result): Line {
  return ms > 0 ? [{ text: '  ' }, { text: formatTook(ms), tone: 'dim' }] : [];
}

const WARNED = ['!', 'yellow'] as const;

/** A destroyed app answers nowhere. */
function urlOf(result: Result): string {
  return result.verb === 'destroy' ? '' : (result.url ?? '');
}

/** `created`, `failed: nix build exited with 1`, `skipped (needs db)`. */
export function resultWords({ result, verb, because, failure }: Result): string {
  const why = because === null ? '' : ` (${oneLine(because)})`;
  switch (result) {
    case 'done':
      return VERBS[verb].result;
    case 'unchanged':
      return VERBS.unchanged.result;
    case 'failed':
      return `failed: ${fit(oneLine(failure?.problem.message ?? because ?? 'no reason given'), SHORT_FAILURE)}`;
    case 'rolled-back':
      return `rolled back${why}`;
    case 'refused':
      return `not changed: ${fit(oneLine(failure?.problem.message ?? 'no reason given'), SHORT_FAILURE)}`;
    case 'skipped':
      return `skipped${why}`;
    case 'interrupted':
      return `interrupted${why}`;
    case 'condemned':
      return because === null ? `${VERBS[verb].result}, its system is held` : `left alone${why}`;
    case 'held':
      return `left alone${why || ' (no longer in the manifest; --prune destroys it)'}`;
  }
}
