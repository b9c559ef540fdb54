/**
 * Runs a command in the root of a column: `enter.ts <column> [command…]`, a shell if there is none. In there are an empty
 * Incus and an empty Nix store of its own; `test.ts` brings up the bench.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from '../../support/places.js';
import { exitCodeOf, isMain, logToStderr, runMain } from '../run.js';
import { makePlace, prepare, removePlace, type Folders } from './place.js';

const script = join(import.meta.dirname, 'enter.sh');
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

/** Nothing of it is left when it ends, but the root itself. Its exit code. */
export async function enter({ root, userland }: Folders, command: readonly string[]): Promise<number> {
  const place = makePlace();
  const inside = [script, root, ROOT, userland, process.execPath, ...command];
  const namespaces = ['unshare', '--pid', '--fork', '--kill-child'];
  const joined = ['sh', '-c', joinThenEnter, 'sh', place.group, ...inside];
  try {
    return await runToEnd('setpriv', ['--pdeathsig', 'KILL', ...namespaces, ...joined], place.folder);
  } finally {
    await removePlace(place);
  }
}

/** When it is killed the kernel ends all that runs in there: at each of our signals, and when we are killed ourselves. */
function runToEnd(command: string, args: readonly string[], cwd: string): Promise<number> {
  const child = spawn(command, args, { cwd, stdio: 'inherit', env: environment() });
  return exitCodeOf(command, child, () => {
    child.kill('SIGKILL');
  });
}

function environment(): NodeJS.ProcessEnv {
  const entries = passedOn.map((key) => [key, process.env[key]] as const);
  return { ...Object.fromEntries(entries.filter(([, value]) => value !== undefined)), ...own };
}

if (isMain(import.meta.filename)) {
  const [column = '', ...command] = process.argv.slice(2);
  await runMain(async () =>
    enter(await prepare(column, logToStderr), command.length > 0 ? command : ['bash']),
  );
}
