/** The program, built from the sources as they are. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { filesBelow } from '../files.js';
import { PROGRAM, ROOT } from '../support/places.js';
import { BenchError, handOver, logToStderr, withLock } from './run.js';

const SOURCES = ['src', 'nix', 'scripts', 'package-lock.json'].map((path) => join(ROOT, path));

const changedAt = (path: string) => statSync(path).mtimeMs;

/** Runs `npm run build` unless it has run since a source changed. Whoever holds the bench's lock must not call it. */
export const ensureBuilt = () =>
  withLock(logToStderr, async () => {
    if (existsSync(PROGRAM) && newestOf(SOURCES) <= changedAt(PROGRAM)) return;
    logToStderr('npm run build…');
    // stdout is for results; npm's chatter is none.
    const code = await handOver('npm', ['run', 'build'], {}, ['ignore', 2, 2]);
    if (code !== 0) throw new BenchError(`\`npm run build\` failed with exit code ${code}; see above.`);
  });

/** Folders count too: theirs is the time of the last removal. */
function newestOf(paths: readonly string[]): number {
  const below = (path: string) =>
    statSync(path).isDirectory() ? filesBelow(path).map((name) => join(path, name)) : [];
  return Math.max(...paths.flatMap((path) => [path, ...below(path)]).map(changedAt));
}
