import { execa } from 'execa';
import { EXIT, ProblemError } from './problem.js';
import type { Exec } from './ports.js';

/** The `Exec` port. Secrets never go through here: execa prints arguments in its errors. */
export const exec: Exec = async (command, args, { cwd, onLine, signal } = {}) => {
  const child = execa(command, args, {
    reject: false,
    stdin: 'ignore',
    stripFinalNewline: true,
    maxBuffer: 64 * 1024 * 1024,
    ...(cwd === undefined ? {} : { cwd }),
    ...(signal === undefined ? {} : { cancelSignal: signal }),
    ...(onLine === undefined ? {} : { stderr: ['pipe', linesTo(onLine)] as const }),
  });
  const result = await child;
  if (result.exitCode === undefined && result.cause instanceof Error && 'code' in result.cause) {
    if (result.cause.code === 'ENOENT') throw notInstalled(command);
  }
  return {
    exitCode: result.exitCode ?? null,
    stdout: result.stdout,
    stderr: result.stderr,
  };
};

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
