/** The repository's own prerequisites: npm's packages and the built program. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { BenchError, logToStderr, repository } from './run.mjs';

/** @param {string} path relative to the repository */
const changedAt = (path) => statSync(join(repository, path)).mtimeMs;

/** @param {string} path relative to the repository */
const exists = (path) => existsSync(join(repository, path));

/** Runs `npm ci` unless it has run since the lock file changed. */
export async function ensureDeps() {
  const installed = 'node_modules/.package-lock.json';
  if (exists(installed) && changedAt(installed) >= changedAt('package-lock.json')) return;
  logToStderr('npm ci…');
  await npm(['ci', '--no-audit', '--no-fund']);
}

/** Runs `npm run build` unless it has run since a source changed. */
export async function ensureBuilt() {
  const program = 'dist/pets.mjs';
  if (exists(program) && newestOf(['src', 'nix', 'scripts', 'package-lock.json']) <= changedAt(program))
    return;
  logToStderr('npm run build…');
  await npm(['run', 'build']);
}

/**
 * Directories count too: theirs is the time of the last removal.
 * @param {string[]} paths relative to the repository; those that do not exist are passed over
 * @returns {number} ms
 */
function newestOf(paths) {
  const below = (/** @type {string} */ path) =>
    statSync(join(repository, path)).isDirectory()
      ? readdirSync(join(repository, path), { recursive: true, encoding: 'utf8' }).map((name) =>
          join(path, name),
        )
      : [];
  const all = paths.filter(exists).flatMap((path) => [path, ...below(path)]);
  return Math.max(...all.map(changedAt));
}

/**
 * @param {string[]} args
 * @returns {Promise<void>}
 */
function npm(args) {
  return new Promise((done, fail) => {
    // stdout is for results; npm's chatter is none.
    const child = spawn('npm', args, { cwd: repository, stdio: ['ignore', 2, 2] });
    child.once('error', (error) => fail(new BenchError(`cannot run npm: ${error.message}`)));
    child.once('exit', (code, signal) => {
      if (code === 0) done();
      else
        fail(
          new BenchError(`\`npm ${args.join(' ')}\` failed (${signal ?? `exit code ${code}`}); see above.`),
        );
    });
  });
}
