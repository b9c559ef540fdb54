/** Where things are that tests, the bench and scripts name alike. */
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

export const ROOT = join(import.meta.dirname, '../..');
/** The built program. */
export const PROGRAM = join(ROOT, 'dist/pets.cjs');
/** What the bench makes for this clone. */
export const MADE = join(ROOT, 'test/bench/.cache');
/** How long each test file took. */
export const DURATIONS = join(ROOT, 'test/jest/durations.json');
export const PROFILES = '/nix/var/nix/profiles/per-pet';

/** What is slow to make, and the seed, for all clones of a user. It may not be there yet. */
export function cacheFolder(): string {
  const given = process.env['XDG_CACHE_HOME'] ?? '';
  return join(given === '' ? join(homedir(), '.cache') : given, 'pets-bench');
}

/** For Node, below the repository. */
export const JEST = 'node_modules/jest/bin/jest.js';

/** What Node needs to be told to run a file of TypeScript, from whichever folder. */
export const TYPESCRIPT = ['--import', pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href];
