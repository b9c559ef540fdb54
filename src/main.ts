import { run } from './cli/args.js';
import { wantsColor } from './cli/context.js';
import { printProblems } from './cli/problems.js';
import { EXIT, ProblemError, type ExitCode } from './problem.js';

const stop = new AbortController();
let signalled: ExitCode | null = null;
for (const [signal, code] of [
  ['SIGINT', EXIT.interrupted],
  ['SIGTERM', EXIT.terminated],
] as const) {
  process.on(signal, () => {
    // The first one drains, the second one ends at once: what the daemon has begun goes on without us.
    if (signalled !== null) process.exit(code);
    signalled = code;
    stop.abort();
  });
}

const argv = process.argv.slice(2);
const { env, stdin, stdout, stderr } = process;
// A reader that went away (`pets diff | head`) is no error.
for (const stream of [stdout, stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });

try {
  const code = await run(argv, { cwd: process.cwd(), env, stdin, stdout, stderr, stop: stop.signal });
  process.exitCode = code === EXIT.interrupted ? (signalled ?? code) : code;
} catch (error) {
  printProblems(error, { argv, env, stream: stderr, color: wantsColor('auto', env, stderr) });
  process.exitCode = error instanceof ProblemError ? error.exitCode : EXIT.bug;
}
