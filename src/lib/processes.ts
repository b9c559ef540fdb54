import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { execa } from 'execa';
import { environmentFor, personalEnvironment, type Variables } from './environment.js';
import { EXIT, ProblemError, TimeoutProblem } from '../domain/problem.js';
import { endGroup, limitOn, running } from './process-groups.js';
import type { Capture, Exec, Programs, Stream } from './program.js';
import { endsWithin } from './wait.js';

/**
 * Bytes of what is not read line by line; a program that prints more is ended. execa escapes what it has printed, and of
 * 64 MiB of control characters Node itself dies.
 */
const MAX_OUTPUT = 32 * 1024 * 1024;
/** The same of a secret. */
const MAX_CAPTURED = 4 * 1024 * 1024;
/** A person may have to be asked. */
const CAPTURE_MS = 300_000;
const MAX_LINES = 10_000;
const MAX_COLUMNS = 2_000;

/** Runs programs with what of `env` they may see. */
export function programsWith(env: Variables): Programs {
  return {
    exec: execWith(env),
    capture: captureWith(env),
    stream: streamWith(env),
    launch: launchWith(env),
  };
}

/** The environment of a program that pets itself chooses. */
const optionsFor = (program: string, env: Variables) => ({
  extendEnv: false,
  env: environmentFor(program, env),
});
/** The environment of a program that a person names. */
const personal = (env: Variables) => ({ extendEnv: false, env: personalEnvironment(env) });

/** The `Exec` port. Secrets never go through here: execa prints arguments in its errors. */
const execWith =
  (env: Variables): Exec =>
  async (command, args, { onLine, limitMs } = {}) => {
    const kept: string[] = [];
    const child = execa(command, args, {
      ...optionsFor(command, env),
      reject: false,
      stdin: 'ignore',
      stripFinalNewline: true,
      maxBuffer: MAX_OUTPUT,
      // A group of its own: Ctrl-C on the terminal is for us, who let what runs end in order.
      detached: true,
      ...(onLine === undefined ? {} : { stderr: ['pipe', linesTo(onLine, kept)] as const }),
    });
    const { pid } = child;
    if (pid !== undefined) running.add(pid);
    const limit = limitOn(pid, limitMs);
    const result = await child;
    limit.clear();
    if (pid !== undefined) running.delete(pid);
    if (result.exitCode === undefined && result.code === 'ENOENT') throw notInstalled(command);
    if (limit.isOver())
      throw new TimeoutProblem(
        'program-timeout',
        `\`${command} ${args.join(' ')}\`: no end after ${Number(limitMs) / 1000} s`,
        { program: command },
      );
    const stderr = onLine === undefined ? result.stderr : kept.join('\n');
    return { exitCode: result.exitCode ?? null, stdout: result.stdout, stderr };
  };

/**
 * The `Capture` port: for commands that the manifest names. In our own process group, unlike all others: what asks for
 * a passphrase on the terminal must be in its foreground, and Ctrl-C ends it with us.
 */
const captureWith =
  (env: Variables): Capture =>
  async ([program, ...args], directory, { input, limitMs = CAPTURE_MS } = {}) => {
    const result = await execa(program, args, {
      ...personal(env),
      reject: false,
      cwd: directory,
      ...(input === undefined ? { stdin: 'ignore' } : { input }),
      encoding: 'buffer',
      stripFinalNewline: false,
      timeout: limitMs,
      maxBuffer: MAX_CAPTURED,
    });
    if (result.exitCode === undefined && result.code === 'ENOENT') throw notInstalled(program);
    return {
      exitCode: result.exitCode ?? null,
      stdout: result.stdout,
      stderr: Buffer.from(result.stderr).toString(),
    };
  };

/** How long a program may take to end of which nobody reads any more. */
const UNREAD_MS = 5000;

/** The `Stream` port. */
const streamWith =
  (env: Variables): Stream =>
  async ([program, ...args], take) => {
    const child = execa(program, args, {
      ...optionsFor(program, env),
      reject: false,
      stdin: 'ignore',
      buffer: { stdout: false },
      maxBuffer: MAX_OUTPUT,
      detached: true,
    });
    // When a program ends, Node reads what is left of its output, and drops what nobody has begun to take.
    const output = new PassThrough();
    pipeline(child.stdout, output).catch(() => undefined);
    const { pid } = child;
    if (pid !== undefined) running.add(pid);
    try {
      await started(child, program);
      const taken = await take(output);
      // One that has more to say ends of it, as in a shell.
      child.stdout.destroy();
      if (pid !== undefined && !(await endsWithin(child, UNREAD_MS))) endGroup(pid, 'SIGKILL');
      const { exitCode, stderr } = await child;
      return { exitCode: exitCode ?? null, stderr, taken };
    } catch (error) {
      if (pid !== undefined) endGroup(pid, 'SIGKILL');
      throw error;
    } finally {
      if (pid !== undefined) running.delete(pid);
    }
  };

/** Starts a program that a person names and leaves it to itself. */
const launchWith =
  (env: Variables): Programs['launch'] =>
  async ([program, ...args]) => {
    const child = execa(program, args, {
      ...personal(env),
      ...{ reject: false, stdio: 'ignore', detached: true, cleanup: false },
    });
    child.unref();
    await started(child, program);
  };

/** Rejects when there is no such program. */
async function started(child: Starting, program: string): Promise<void> {
  const isStarted = new Promise<null>((resolve) => {
    child.once('spawn', () => {
      resolve(null);
    });
  });
  const ended = await Promise.race([child, isStarted]);
  if (ended?.code === 'ENOENT') throw notInstalled(program);
}

type Starting = Promise<{ readonly code?: string | undefined }> & {
  readonly once: (event: 'spawn', listener: () => void) => unknown;
};

/** A build may print for hours: what is shown as it comes is kept for its last lines only. */
function linesTo(onLine: (line: string) => void, kept: string[]) {
  // It yields nothing: execa would keep it all.
  return function* (line: unknown) {
    const text = String(line);
    onLine(text);
    kept.push(text.slice(0, MAX_COLUMNS));
    if (kept.length > 2 * MAX_LINES) kept.splice(0, kept.length - MAX_LINES);
  };
}

function notInstalled(command: string): ProblemError {
  return new ProblemError(
    {
      code: 'program-missing',
      data: { program: command },
      message: `\`${command}\` is not installed or not in PATH`,
      hint: `install it, then run the same command again`,
    },
    EXIT.unavailable,
  );
}
