import { run } from './cli/args.js';
import { printProblems } from './cli/problems.js';
import { EXIT, ProblemError } from './problem.js';

const { env, stdin, stdout, stderr } = process;
const argv = process.argv.slice(2);

const SIGNALS = { SIGINT: EXIT.interrupted, SIGTERM: EXIT.terminated, SIGHUP: EXIT.terminated } as const;
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    // The first one drains, the second one ends at once: what the daemon has begun goes on without us.
    if (stop.signal.aborted) process.exit(SIGNALS[signal]);
    stop.abort(signal);
  });
}

// A reader that went away (`pets diff | head`) is no error, nor is a terminal that was closed.
const GONE = new Set(['EPIPE', 'EIO']);
for (const stream of [stdout, stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (!GONE.has(error.code ?? '')) throw error;
  });
}

function workingFolder(): string {
  try {
    return process.cwd();
  } catch {
    throw new ProblemError({
      message: 'the current folder is not there any more',
      hint: 'cd to one that is',
    });
  }
}

try {
  const code = await run(argv, { cwd: workingFolder(), env, stdin, stdout, stderr, stop: stop.signal });
  const isTerminated = code === EXIT.interrupted && stop.signal.reason !== 'SIGINT';
  process.exitCode = isTerminated ? EXIT.terminated : code;
} catch (error) {
  printProblems(error, { argv, env, stream: stderr });
  process.exitCode = error instanceof ProblemError ? error.exitCode : EXIT.bug;
}
