/** What every step of the bench needs: running commands, one kind of error, where things are kept. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { constants, homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** @typedef {(line: string) => void} Log */

export const repository = resolve(fileURLToPath(import.meta.url), '../../..');

/** Something the person at the terminal can act on; shown without a stack trace. */
export class BenchError extends Error {}

/**
 * @param {unknown} error
 * @returns {string}
 */
export const wordsOf = (error) => (error instanceof Error ? error.message : String(error));

export const isRoot = () => process.getuid?.() === 0;

/** @param {string} line */
export const logToStderr = (line) => process.stderr.write(`bench: ${line}\n`);

/** Where the bench keeps what is slow to make; created when missing. */
export function cacheDir() {
  const dir = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'pets-bench');
  mkdirSync(dir, { recursive: true });
  return dir;
}

/**
 * Runs a command to its end.
 * @param {string} command
 * @param {string[]} args
 * @param {{ env?: Record<string, string>, cwd?: string, timeout?: number }} [options] timeout in ms
 * @returns {Promise<{ code: number | null, signal: string | null, stdout: string, stderr: string }>}
 */
export function tryRun(command, args, { env, cwd, timeout } = {}) {
  return new Promise((done, fail) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout,
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
    // An interrupted command is a failed one: we stay to clean up after it.
    const stop = () => child.kill();
    process.on('SIGINT', stop).on('SIGTERM', stop);
    child.on('error', (error) => fail(new BenchError(`cannot run ${command}: ${error.message}`)));
    child.on('close', (code, signal) => {
      process.off('SIGINT', stop).off('SIGTERM', stop);
      done({ code, signal, stdout, stderr });
    });
  });
}

/**
 * Like tryRun, but a failure is a BenchError with the command, its exit code and its last words.
 * @param {string} command
 * @param {string[]} args
 * @param {Parameters<typeof tryRun>[2]} [options]
 * @returns {Promise<string>} stdout
 */
export async function run(command, args, options) {
  const { code, signal, stdout, stderr } = await tryRun(command, args, options);
  if (code === 0) return stdout;
  const how = code === null ? `was ended by ${signal}` : `failed with exit code ${code}`;
  throw new BenchError(`\`${[command, ...args].join(' ')}\` ${how}\n${lastLines(stderr || stdout, 15)}`);
}

/**
 * @param {string} text
 * @param {number} count
 */
export function lastLines(text, count) {
  const lines = text.trimEnd().split('\n').slice(-count);
  return lines.map((line) => `    ${line.length > 300 ? `${line.slice(0, 299)}…` : line}`).join('\n');
}

/**
 * The directories of PATH and those of root's usual one, which `su` without `-` leaves out.
 * @param {string} program
 */
export function isInstalled(program) {
  const dirs = [
    ...(process.env.PATH ?? '').split(':'),
    '/usr/local/sbin',
    '/usr/sbin',
    '/sbin',
    '/usr/bin',
    '/bin',
  ];
  return dirs.some((dir) => dir !== '' && existsSync(join(dir, program)));
}

/**
 * Calls `work` while holding the bench's lock. The kernel lets go of it when this process ends, however it ends.
 * @template T
 * @param {Log} log
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(log, work) {
  const holder = spawn('flock', [join(cacheDir(), 'lock'), 'sh', '-c', 'echo held; exec cat'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    // A Ctrl-C is for us; the lock must last until our own clean-up is done.
    detached: true,
  });
  const waiting = setTimeout(() => log('waiting for another process that is bringing up the bench…'), 1000);
  await new Promise((held, fail) => {
    holder.stdout.once('data', held);
    holder.once('error', (error) => fail(new BenchError(`cannot run flock: ${error.message}`)));
    holder.once('exit', (code) => fail(new BenchError(`flock ended with exit code ${code}`)));
  }).finally(() => clearTimeout(waiting));
  try {
    return await work();
  } finally {
    holder.stdin.end();
  }
}

/**
 * The exit code of an entry point; a BenchError is shown as one paragraph, anything else keeps its stack.
 * @param {() => Promise<number | void>} main
 */
export async function runMain(main) {
  try {
    process.exitCode = (await main()) ?? 0;
  } catch (error) {
    const words = error instanceof BenchError ? `bench: ${error.message}` : stackOf(error);
    process.stderr.write(`${words}\n`);
    process.exitCode = 1;
  }
}

/** @param {unknown} error */
const stackOf = (error) => (error instanceof Error ? error.stack : String(error));

/**
 * Runs a program on our own terminal and passes our signals on to it.
 * @param {string} command
 * @param {string[]} args
 * @param {Record<string, string>} [env]
 * @returns {Promise<number>} its exit code, as a shell would report it
 */
export function handOver(command, args, env = {}) {
  const child = spawn(command, args, { cwd: repository, stdio: 'inherit', env: { ...process.env, ...env } });
  const pass = (/** @type {NodeJS.Signals} */ signal) => child.kill(signal);
  // A terminal sends Ctrl-C to the child as well; we only have to outlive it.
  const outlive = () => process.stdin.isTTY || child.kill('SIGINT');
  process.on('SIGTERM', pass).on('SIGHUP', pass).on('SIGINT', outlive);
  return new Promise((done, fail) => {
    child.once('error', (error) => fail(new BenchError(`cannot run ${command}: ${error.message}`)));
    child.once('exit', (code, signal) => done(code ?? 128 + constants.signals[signal ?? 'SIGTERM']));
  }).finally(() => process.off('SIGTERM', pass).off('SIGHUP', pass).off('SIGINT', outlive));
}
