import type { Locked } from '../model.js';
import type { ExecResult } from '../ports.js';
import { FailedProgram, ProblemError } from '../problem.js';

/**
 * Nix' own words: its first `error:` line is the message, what it printed the log.
 * `work`: a temporary directory that means nothing to the reader.
 */
export function failedNix(what: string, result: ExecResult, work = ''): FailedProgram {
  const lines = result.stderr.split('\n').map((line) => (work === '' ? line : line.replaceAll(work, '')));
  const notes = lines.filter((line) => line.trim() !== '' && !/^warning: |\(use '--show-trace'/.test(line));
  const error = notes.find((line) => line.trimStart().startsWith('error:') && line.trim() !== 'error:');
  const words = (error ?? notes.at(-1) ?? `exit code ${String(result.exitCode)}`)
    .trim()
    .replace(/^error: /, '');
  return new FailedProgram({ message: `${what}: ${words}` }, notes.length > 1 ? notes : []);
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
