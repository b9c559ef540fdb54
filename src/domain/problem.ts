import type { ProblemCode } from './problem-code.js';

/** Where a problem is, 1-based as editors count; `column` counts UTF-16 units. */
export type Place = { readonly file: string; readonly line: number; readonly column: number };

/** Path of a key in the manifest: `['apps', 'web', 'port']`. */
export type KeyPath = readonly (string | number)[];

export type ProblemData = Readonly<Record<string, string | number>>;

/**
 * Something a person can act on. Never printed with a stack trace.
 * `path` names a key of the manifest; whoever holds the manifest's text turns it into `place` and `excerpt`.
 */
export type Problem = {
  /** What it is, for scripts. */
  readonly code: ProblemCode;
  readonly message: string;
  readonly app?: string;
  readonly path?: KeyPath;
  readonly place?: Place;
  /** The source line that `place` points at, with how many columns to underline. */
  readonly excerpt?: { readonly text: string; readonly width: number };
  readonly hint?: string;
  /** What of the message a script can use, where it is at hand. */
  readonly data?: ProblemData;
};

/**
 * A problem as events and outcomes tell it. In a record of a run it is what that release wrote: earlier ones knew no
 * code, later ones may know more.
 */
export type ToldProblem = Omit<Problem, 'code'> & { readonly code?: string };

/** Exit codes of the command line (docs/commands.md). */
export const EXIT = {
  ok: 0,
  failed: 1,
  changes: 2,
  rolledBack: 3,
  refused: 4,
  stale: 5,
  usage: 64,
  manifest: 65,
  unavailable: 69,
  bug: 70,
  locked: 75,
  interrupted: 130,
  terminated: 143,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Thrown to stop a verb: `main.ts` prints the problems and exits with the code. */
export class ProblemError extends Error {
  readonly problems: readonly Problem[];
  readonly exitCode: ExitCode;

  constructor(problems: Problem | readonly Problem[], exitCode: ExitCode = EXIT.failed) {
    const list = Array.isArray(problems) ? (problems as readonly Problem[]) : [problems as Problem];
    super(list.map((p) => p.message).join('\n'));
    this.name = 'ProblemError';
    this.problems = list;
    this.exitCode = exitCode;
  }
}

type TimeoutCode = Extract<ProblemCode, 'operation-timeout' | 'program-timeout'>;

/** A bounded wait that ran out; what was waited for may still go on. */
export class TimeoutProblem extends ProblemError {
  constructor(code: TimeoutCode, message: string, data: ProblemData = {}) {
    super({ code, message, data });
    this.name = 'TimeoutProblem';
  }
}

/** A program that failed, with the last lines it said. */
export class FailedProgram extends ProblemError {
  readonly log: readonly string[];

  constructor(problem: Problem, log: readonly string[]) {
    super(problem);
    this.name = 'FailedProgram';
    this.log = log.slice(-LOG_LINES);
  }
}

const LOG_LINES = 20;

/** The problem inside whatever was thrown; a bug of ours keeps its stack in `bugStack`. */
export function problemOf(thrown: unknown): Problem {
  if (thrown instanceof ProblemError && thrown.problems[0] !== undefined) return thrown.problems[0];
  if (thrown instanceof Error)
    return { code: 'bug', message: `unexpected: ${thrown.message}`, hint: bugHint(thrown) };
  return { code: 'bug', message: `unexpected: ${String(thrown)}` };
}

function bugHint(error: Error): string {
  return `this is a bug in pets; please report it with these lines:\n${error.stack ?? error.message}`;
}

const plainStyle = { error: (s: string) => s, place: (s: string) => s, hint: (s: string) => s };
export type ProblemStyle = typeof plainStyle;

/** `pets.toml:12:8: message`, the source line, a caret, a hint. No trailing newline. */
export function formatProblem(problem: ToldProblem, style: ProblemStyle = plainStyle): string {
  const { place, excerpt, hint, app } = problem;
  const head = place ? `${place.file}:${place.line}:${place.column}` : (app ?? 'pets');
  const lines = [`${style.place(head)}: ${style.error(problem.message)}`];
  if (place && excerpt) lines.push(...underline(place, excerpt));
  if (hint !== undefined)
    lines.push(...hint.split('\n').map((h, i) => style.hint(i ? `        ${h}` : `  hint: ${h}`)));
  return lines.join('\n');
}

/** Columns of a source line that are shown. */
const EXCERPT_COLUMNS = 200;

function underline(place: Place, excerpt: { text: string; width: number }): string[] {
  const gutter = String(place.line);
  const start = Math.max(0, place.column - 1 - EXCERPT_COLUMNS / 2);
  const shown = excerpt.text.slice(start, start + EXCERPT_COLUMNS);
  const at = place.column - 1 - start;
  const width = Math.max(1, Math.min(excerpt.width, shown.length - at));
  return [
    `  ${gutter} | ${shown}`,
    `  ${' '.repeat(gutter.length)} | ${shown.slice(0, at).replace(/[^\t]/g, ' ')}${'^'.repeat(width)}`,
  ];
}
