import type { ExecResult } from '../ports.js';
import { FailedProgram, type KeyPath } from '../problem.js';

/** Nix' own words about a build: its first error is the cause, and what the builders printed is the log. */
export function failedBuild(result: ExecResult): FailedProgram {
  const notes = notesOf(result.stderr);
  const cause = notes.find((line) => /^\s*error: *\S/.test(line)) ?? notes.at(-1) ?? '';
  return failure('the build failed', cause.trim().replace(/^error: */, ''), notes, result);
}

/** What is known of a failed evaluation besides Nix' words. */
export type Blame = (words: string) => { readonly path?: KeyPath; readonly hint?: string };

/**
 * Nix' own words about an evaluation: its last error is the cause, and what came before the first one (inputs
 * added to a lock that nobody keeps) is noise. `work`: a temporary directory that means nothing to the reader.
 */
export function failedEvaluation(
  what: string,
  result: ExecResult,
  work: string,
  blame: Blame = () => ({}),
): FailedProgram {
  const notes = notesOf(result.stderr.replaceAll(work, ''));
  const first = notes.findIndex((line) => ERROR.test(line));
  const told = first < 0 ? notes : notes.slice(first);
  const last = told.slice(
    Math.max(
      0,
      told.findLastIndex((line) => ERROR.test(line)),
    ),
  );
  return failure(what, headline(last), told, result, blame(last.join('\n')));
}

const ERROR = /^\s*error:/;
/** Where Nix' message ends: a position in a file, a step of the trace. */
const BESIDE = /^\s*(at \S+:\d|…|\(stack trace truncated)/;

/** The message of an error without what follows it: the definitions that clash, positions, the trace. */
function headline([first = '', ...below]: readonly string[]): string {
  const end = below.findIndex((line) => BESIDE.test(line));
  const inline = first.replace(/^\s*error: */, '').trim();
  // Nix puts a message of several lines below the word.
  const message =
    inline === '' ? below.slice(0, end < 0 ? 3 : Math.min(end, 3)).map((line) => line.trim()) : [inline];
  return message
    .join(' ')
    .replace(/(?:\.? TypeError:)?\.? Definition values:.*$/, '')
    .replace(/ \(use '--impure' to override\)/, '')
    .replace(/:$/, '');
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
  return new FailedProgram({ message: `${what}: ${words}`, ...more }, log.length > 1 ? log : []);
}
