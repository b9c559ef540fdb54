import type { HowFar } from '../lib/progress.js';
import type { AppName } from './names.js';
import type { Outcome } from './outcome.js';
import type { OpId, Plan } from './plan.js';
import type { ToldProblem } from './problem.js';

/** What the executor says as it goes. `at`: milliseconds since the epoch. */
export type Event =
  | { readonly kind: 'run-started'; readonly at: number; readonly plan: Plan }
  | { readonly kind: 'started'; readonly at: number; readonly op: OpId; readonly app: AppName }
  /** A line that a running build or activation printed. */
  | {
      readonly kind: 'output';
      readonly at: number;
      readonly op: OpId;
      readonly app: AppName;
      readonly line: string;
    }
  /** What the guest of a running operation waits for by now: `slow.service (start)`. */
  | {
      readonly kind: 'waiting';
      readonly at: number;
      readonly op: OpId;
      readonly app: AppName;
      readonly what: string;
    }
  /** How far a running operation is that moves many bytes. */
  | ({ readonly kind: 'progress'; readonly at: number; readonly op: OpId; readonly app: AppName } & HowFar)
  | {
      readonly kind: 'finished';
      readonly at: number;
      readonly op: OpId;
      readonly app: AppName;
      readonly note?: string;
    }
  | {
      readonly kind: 'warned';
      readonly at: number;
      readonly op: OpId;
      readonly app: AppName;
      readonly message: string;
    }
  /** `log`: the last lines (20 at most) of what failed. */
  | {
      readonly kind: 'failed';
      readonly at: number;
      readonly op: OpId;
      readonly app: AppName;
      readonly problem: ToldProblem;
      readonly log: readonly string[];
    }
  | {
      readonly kind: 'skipped';
      readonly at: number;
      readonly op: OpId;
      readonly app: AppName;
      readonly because: string;
    }
  /** Ctrl-C: nothing new starts, what runs is finished. */
  | { readonly kind: 'interrupted'; readonly at: number; readonly running: number }
  | { readonly kind: 'run-ended'; readonly at: number; readonly outcome: Outcome };

/** Renders a run. `event` never throws and never waits; `close` flushes the last frame. */
export interface Reporter {
  event(event: Event): void;
  close(): Promise<void>;
}
