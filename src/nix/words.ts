import type { Locked } from '../model.js';
import type { ExecResult } from '../ports.js';
import { FailedProgram, ProblemError } from '../problem.js';

/** Nix' own words about a build: its first error is the cause, and what the builders printed is the log. */
export function failedBuild(result: ExecResult): FailedProgram {
  const notes = notesOf(result.stderr);
  const cause = notes.find((line) => INLINE_ERROR.test(line));
  return failure('the build failed', cause ?? notes.at(-1), notes, result);
}

/**
 * Nix' own words about an evaluation: its last error is the cause, and what came before the first one (inputs
 * added to a lock that nobody keeps) is noise. `work`: a temporary directory that means nothing to the reader.
 */
export function failedEvaluation(what: string, result: ExecResult, work: string): FailedProgram {
  const notes = notesOf(result.stderr.replaceAll(work, ''));
  const start = notes.findIndex((line) => line.trimStart().startsWith('error:'));
  const told = start < 0 ? notes : notes.slice(start);
  const cause = told.findLast((line) => INLINE_ERROR.test(line));
  // Nix puts a message of several lines below the word.
  const below = told.slice(1).map((line) => line.trim());
  return failure(what, cause ?? (below.length > 0 ? below.slice(0, 3).join(' ') : told[0]), told, result);
}

const INLINE_ERROR = /^\s*error: *\S/;

function notesOf(stderr: string): string[] {
  return stderr
    .split('\n')
    .filter((line) => line.trim() !== '' && !/^warning: |\(use '--show-trace'/.test(line));
}

function failure(
  what: string,
  cause: string | undefined,
  log: readonly string[],
  result: ExecResult,
): FailedProgram {
  const words = (cause ?? `exit code ${String(result.exitCode)}`).trim().replace(/^error: */, '');
  return new FailedProgram({ message: `${what}: ${words}` }, log.length > 1 ? log : []);
}

type Metadata = {
  readonly url?: string;
  readonly locked: { readonly narHash: string; readonly rev?: string };
};

/** The output of `nix flake metadata --json` as a lock entry. Without a revision the narHash must hold it. */
export function lockedFrom(json: string): Locked {
  const { url, locked } = JSON.parse(json) as Metadata;
  if (url === undefined) throw new ProblemError({ message: 'nix flake metadata printed no locked url' });
  const { narHash, rev } = locked;
  const isHeld = rev !== undefined || url.includes('narHash=');
  const separator = url.includes('?') ? '&' : '?';
  return {
    locked: isHeld ? url : `${url}${separator}narHash=${encodeURIComponent(narHash)}`,
    narHash,
    ...(rev === undefined ? {} : { rev }),
  };
}
