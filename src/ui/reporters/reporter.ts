import type { Reporter } from '../../domain/event.js';
import type { AppName } from '../../domain/names.js';
import type { HowFar } from '../../lib/progress.js';
import type { SafeWriter } from '../terminal.js';

/** A way to show progress: all of it that a new one must be able to do. */
export type ProgressKind = {
  /** What is said besides, about no operation of a plan: in words, as JSON, or not at all. */
  readonly speech: 'words' | 'json' | 'none';
  /** Of a plan that is carried out. */
  readonly run: (wiring: Wiring) => Reporter | Promise<Reporter>;
  /** Of systems that are built and not brought to their apps: nothing of the run as a whole, as nothing of it is done. */
  readonly build: (wiring: Wiring) => Reporter;
  readonly tell: (wiring: TellWiring) => Teller;
};

export type Wiring = {
  readonly stream: NodeJS.WriteStream;
  /** The process's environment: what draws the live screen looks at it by itself. */
  readonly env: Record<string, string | undefined>;
  readonly write: SafeWriter['write'];
  readonly color: boolean;
  /** Milliseconds since the epoch, as in the events. */
  readonly now: () => number;
  readonly logOf: LogOf;
  /** Commands in a text as they must be typed. */
  readonly typed: (text: string) => string;
  /** Nothing to watch, so no screen needs to be set up for it. */
  readonly isIdle: boolean;
};

/** The file that has all an app's builds and switches printed; null where there is none. */
export type LogOf = (app: AppName) => string | null;

/** `app`: null for what is of no app alone. */
export type TellWiring = Pick<Wiring, 'stream' | 'now'> & { readonly app: string | null };

/** How far work is that is no plan; null: it is over. */
export type Teller = (far: HowFar | null) => void;

/** Writes commands as they must be typed. */
export function typing({ write, typed }: Pick<Wiring, 'write' | 'typed'>): (text: string) => void {
  return (text) => {
    write(typed(text));
  };
}
