import { run } from './cli/args.js';
import type { Context } from './runtime/context.js';
import { EXIT, ProblemError, type ExitCode } from './domain/problem.js';

const { env, stdout, stderr } = process;
const stdin = () => process.stdin;
const argv = process.argv.slice(2);

const SIGNALS = { SIGINT: EXIT.interrupted, SIGTERM: EXIT.terminated, SIGHUP: EXIT.terminated } as const;
const state: { drain: AbortController | null; signal: keyof typeof SIGNALS | null } = {
  drain: null,
  signal: null,
};
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    // The first one drains, the second one ends at once: what the daemon has begun goes on without us.
    const isOver = state.drain === null || state.drain.signal.aborted;
    state.signal = signal;
    if (isOver) void leave(signal);
    state.drain?.abort(SIGNALS[signal]);
  });
}

const draining: Context['draining'] = async (work) => {
  const drain = new AbortController();
  state.drain = drain;
  try {
    return await work(drain.signal);
  } finally {
    state.drain = null;
  }
};

// A reader that went away (`pets diff | head`) is no error. Progress that nobody can read, on a terminal that was
// closed or a disk that is full, must not stop the work; a result that cannot be written is a failure.
stderr.on('error', () => undefined);
stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') return;
  stderr.write(`pets: cannot write the result: ${error.message}\n`);
  process.exitCode = EXIT.failed;
});

async function leave(signal: keyof typeof SIGNALS): Promise<void> {
  // Who presses Ctrl-C before there is anything to be seen is told that it has arrived.
  if (signal === 'SIGINT' && state.drain === null && stderr.isTTY)
    await tell(new ProblemError({ code: 'interrupted', message: 'interrupted' })).catch(() => undefined);
  endStuck(signal);
  end(SIGNALS[signal]);
}

/** How it looks is loaded only where there is something to tell. */
async function tell(thrown: unknown): Promise<void> {
  const { printProblems } = await import('./runtime/problems.js');
  printProblems(thrown, { argv, env, stream: stderr });
}

/**
 * Node waits for what its threads do when it ends, and a read of a dead network file system never ends: then the
 * signal itself must end us.
 */
function endStuck(signal: keyof typeof SIGNALS): void {
  if (!process.getActiveResourcesInfo().some((name) => name.startsWith('FSReq'))) return;
  process.emit('exit', SIGNALS[signal]);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}

/** Node restores the terminal when it ends, and aborts with a core dump where that terminal was closed. */
function end(code: ExitCode): void {
  if (state.signal === 'SIGHUP' && (stderr.isTTY || stdin().isTTY)) process.kill(process.pid, 'SIGKILL');
  process.exit(code);
}

function workingFolder(): string {
  try {
    return process.cwd();
  } catch {
    throw new ProblemError({
      code: 'folder-gone',
      message: 'the current folder is not there any more',
      hint: 'cd to one that is',
    });
  }
}

/** In a function: CommonJS, which is what is built of this, has no `await` outside of one. */
async function main(): Promise<void> {
  try {
    process.exitCode = await run(argv, { cwd: workingFolder(), env, stdin, stdout, stderr, draining });
  } catch (error) {
    await tell(error);
    process.exitCode = error instanceof ProblemError ? error.exitCode : EXIT.bug;
  }
  process.off('beforeExit', tellUnended);
  if (state.signal === 'SIGHUP') end(EXIT.terminated);
}

/** Node ends with success when nothing is left that could go on, whatever is still waited for. */
function tellUnended(): void {
  process.exitCode = EXIT.bug;
  void tell(new Error('it waits for something that nothing brings about any more'));
}
process.once('beforeExit', tellUnended);

void main();
