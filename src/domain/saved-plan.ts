import type { Plan } from './plan.js';

/**
 * Fields by name. Null: known to be nothing; absent: there is no such field, or nobody can look. What is long stands as
 * a digest.
 */
export type Fields = Readonly<Record<string, string | null>>;

/** What the plan of one app was made from. */
export type AppBasis = {
  /** What manifest, lock, sources and secrets come to. */
  readonly manifest: Fields;
  /** What the daemon and this host showed of the app, and of what could be in its way. */
  readonly machine: Fields;
};

/** By app: of those that the plan changes, and of no others. */
export type Basis = Readonly<Record<string, AppBasis>>;

/** What a person has said that decides on a plan. `apps`: those that were selected, null: all. */
export type PlanChoice = {
  readonly apps: readonly string[] | null;
  readonly prune: boolean;
  readonly recreate: boolean;
  readonly retry: boolean;
  readonly strict: boolean;
  readonly rehearse?: boolean | undefined;
};

/** A plan as a file, and all that it needs to be told whether it still holds. */
export type SavedPlan = {
  /** The version of pets that made it. */
  readonly pets: string;
  readonly project: string;
  /** The manifest as it was named; null: there was none. */
  readonly manifest: string | null;
  readonly choice: PlanChoice;
  readonly basis: Basis;
  readonly plan: Plan;
};
