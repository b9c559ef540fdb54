import { execa } from 'execa';
import { EXIT, ProblemError } from './problem.js';
import type { Exec } from './ports.js';

/** Process groups that are still running; ended with us, should we end before them. */
const running = new Set<number>();
process.on('exit', () => {
  for (const pid of running) endGroup(pid);
});

/** The `Exec` port. Secrets never go through here: execa prints arguments in its errors. */
export const exec: Exec = async (command, args, { onLine } = {}) => {
  const child = execa(command, args, {
    reject: false,
    stdin: 'ignore',
    stripFinalNewline: true,
    maxBuffer: 64 * 1024 * 1024,
    // A group of its own: Ctrl-C on the terminal is for us, who let what runs end in order.
    detached: true,
    ...(onLine === undefined ? {} : { stderr: ['pipe', linesTo(onLine)] as const }),
  });
  const { pid } = child;
  if (pid !== undefined) running.add(pid);
  const result = await child;
  if (pid !== undefined) running.delete(pid);
  if (result.exitCode === undefined && result.code === 'ENOENT') throw notInstalled(command);
  return { exitCode: result.exitCode ?? null, stdout: result.stdout, stderr: result.stderr };
};

function endGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGTERM');
  } catch {
    // It has ended in the meantime.
  }
}

function linesTo(onLine: (line: string) => void) {
  return function* (line: unknown) {
    onLine(String(line));
    yield line;
  };
}

function notInstalled(command: string): ProblemError {
  return new ProblemError(
    {
      message: `\`${command}\` is not installed or not in PATH`,
      hint: `install it, then run the same command again`,
    },
    EXIT.unavailable,
  );
}
