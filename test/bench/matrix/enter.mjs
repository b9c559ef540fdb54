/**
 * Runs a command in the root of a column: `node test/bench/matrix/enter.mjs <column> [command…]`, a shell if there is
 * none. In there are an empty Incus and an empty Nix store of its own; `node test/bench/test.mjs` brings up the bench.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { constants } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureBuilt, ensureDeps } from '../deps.mjs';
import { configureNix } from '../nix.mjs';
import { install } from '../packages.mjs';
import { ensureUserland } from '../userland.mjs';
import {
  BenchError,
  cacheDir,
  isInstalled,
  isRoot,
  logToStderr,
  repository,
  run,
  runMain,
  withLock,
} from '../run.mjs';
import { cgroup2, makeGroup, removeGroup } from './cgroup.mjs';
import { columns } from './columns.mjs';
import { ensureRoot } from './root.mjs';

/** @typedef {{ root: string, userland: string }} Place */

const script = fileURLToPath(new URL('enter.sh', import.meta.url));
/** What enter.sh binds into the root. */
const folders = ['nix', 'incus', 'tmp', 'home', 'cache', 'changes', 'root'];
/** It joins its group before it gets a namespace of groups, which begins there. */
const joinThenEnter =
  'echo 0 > "$1/cgroup.procs"; shift; exec unshare --mount --net --cgroup --propagation private sh "$@"';
const name = 'matrix-';

/**
 * All that a run in there needs of the host.
 * @param {string} column
 * @param {import('../run.mjs').Log} log
 * @returns {Promise<Place>}
 */
export const preparePlace = (column, log) =>
  withLock(log, async () => {
    requireColumn(column);
    await requireNamespaces();
    await removeEnded();
    await ensureDeps();
    await ensureBuilt();
    const lacksNix = !isInstalled('nix');
    if (lacksNix) await install('nix', log);
    configureNix({ installed: lacksNix, log });
    return { root: await ensureRoot(column, log), userland: await ensureUserland(log) };
  });

/**
 * Nothing of it is left when it ends, but the root itself.
 * @param {Place} place
 * @param {string[]} command
 * @returns {Promise<number>} its exit code
 */
export async function enter({ root, userland }, command) {
  const folder = join(cacheDir(), `${name}${process.pid}`);
  for (const part of folders) mkdirSync(join(folder, part), { recursive: true });
  mkdirSync(join(repository, 'test/bench/.cache'), { recursive: true });
  const group = makeGroup(`pets-${name}${process.pid}`);
  const inside = [script, root, repository, userland, process.execPath, ...command];
  const args = ['--pid', '--fork', '--kill-child', 'sh', '-c', joinThenEnter, 'sh', group, ...inside];
  try {
    return await runToEnd('setpriv', ['--pdeathsig', 'KILL', 'unshare', ...args], folder);
  } finally {
    await removeGroup(group);
    await run('rm', ['-rf', '--one-file-system', folder]);
  }
}

/**
 * When it is killed the kernel ends all that runs in there, whoever sends the signal, and also when we are killed.
 * @param {string} command
 * @param {string[]} args
 * @param {string} cwd
 * @returns {Promise<number>}
 */
function runToEnd(command, args, cwd) {
  const child = spawn(command, args, { cwd, stdio: 'inherit', env: environment() });
  const end = () => child.kill('SIGKILL');
  const signals = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);
  for (const signal of signals) process.on(signal, end);
  return new Promise((done, fail) => {
    child.once('error', (error) => fail(new BenchError(`cannot run ${command}: ${error.message}`)));
    child.once('exit', (code, signal) => done(code ?? 128 + constants.signals[signal ?? 'SIGTERM']));
  }).finally(() => signals.forEach((signal) => process.off(signal, end)));
}

/** The host's own Incus and Nix are not meant in there. */
function environment() {
  const kept = ['TERM', 'LANG', 'NO_COLOR', 'FORCE_COLOR', 'CI', 'PETS_TEST_SEED', 'PETS_TEST_ALL'];
  const entries = kept.flatMap((key) => (process.env[key] === undefined ? [] : [[key, process.env[key]]]));
  const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
  return {
    ...Object.fromEntries(entries),
    PATH,
    HOME: '/root',
    USER: 'root',
    PETS_BENCH_USERLAND: '/userland',
  };
}

async function requireNamespaces() {
  if (!isRoot()) throw new BenchError('the matrix runs in roots of its own, which only root can enter.');
  cgroup2();
  await run('unshare', ['--pid', '--fork', '--mount', '--net', '--cgroup', 'true']);
}

/** What is left of runs that were killed. */
async function removeEnded() {
  const isEnded = (/** @type {string} */ entry) =>
    entry.startsWith(name) && !runs(Number(entry.slice(name.length)));
  for (const folder of readdirSync(cacheDir()).filter(isEnded))
    await run('rm', ['-rf', '--one-file-system', join(cacheDir(), folder)]);
  for (const group of readdirSync(cgroup2()).filter((entry) => isEnded(entry.replace(/^pets-/, ''))))
    await removeGroup(join(cgroup2(), group));
}

/** @param {number} pid */
function runs(pid) {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** @param {string} column */
export function requireColumn(column) {
  if (columns.includes(column)) return;
  throw new BenchError(`there is no column ${column || 'without a name'}; there are ${columns.join(', ')}`);
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const [column = '', ...command] = process.argv.slice(2);
  await runMain(async () =>
    enter(await preparePlace(column, logToStderr), command.length > 0 ? command : ['bash']),
  );
}
