/** What pets asks of the outside. Interfaces only; every effect of a run goes through one of these. */

export type ExecResult = {
  /** null: killed by a signal or never started. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
};

export type ExecOptions = {
  readonly onLine?: (line: string) => void;
  /** Past it, the program is ended: a `TimeoutProblem`. */
  readonly limitMs?: number;
};

/** Runs a program with an argument list, never through a shell. A missing program is a ProblemError. */
export type Exec = (command: string, args: readonly string[], options?: ExecOptions) => Promise<ExecResult>;

/** What a program that was asked for a secret printed, byte for byte. */
export type Captured = Omit<ExecResult, 'stdout'> & { readonly stdout: Uint8Array };

/**
 * Runs a program in a folder and keeps what it prints to itself. It shares our terminal, on which it may ask a
 * person. A missing program is a ProblemError.
 */
export type Capture = (command: Command, directory: string, options?: CaptureOptions) => Promise<Captured>;

/** `input`: on its standard input, which is empty else. `limitMs`: past it, the program is ended. */
export type CaptureOptions = { readonly input?: string; readonly limitMs?: number };

export type Command = readonly [program: string, ...args: readonly string[]];

/** A stream. Nothing is held whole in memory. */
export type Bytes = AsyncIterable<Uint8Array>;

/**
 * Runs a program as `Exec` does, and hands what it prints to `take`, no faster than it is taken. The program is ended
 * when `take` fails; when `take` is done, nothing more is read of it.
 */
export type Stream = <T>(command: Command, take: (output: Bytes) => Promise<T>) => Promise<Streamed<T>>;

/** `taken`: what `take` made of it. */
export type Streamed<T> = Omit<ExecResult, 'stdout'> & { readonly taken: T };

/** All ways in which a program is run. */
export type Programs = {
  readonly exec: Exec;
  readonly capture: Capture;
  readonly stream: Stream;
  /** Starts a program that a person names and leaves it to itself. */
  readonly launch: (command: Command) => Promise<void>;
};
