/** The Incus daemon: the machine's own where there is one, else one that the bench starts and stops. */
import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { until } from '../support/wait.js';
import { requireCgroups } from './host.js';
import { call, daemonSocket, findDaemon, listed, untilReady } from './incus-api.js';
import { actionable, BenchError, cacheDir, isRoot, lastLines, run, wordsOf, type Log } from './run.js';

export const incusd = '/usr/libexec/incus/incusd';
/** Guests get 30 s from the daemon (boot.host_shutdown_timeout), then the daemon itself has to end. */
const STOP_MS = 120_000;

/** Each guest and each proxy device costs the daemon open files. A sandbox may forbid more than its hard limit. */
const raiseFilesThenExec = 'ulimit -n 1048576 2>/dev/null || ulimit -n "$(ulimit -Hn)"; exec "$0" "$@"';

const pidPath = () => join(cacheDir(), 'incusd.pid');
const logPath = () => join(cacheDir(), 'incusd.log');

export const isDaemonInstalled = () => existsSync(incusd);

/** The socket of a daemon that answers. */
export async function ensureDaemon(log: Log): Promise<string> {
  const found = await findDaemon();
  if (found !== undefined) return found;
  const given = process.env['INCUS_SOCKET'] ?? '';
  if (given !== '') {
    throw new BenchError(
      `no Incus daemon answers on ${given}, which INCUS_SOCKET names. Start it, or unset INCUS_SOCKET.`,
    );
  }
  if (!isRoot()) {
    throw new BenchError(
      'no Incus daemon answers to this user. Run this as root, or start Incus and join its group (incus-admin).',
    );
  }
  return existsSync('/run/systemd/system') ? startUnit(log) : startByHand(log);
}

async function startUnit(log: Log): Promise<string> {
  log('starting incus.service…');
  await run('systemctl', ['start', 'incus.service']);
  const socket = await findDaemon();
  if (socket !== undefined) return socket;
  throw new BenchError('incus.service runs, but its socket does not answer. Look at `journalctl -u incus`.');
}

async function startByHand(log: Log): Promise<string> {
  requireCgroups();
  log('starting incusd…');
  const output = openSync(logPath(), 'w');
  const child = spawn('sh', ['-c', raiseFilesThenExec, incusd, '--group', 'root'], {
    cwd: '/',
    detached: true,
    stdio: ['ignore', output, output],
  });
  closeSync(output);
  let ended: string | null = null;
  child.once('error', (error) => {
    ended = `cannot run sh: ${error.message}`;
  });
  child.once('exit', (code, signal) => {
    ended = `it ended at once (${signal ?? `exit code ${String(code)}`})`;
  });
  if (child.pid !== undefined) writeFileSync(pidPath(), `${child.pid}\n`);
  child.unref();

  const socket = daemonSocket();
  await untilReady(socket, () => ended).catch((error: unknown) => {
    const end = `The end of ${logPath()}:\n${lastLines(readLog(), 15)}`;
    throw new BenchError(`incusd did not come up: ${wordsOf(error)}. ${end}`);
  });
  return socket;
}

const readLog = () => (existsSync(logPath()) ? readFileSync(logPath(), 'utf8') : '');

/** The pid of the daemon that the bench started, if it still runs. */
export function ownDaemon(): number | undefined {
  if (!existsSync(pidPath())) return undefined;
  const pid = Number(readFileSync(pidPath(), 'utf8'));
  // The number may be another process' by now.
  return commandLine(pid)[0] === incusd ? pid : undefined;
}

/** Empty for a process that is gone. */
function commandLine(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ESRCH') return [];
    throw error;
  }
}

/** Stops the guests and the daemon, if the bench started it, and what the daemon leaves running behind it. */
export async function stopOwnDaemon(log: Log): Promise<void> {
  const pid = ownDaemon();
  if (pid === undefined) {
    log((await findDaemon()) === undefined ? 'no incusd runs' : 'the incusd that runs is not ours; it stays');
    return;
  }
  log('stopping the guests and incusd…');
  const socket = daemonSocket();
  const networks = await listed(socket, 'networks');
  // Unlike SIGTERM, this stops the guests in good order first. It answers when all is done, or not at all.
  await call(socket, 'PUT', '/internal/shutdown', {}, STOP_MS).catch((error: unknown) => {
    if (ownDaemon() !== undefined) log(`warning: ${wordsOf(error)}`);
  });
  const what = `incusd (pid ${pid}) is still there after ${STOP_MS / 1000} s`;
  await until(() => commandLine(pid).length === 0, { what, withinMs: STOP_MS }).catch(actionable);
  for (const { name } of networks.filter(({ managed }) => managed)) stopDnsmasq(name);
  rmSync(pidPath(), { force: true });
}

/** The daemon leaves it running for the next daemon, which starts another one anyway. */
function stopDnsmasq(networkName: string): void {
  const file = join(dirname(daemonSocket()), 'networks', networkName, 'dnsmasq.pid');
  if (!existsSync(file)) return;
  const pid = Number(/pid: (\d+)/.exec(readFileSync(file, 'utf8'))?.[1]);
  if (commandLine(pid).some((word) => word.endsWith('dnsmasq'))) process.kill(pid, 'SIGTERM');
}
