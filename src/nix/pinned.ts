import { existsSync } from 'node:fs';
import type { Locked } from '../domain/manifest.js';
import { FailedProgram } from '../domain/problem.js';
import type { Tools } from './tools.js';
import { parameterOf } from './url.js';

/** The lock entry of an archive that its URL says the hash of: there may be another one at that address. */
export function pinnedBy(url: string): Locked | null {
  const narHash = parameterOf(url, 'narHash') ?? '';
  const isWhole = HASH.test(narHash) && ARCHIVE.test(url) && parameterOf(url, 'rev') === null;
  return isWhole ? { locked: url, narHash } : null;
}

const HASH = /^sha256-[A-Za-z0-9+/]{43}=$/;
const ARCHIVE = /^(?:tarball\+)?(?:https?|file):/;

/**
 * The URL to evaluate a pinned source by. An archive may be another one by now at the same address, and Nix since 2.26
 * fetches it again although the store has what was pinned: then it is taken from there.
 */
export async function pinnedUrl({ locked, narHash, rev }: Locked, tools: Tools): Promise<string> {
  if (rev !== undefined || !ARCHIVE.test(locked)) return locked;
  try {
    await tools.fetch(locked);
    return locked;
  } catch (error) {
    const kept = await keptSource(narHash, tools);
    if (kept === null) throw explainMismatch(error);
    const dir = parameterOf(locked, 'dir');
    const inFolder = dir === null ? '' : `&dir=${encodeURIComponent(dir)}`;
    return `path:${kept}?narHash=${encodeURIComponent(narHash)}${inFolder}`;
  }
}

/** The copy of a source that the store has; null: it has none. */
async function keptSource(narHash: string, { exec }: Tools): Promise<string | null> {
  const args = ['--print-fixed-path', '--recursive', 'sha256', narHash, 'source'];
  const { exitCode, stdout } = await exec('nix-store', args);
  return exitCode === 0 && existsSync(stdout) ? stdout : null;
}

/** With what to do about it, should it be that. */
function explainMismatch(error: unknown): unknown {
  if (!(error instanceof FailedProgram)) return error;
  const [problem] = error.problems;
  if (problem === undefined || !/NAR hash mismatch/.test(problem.message)) return error;
  const hint = 'what was pinned is not there any more; `pets update` pins what is there now';
  return new FailedProgram({ ...problem, code: 'pin-gone', hint }, error.log);
}
