/** The demo's pets.lock: nixpkgs is the stand-in. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { metadataOf } from './nix.js';
import { BenchError, wordsOf } from './run.js';

export const nixpkgsRef = 'github:nixos/nixpkgs/nixos-25.11';

type Lock = {
  readonly version: number;
  readonly refs: Readonly<Record<string, { readonly locked: string; readonly narHash: string }>>;
};

/**
 * Writes the lock, or refreshes the stand-in's entry in it. An entry that points elsewhere is somebody's choice and
 * stays. `standIn`: flake reference, `path:<dir>`.
 */
export async function writeDemoLock(path: string, standIn: string): Promise<void> {
  const lock = existsSync(path) ? readLock(path) : { version: 1, refs: {} };
  const existing = lock.refs[nixpkgsRef];
  if (existing !== undefined && !existing.locked.startsWith(`${standIn}?`)) return;
  const { narHash } = (await metadataOf(standIn)).locked;
  // Without lastModified, which is in the URL that Nix prints: it follows the files' dates.
  const locked = `${standIn}?narHash=${encodeURIComponent(narHash)}`;
  const refs = Object.entries({ ...lock.refs, [nixpkgsRef]: { locked, narHash } });
  const sorted = Object.fromEntries(refs.sort(([a], [b]) => (a < b ? -1 : 1)));
  // The same bytes as pets itself writes (src/manifest/lock.ts).
  const text = `${JSON.stringify({ refs: sorted, version: lock.version }, null, 2)}\n`;
  if (!existsSync(path) || readFileSync(path, 'utf8') !== text) writeFileSync(path, text);
}

function readLock(path: string): Lock {
  try {
    return { refs: {}, ...(JSON.parse(readFileSync(path, 'utf8')) as Pick<Lock, 'version'> & Partial<Lock>) };
  } catch (error) {
    throw new BenchError(`${path} is not valid JSON: ${wordsOf(error)}. Delete it and run the demo again.`);
  }
}
