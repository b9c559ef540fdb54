import { existsSync } from 'node:fs';
import type { ExecResult } from '../lib/program.js';
import type { ProblemCode } from '../domain/problem-code.js';
import { FailedProgram, type KeyPath } from '../domain/problem.js';

/** Nix' own words about a build: its first error is the cause, and what the builders printed is the log. */
export function failedBuild(result: ExecResult): FailedProgram {
  const notes = notesOf(result.stderr);
  const causes = causesIn(notes).map(headline);
  // A builder's own errors may look like Nix'.
  const cause = causes.find((message) => OF_A_BUILD.test(message)) ?? causes[0] ?? notes.at(-1) ?? '';
  return failure('the build failed', cause.trim(), notes, result, { code: 'build-failed' });
}

/** What is known of a failed evaluation besides Nix' words. */
export type Blame = (words: string) => {
  readonly code?: ProblemCode;
  readonly path?: KeyPath;
  readonly hint?: string;
};

/**
 * Nix' own words about an evaluation: its last error is the cause, and what came before the first one (inputs
 * added to a lock that nobody keeps) is noise. `shown`: its words for the reader; `blame` is asked with Nix' own.
 */
export function failedEvaluation(
  what: string,
  result: ExecResult,
  shown: (words: string) => string,
  blame: Blame = () => ({}),
): FailedProgram {
  const notes = notesOf(result.stderr);
  const first = notes.findIndex((line) => ERROR.test(line));
  const told = first < 0 ? notes : notes.slice(first);
  const cause = causesIn(told).at(-1) ?? told;
  const message = `${shown(headline(cause))}${placeIn(cause.map(shown))}`;
  return failure(what, message, told.map(shown), result, blame(cause.join('\n')));
}

/** Words without a folder that means nothing to the reader. */
export function hideFolder(folder: string): (words: string) => string {
  return (words) => words.replaceAll(folder, '');
}

const ERROR = /^\s*error:/;
/** Until 2.29 and since, a fixed output of another hash, and a machine of another kind. */
const OF_A_BUILD = /^(?:builder for '|Cannot build '|hash mismatch in |a '[^']*' with features )/;
/** Of what could not be built because something else could not. */
const AFTERMATH = /\b\d+ dependenc(?:y|ies)\b.* failed\b|\bfailed dependency\b/;
/** Where Nix' message ends: a position in a file, a step of the trace. */
const BESIDE = /^\s*(at \S+:\d|…|\(stack trace truncated)/;
/** Where in a file of this host's an error is; a step of the trace is another place, and the store means nothing. */
function placeIn(cause: readonly string[]): string {
  const trace = cause.findIndex((line) => /^\s*…/.test(line));
  for (const line of cause.slice(0, trace < 0 ? cause.length : trace)) {
    const [, place, file = ''] = /^\s*at ((\/\S+?):\d+:\d+):?$/.exec(line) ?? [];
    if (place !== undefined && !file.startsWith('/nix/store/') && existsSync(file)) return `, at ${place}`;
  }
  return '';
}

const REASON = /^\s+Reason: (.*?)\.?$/;
/** What a reason is about, each on a line of its own. */
const DETAIL = /^\s+((?:Required|Current|Available) \w+: .*)$/;

/** Nix' errors, each with the lines that belong to it; those that only follow from others are left out if there are any. */
function causesIn(notes: readonly string[]): (readonly string[])[] {
  const starts = notes.flatMap((line, i) => (ERROR.test(line) ? [i] : []));
  const errors = starts.map((start, i) => notes.slice(start, starts[i + 1]));
  // Nix since 2.18 begins its trace with an error that says nothing.
  const told = errors.filter((error) => headline(error) !== '');
  const causes = told.filter((error) => !AFTERMATH.test(headline(error)));
  return causes.length > 0 ? causes : told;
}

/** The message of an error without what follows it: the definitions that clash, positions, the trace. */
function headline([first = '', ...below]: readonly string[]): string {
  const end = below.findIndex((line) => BESIDE.test(line));
  const inline = first.replace(/^\s*error: */, '').trim();
  // Nix puts a message of several lines below the word.
  const message =
    inline === '' ? below.slice(0, end < 0 ? 3 : Math.min(end, 3)).map((line) => line.trim()) : [inline];
  return withReason(message.join(' '), below)
    .replace(/(?:\.? TypeError:)?\.? Definition values:.*$/, '')
    .replace(/ \(use '?--impure'? to override\)/, '')
    .replace(/[:;]$/, '');
}

/** Nix since 2.30 tells on the next line why it cannot build something. */
function withReason(message: string, [next = '', ...below]: readonly string[]): string {
  const reason = REASON.exec(next)?.[1];
  if (reason === undefined) return message;
  const end = below.findIndex((line) => !DETAIL.test(line));
  const details = below.slice(0, end < 0 ? below.length : end).map((line) => line.trim());
  const about = details.length > 0 ? ` (${details.join(', ')})` : '';
  return `${message.replace(/\.$/, '')}: ${reason}${about}`;
}

function notesOf(stderr: string): string[] {
  return stderr
    .split('\n')
    .filter((line) => line.trim() !== '' && !/^warning: |\(use '--show-trace'/.test(line));
}

function failure(
  what: string,
  cause: string,
  log: readonly string[],
  result: ExecResult,
  more: ReturnType<Blame> = {},
): FailedProgram {
  const words = cause === '' ? `exit code ${String(result.exitCode)}` : cause;
  return new FailedProgram(
    { code: 'evaluation-failed', message: `${what}: ${words}`, ...more },
    log.length > 1 ? log : [],
  );
}
