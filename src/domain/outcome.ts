import type { AppName } from './names.js';
import type { OpId, Verb } from './plan.js';
import type { Problem, ToldProblem } from './problem.js';

/** `rolled-back`: it failed, and the generation before serves again. `refused`: its rehearsal failed, nothing was touched. */
export type AppResult =
  | 'unchanged'
  | 'done'
  | 'failed'
  | 'rolled-back'
  | 'refused'
  | 'skipped'
  | 'interrupted'
  | 'held'
  | 'condemned';

export type AppOutcome = {
  readonly app: AppName;
  readonly verb: Verb;
  readonly result: AppResult;
  readonly url: string | null;
  readonly warnings: readonly string[];
  /** From the plan, for what was carried out or held. */
  readonly notes: readonly string[];
  /** Wall time from its first operation's start to its last one's end, ms; 0 when nothing ran. */
  readonly ms: number;
  readonly failure: null | {
    readonly op: OpId;
    readonly problem: ToldProblem;
    readonly log: readonly string[];
  };
  /** Why it was skipped, held or interrupted; after a way back what serves, and what of it is missing. */
  readonly because: string | null;
};

export type Outcome = { readonly apps: readonly AppOutcome[]; readonly interrupted: boolean };

/** How one operation ended. */
export type OperationOutcome =
  | {
      readonly kind: 'done';
      readonly startedAt: number;
      readonly endedAt: number;
      readonly warnings: readonly string[];
    }
  | {
      readonly kind: 'failed';
      readonly startedAt: number;
      readonly endedAt: number;
      readonly warnings: readonly string[];
      readonly problem: Problem;
      readonly log: readonly string[];
    }
  | { readonly kind: 'skipped' | 'interrupted'; readonly because: string }
  /** A step of the way back, and nothing has failed. */
  | { readonly kind: 'unneeded' };
