import { ACTIONS, type ActionKind } from '../../domain/action.js';
import type { AppOutcome } from '../../domain/outcome.js';
import type { Verb } from '../../domain/plan.js';
import type { RunApp } from '../../domain/run.js';
import { formatProblem, type ToldProblem } from '../../domain/problem.js';
import { cleanText, cleanLines, oneLine, type Style } from '../style.js';
import { formatTook } from '../../lib/format.js';

const LOG_LINES = 20;

/** One failure in full: what, why, its last lines, what to do next. */
export function failureLines(
  outcome: Pick<AppOutcome, 'app' | 'ms' | 'failure'> & Partial<Pick<RunApp, 'verb' | 'result' | 'because'>>,
  style: Style,
  file: string | null = null,
): string[] {
  const { app, failure, ms, verb = 'unchanged' } = outcome;
  if (failure === null) return [];
  const problem = cleanProblem({ app, ...failure.problem });
  const { hint, ...bare } = problem;
  // A hint of several lines is an explanation (a bug report's stack), not a command to run.
  const isBack = outcome.result === 'rolled-back' || outcome.result === 'refused';
  const isCommand = hint !== undefined && !hint.includes('\n') && !isBack;
  const told = formatProblem(isCommand ? bare : problem, {
    error: String,
    place: style.bold,
    hint: style.dim,
  });
  const after = ms > 0 ? ` after ${formatTook(ms)}` : '';
  return [
    style.red(style.bold(`✖ ${app} failed ${whileDoing(failure.op)}${after}`)),
    ...told.split('\n').map((line) => `  ${line}`.trimEnd()),
    ...logLines(failure.log, style),
    ...(file === null ? [] : [`  ${style.bold('log:')} ${cleanText(file)}`]),
    ...nowLines(outcome, style),
    `  ${style.bold('next:')} ${isCommand ? hint : nextWords(app, verb, isBack)}`,
    ...leftLines(app, verb, failure),
  ];
}

/** What serves after a way back that has not brought all back. */
function nowLines(
  { result, because = null }: Partial<Pick<RunApp, 'result' | 'because'>>,
  style: Style,
): string[] {
  return result === 'failed' && because !== null ? [`  ${style.bold('now:')} ${oneLine(because)}`] : [];
}

function nextWords(app: string, verb: Verb, isBack: boolean): string {
  const again = `fix it, then run \`${AGAIN[verb] ?? 'pets up'} ${app}\` again`;
  if (!isBack) return again;
  return `${again}; \`pets up --retry ${app}\` tries the very same; \`pets history ${app}\` says what serves`;
}

/** `up` would do something else. */
const AGAIN: Partial<Record<Verb, string>> = { destroy: 'pets rm', stop: 'pets stop' };

/** After these a new container runs. */
const STARTED = ['activate', 'settle', 'own-secrets', 'restart-units', 'check', 'expose', 'record'];

/** There is nothing to go back to: what failed at first is left for a look at it. */
function leftLines(app: string, verb: Verb, { op, problem }: NonNullable<AppOutcome['failure']>): string[] {
  const runs = STARTED.includes(kindOf(op)) && !/\bdied\b/.test(problem.message);
  if (verb !== 'create' || !runs) return [];
  return [`  it is left running: \`pets shell ${app}\` looks inside, \`pets up ${app}\` goes on with it`];
}

function logLines(log: readonly string[], style: Style): string[] {
  const lines = log.slice(-LOG_LINES).map((line) => `    ${cleanText(line)}`.trimEnd());
  return lines.length === 0 ? [] : [style.dim('  its last lines:'), ...lines.map(style.dim)];
}

/** `web/expose:web2` → `expose`. */
function kindOf(op: string): string {
  return op.slice(op.indexOf('/') + 1).replace(/[:~].*$/, '');
}

/** `web/expose:web2` → `while exposing web2`. */
function whileDoing(op: string): string {
  const [, detail = ''] = /:([^~]*)/.exec(op.slice(op.indexOf('/') + 1)) ?? [];
  const kind = kindOf(op);
  const doing = isKind(kind) ? ACTIONS[kind].doing : kind;
  return cleanText(`while ${doing}${detail === '' ? '' : ` (${detail})`}`);
}

function isKind(kind: string): kind is ActionKind {
  return Object.hasOwn(ACTIONS, kind);
}

/** The same problem with nothing in it that a terminal would obey. */
export function cleanProblem(problem: ToldProblem): ToldProblem {
  const { excerpt, hint, place } = problem;
  return {
    ...problem,
    message: cleanLines(problem.message).join('\n'),
    ...(place ? { place: { ...place, file: oneLine(place.file) } } : {}),
    ...(excerpt ? { excerpt: { ...excerpt, text: keepColumns(excerpt.text) } } : {}),
    ...(hint === undefined ? {} : { hint: cleanLines(hint).join('\n') }),
  };
}

/** The caret below counts UTF-16 units: what is taken away must leave a gap of its own size. */
function keepColumns(text: string): string {
  return text.replace(/[^\P{Cc}\t]/gu, '·');
}
