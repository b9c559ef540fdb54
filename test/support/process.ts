import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';

/** How a command ended, and all that it printed. `code`: null where a signal has ended it. */
export type Ended = {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
};

export type RunOptions = {
  readonly cwd?: string | undefined;
  /** All of it. Unless said, that of this process. */
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** ms, after which it is ended. */
  readonly timeout?: number | undefined;
  /** Ends it. */
  readonly signal?: AbortSignal | undefined;
};

/** Runs a command that reads nothing, and waits for its end, whatever that is. What cannot be run is an error. */
export function runToEnd(command: string, args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    const [stdout, stderr] = [gather(child.stdout), gather(child.stderr)];
    child.on('error', (error) => {
      // One that we have ended ends by itself.
      if (error.name !== 'AbortError') reject(new Error(`cannot run ${command}: ${error.message}`));
    });
    child.on('close', (code, signal) => {
      resolve({ code, signal, stdout: stdout(), stderr: stderr() });
    });
  });
}

function gather(stream: Readable): () => string {
  let text = '';
  stream.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  return () => text;
}

/** What is said of a command that should not have ended so: how, and its last words. */
export function failureOf(command: string, args: readonly string[], ended: Ended): string {
  const { code, signal, stdout, stderr } = ended;
  const how = code === null ? `was ended by ${signal ?? 'nobody'}` : `failed with exit code ${code}`;
  return `\`${[command, ...args].join(' ')}\` ${how}\n${lastLines(stderr === '' ? stdout : stderr, 15)}`;
}

export function lastLines(text: string, count: number): string {
  const lines = text.trimEnd().split('\n').slice(-count);
  return lines.map((line) => `    ${line.length > 300 ? `${line.slice(0, 299)}…` : line}`).join('\n');
}
