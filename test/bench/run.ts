/** What every step of the bench needs: running commands, one kind of error, where things are kept. */
import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { cacheFolder, ROOT } from '../support/places.js';
import { failureOf, runToEnd, type Ended, type RunOptions } from '../support/process.js';

export { lastLines } from '../support/process.js';

export type Log = (line: string) => void;

/** Something the person at the terminal can act on; shown without a stack trace. */
export class BenchError extends Error {}

/** For what cannot go on, where its words are enough. */
export function actionable(error: unknown): never {
  throw new BenchError(wordsOf(error));
}

export const wordsOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

export const isRoot = () => process.getuid?.() === 0;

export const logToStderr: Log = (line) => {
  process.stderr.write(`bench: ${line}\n`);
};

/** Where the bench keeps what is slow to make; created when missing. */
export function cacheDir(): string {
  const dir = cacheFolder();
  mkdirSync(dir, { recursive: true });
  return dir;
}

/** What is made from something else bears its name: another recipe is another thing. */
export const shortHash = (recipe: readonly unknown[]): string =>
  createHash('sha256').update(JSON.stringify(recipe)).digest('hex').slice(0, 12);

/** `env`: beside our own. */
export async function tryRun(
  command: string,
  args: readonly string[],
  { env, ...options }: RunOptions = {},
): Promise<Ended> {
  // An interrupted command is a failed one: we stay to clean up after it.
  const interrupt = new AbortController();
  const stop = () => {
    interrupt.abort();
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
  const all = { ...options, env: { ...process.env, ...env }, signal: interrupt.signal };
  return runToEnd(command, args, all)
    .catch(actionable)
    .finally(() => process.off('SIGINT', stop).off('SIGTERM', stop));
}

/** Like tryRun, but a failure is a BenchError with the command, its exit code and its last words. */
export async function run(command: string, args: readonly string[], options?: RunOptions): Promise<string> {
  const ended = await tryRun(command, args, options);
  if (ended.code !== 0) throw new BenchError(failureOf(command, args, ended));
  return ended.stdout;
}

/** `incus` on a daemon's default project. */
export const incusOn =
  (socket: string) =>
  (...args: readonly string[]): Promise<string> =>
    run('incus', ['--project', 'default', ...args], { env: { INCUS_SOCKET: socket } });

/** Root's usual ones, which `su` without `-` leaves out of PATH. */
const usual = ['/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/bin', '/bin'];

export function isInstalled(program: string): boolean {
  const dirs = [...(process.env['PATH'] ?? '').split(':'), ...usual];
  return dirs.some((dir) => dir !== '' && existsSync(join(dir, program)));
}

/** Calls `work` while holding the bench's lock. The kernel lets go of it when this process ends, however it ends. */
export async function withLock<T>(log: Log, work: () => Promise<T>): Promise<T> {
  const holder = spawn('flock', [join(cacheDir(), 'lock'), 'sh', '-c', 'echo held; exec cat'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    // A Ctrl-C is for us; the lock must last until our own clean-up is done.
    detached: true,
  });
  const waiting = setTimeout(() => {
    log('waiting for another process that is bringing up the bench…');
  }, 1000);
  await new Promise((held, fail) => {
    holder.stdout.once('data', held);
    holder.once('error', (error) => {
      fail(new BenchError(`cannot run flock: ${error.message}`));
    });
    holder.once('exit', (code) => {
      fail(new BenchError(`flock ended with exit code ${String(code)}`));
    });
  }).finally(() => {
    clearTimeout(waiting);
  });
  try {
    return await work();
  } finally {
    holder.stdin.end();
  }
}

/** The exit code of an entry point; a BenchError is shown as one paragraph, anything else keeps its stack. */
export async function runMain(main: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await main();
  } catch (error) {
    const words = error instanceof BenchError ? `bench: ${error.message}` : stackOf(error);
    process.stderr.write(`${words}\n`);
    process.exitCode = 1;
  }
}

const stackOf = (error: unknown) => (error instanceof Error ? (error.stack ?? error.message) : String(error));

/** Whether a file is the one that Node was told to run, not one that another has imported. */
export const isMain = (file: string) => process.argv[1] === file;

/** Runs a program on our own terminal and passes our signals on to it. Its exit code, as a shell would report it. */
export function handOver(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  stdio: StdioOptions = 'inherit',
): Promise<number> {
  const child = spawn(command, args, { cwd: ROOT, stdio, env: { ...process.env, ...env } });
  return exitCodeOf(command, child, (signal) => {
    // A terminal sends Ctrl-C to the child as well; we only have to outlive it.
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
  });
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Waits for a program's end; our own signals are `onSignal`'s meanwhile. Its exit code, as a shell would report it. */
export function exitCodeOf(
  command: string,
  child: ChildProcess,
  onSignal: (signal: NodeJS.Signals) => void,
): Promise<number> {
  for (const signal of signals) process.on(signal, onSignal);
  return new Promise<number>((done, fail) => {
    child.once('error', (error) => {
      fail(new BenchError(`cannot run ${command}: ${error.message}`));
    });
    child.once('exit', (code, signal) => {
      done(code ?? 128 + constants.signals[signal ?? 'SIGTERM']);
    });
  }).finally(() => {
    for (const signal of signals) process.off(signal, onSignal);
  });
}
