/**
 * Runs a command in the root of a column: `node test/bench/matrix/enter.mjs <column> [command…]`, a shell if there is
 * none. In there are an empty Incus and an empty Nix store of its own; `node test/bench/test.mjs` brings up the bench.
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { BenchError, logToStderr, repository, runMain } from '../run.mjs';
import { makePlace, prepare, removePlace } from './place.mjs';

const script = fileURLToPath(new URL('enter.sh', import.meta.url));
/** It joins its group before it gets a namespace of groups, which begins there. */
const joinThenEnter =
  'echo 0 > "$1/cgroup.procs"; shift; exec unshare --mount --net --cgroup --propagation private sh "$@"';

/** Of our environment; the host's own Incus and Nix are not meant in there. */
const passedOn = ['TERM', 'LANG', 'NO_COLOR', 'FORCE_COLOR', 'CI', 'PETS_TEST_SEED', 'PETS_TEST_ALL'];
const own = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  USER: 'root',
  PETS_BENCH_USERLAND: '/userland',
};

/**
 * Nothing of it is left when it ends, but the root itself.
 * @param {{ root: string, userland: string }} folders
 * @param {string[]} command
 * @returns {Promise<number>} its exit code
 */
export async function enter({ root, userland }, command) {
  const place = makePlace();
  const inside = [script, root, repository, userland, process.execPath, ...command];
  const namespaces = ['unshare', '--pid', '--fork', '--kill-child'];
  const args = [
    '--pdeathsig',
    'KILL',
    ...namespaces,
    'sh',
    '-c',
    joinThenEnter,
    'sh',
    place.group,
    ...inside,
  ];
  try {
    return await runToEnd('setpriv', args, place.folder);
  } finally {
    await removePlace(place);
  }
}

/**
 * When it is killed the kernel ends all that runs in there: at each of our signals, and when we are killed ourselves.
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

function environment() {
  const entries = passedOn.flatMap((key) => {
    const value = process.env[key];
    return value === undefined ? [] : [[key, value]];
  });
  return { ...Object.fromEntries(entries), ...own };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [column = '', ...command] = process.argv.slice(2);
  await runMain(async () =>
    enter(await prepare(column, logToStderr), command.length > 0 ? command : ['bash']),
  );
}
