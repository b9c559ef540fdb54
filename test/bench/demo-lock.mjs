/** The demo's pets.lock: nixpkgs is the stand-in. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { BenchError, wordsOf } from './run.mjs';
import { nix } from './nix.mjs';

export const nixpkgsRef = 'github:nixos/nixpkgs/nixos-25.11';

/**
 * Writes the lock, or refreshes the stand-in's entry in it. An entry that points elsewhere is somebody's choice and
 * stays.
 * @param {string} path
 * @param {string} standIn flake ref, `path:<dir>`
 */
export async function writeDemoLock(path, standIn) {
  const lock = existsSync(path) ? readLock(path) : { version: 1, refs: {} };
  const existing = lock.refs[nixpkgsRef];
  if (existing !== undefined && !existing.locked.startsWith(`${standIn}?`)) return;
  const { locked } = JSON.parse(await nix(['flake', 'metadata', '--json', standIn]));
  // Without lastModified, which is in the URL that Nix prints: it follows the files' dates.
  const url = `${standIn}?narHash=${encodeURIComponent(locked.narHash)}`;
  lock.refs[nixpkgsRef] = { locked: url, narHash: locked.narHash };
  const sorted = Object.fromEntries(Object.entries(lock.refs).sort(([a], [b]) => (a < b ? -1 : 1)));
  // The same bytes as pets itself writes (src/manifest/lock.ts).
  const text = `${JSON.stringify({ refs: sorted, version: lock.version }, null, 2)}\n`;
  if (!existsSync(path) || readFileSync(path, 'utf8') !== text) writeFileSync(path, text);
}

/** @param {string} path */
function readLock(path) {
  try {
    const lock = JSON.parse(readFileSync(path, 'utf8'));
    return { ...lock, refs: lock.refs ?? {} };
  } catch (error) {
    throw new BenchError(`${path} is not valid JSON: ${wordsOf(error)}. Delete it and run the demo again.`);
  }
}
