import type { AppName } from './names.js';
import type { AppOutcome, AppResult, Outcome } from './outcome.js';
import type { Event } from './event.js';
import type { Plan } from './plan.js';

/** A process. A pid is given again; with the moment it started, in the kernel's words, it is one process. */
export type ProcessId = { readonly pid: number; readonly start: string | null };

/** What a run says of itself: `meta.json`. The last two are null until it has ended. */
export type RunMeta = {
  readonly v: 1;
  readonly id: string;
  readonly project: string;
  readonly verb: string;
  /** As typed, without node and script. */
  readonly argv: readonly string[];
  readonly user: string;
  readonly process: ProcessId;
  /** The version of pets. */
  readonly version: string;
  /** ISO 8601. */
  readonly started: string;
  readonly ended: string | null;
  readonly exitCode: number | null;
};

/**
 * `abandoned`: it never came to its end, and its process is gone. `unreadable`: what it says of itself is not what
 * pets writes.
 */
export type RunState = 'done' | 'failed' | 'interrupted' | 'abandoned' | 'running' | 'unreadable';

/** A recorded run. What was not written, or not whole, is null. */
export type Run = {
  readonly id: string;
  readonly directory: string;
  /** ISO 8601. */
  readonly started: string;
  readonly state: RunState;
  readonly meta: RunMeta | null;
  readonly plan: Plan | null;
  readonly outcome: Outcome | null;
  /** What it said, up to the last whole line; a build's output is left out. Read where there is no outcome. */
  readonly events: readonly Event[];
  /** Paths below `directory`, sorted. */
  readonly files: readonly string[];
  /** Of them, those that are there and are not as pets writes them, or cannot be read. */
  readonly unreadable: readonly string[];
};

/** What became of an app; of a run without an end, how far it came. */
export type RunApp = Omit<AppOutcome, 'result'> & { readonly result: AppResult | 'running' };

/** Where a run keeps what an app's builds and switches printed. */
export function logFile(app: AppName): string {
  return `log/${app}.log`;
}
