/** The Incus daemon: the machine's own where there is one, else one that the bench starts and stops. */
import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { answers, call, daemonSocket, findDaemon } from './incus-api.mjs';
import { requireCgroups } from './host.mjs';
import { BenchError, cacheDir, isRoot, lastLines, run } from './run.mjs';

export const incusd = '/usr/libexec/incus/incusd';
const startTimeout = 60_000;
/** Guests get 30 s from the daemon (boot.host_shutdown_timeout), then the daemon itself has to end. */
const stopTimeout = 120_000;

/**
 * Each guest and each proxy device costs the daemon open files. A sandbox may forbid more than its hard limit.
 */
const raiseFilesThenExec = 'ulimit -n 1048576 2>/dev/null || ulimit -n "$(ulimit -Hn)"; exec "$0" "$@"';

const pidPath = () => join(cacheDir(), 'incusd.pid');
const logPath = () => join(cacheDir(), 'incusd.log');

export const isDaemonInstalled = () => existsSync(incusd);

/**
 * @param {import('./run.mjs').Log} log
 * @returns {Promise<string>} the socket of a daemon that answers
 */
export async function ensureDaemon(log) {
  const found = await findDaemon();
  if (found !== undefined) return found;
  if (process.env.INCUS_SOCKET) {
    throw new BenchError(
      `no Incus daemon answers on ${process.env.INCUS_SOCKET}, which INCUS_SOCKET names. Start it, or unset INCUS_SOCKET.`,
    );
  }
  if (!isRoot()) {
    throw new BenchError(
      'no Incus daemon answers to this user. Run this as root, or start Incus and join its group (incus-admin).',
    );
  }
  return existsSync('/run/systemd/system') ? startUnit(log) : startByHand(log);
}

/** @param {import('./run.mjs').Log} log */
async function startUnit(log) {
  log('starting incus.service…');
  await run('systemctl', ['start', 'incus.service']);
  const socket = await findDaemon();
  if (socket !== undefined) return socket;
  throw new BenchError('incus.service runs, but its socket does not answer. Look at `journalctl -u incus`.');
}

/** @param {import('./run.mjs').Log} log */
async function startByHand(log) {
  requireCgroups();
  log('starting incusd…');
  const output = openSync(logPath(), 'w');
  const child = spawn('sh', ['-c', raiseFilesThenExec, incusd, '--group', 'root'], {
    cwd: '/',
    detached: true,
    stdio: ['ignore', output, output],
  });
  closeSync(output);
  /** @type {string | undefined} */
  let ended;
  child.once('error', (error) => (ended = `cannot run sh: ${error.message}`));
  child.once('exit', (code, signal) => (ended = `it ended at once (${signal ?? `exit code ${code}`})`));
  if (child.pid !== undefined) writeFileSync(pidPath(), `${child.pid}\n`);
  child.unref();

  const socket = daemonSocket();
  const deadline = Date.now() + startTimeout;
  while (ended === undefined && Date.now() < deadline) {
    if (existsSync(socket) && (await answers(socket, '/internal/ready'))) return socket;
    await sleep(100);
  }
  const why = ended ?? `${socket} does not answer after ${startTimeout / 1000} s`;
  throw new BenchError(
    `incusd did not come up: ${why}. The end of ${logPath()}:\n${lastLines(readLog(), 15)}`,
  );
}

const readLog = () => (existsSync(logPath()) ? readFileSync(logPath(), 'utf8') : '');

/** The pid of the daemon that the bench started, if it still runs. */
export function ownDaemon() {
  if (!existsSync(pidPath())) return undefined;
  const pid = Number(readFileSync(pidPath(), 'utf8'));
  // The number may be another process' by now.
  return commandLine(pid)[0] === incusd ? pid : undefined;
}

/**
 * @param {number} pid
 * @returns {string[]} empty for a process that is gone
 */
function commandLine(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ESRCH') return [];
    throw error;
  }
}

/**
 * Stops the guests and the daemon, if the bench started it, and what the daemon leaves running behind it.
 * @param {import('./run.mjs').Log} log
 */
export async function stopOwnDaemon(log) {
  const pid = ownDaemon();
  if (pid === undefined) {
    log((await findDaemon()) === undefined ? 'no incusd runs' : 'the incusd that runs is not ours; it stays');
    return;
  }
  log('stopping the guests and incusd…');
  const socket = daemonSocket();
  /** @type {{ name: string, managed: boolean }[]} */
  const networks = (await call(socket, 'GET', '/1.0/networks?recursion=1')) ?? [];
  // Unlike SIGTERM, this stops the guests in good order first. It answers when all is done, or not at all.
  await call(socket, 'PUT', '/internal/shutdown', {}, { timeout: stopTimeout }).catch((error) => {
    if (ownDaemon() !== undefined) log(`warning: ${error.message}`);
  });
  await waitForEnd(pid, stopTimeout);
  for (const { name } of networks.filter(({ managed }) => managed)) stopDnsmasq(name);
  rmSync(pidPath(), { force: true });
}

/**
 * @param {number} pid
 * @param {number} timeout ms
 */
async function waitForEnd(pid, timeout) {
  const deadline = Date.now() + timeout;
  while (commandLine(pid).length > 0) {
    if (Date.now() > deadline)
      throw new BenchError(`incusd (pid ${pid}) is still there after ${timeout / 1000} s`);
    await sleep(100);
  }
}

/**
 * The daemon leaves it running for the next daemon, which starts another one anyway.
 * @param {string} networkName
 */
function stopDnsmasq(networkName) {
  const file = join(dirname(daemonSocket()), 'networks', networkName, 'dnsmasq.pid');
  if (!existsSync(file)) return;
  const pid = Number(/pid: (\d+)/.exec(readFileSync(file, 'utf8'))?.[1]);
  if (commandLine(pid).some((word) => word.endsWith('dnsmasq'))) process.kill(pid, 'SIGTERM');
}
