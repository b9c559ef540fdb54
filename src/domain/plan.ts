import type { Action } from './action.js';
import type { FacetName } from './facet.js';
import type { Hold } from './hold.js';
import type { AppName } from './names.js';
import type { Problem } from './problem.js';

/** What happens to an app, as one word on the screen. The smallest that does it. */
export type Verb =
  | 'unchanged'
  /** Nothing is known to do, and not all is known. */
  | 'unknown'
  | 'metadata'
  | 'proxy-update'
  | 'reconfigure'
  | 'secrets'
  | 'start'
  | 'stop'
  | 'restart'
  | 'rebuild'
  | 'rename'
  | 'rollback'
  | 'create'
  | 'recreate'
  | 'rehearse'
  | 'collect'
  | 'destroy';

/** What a person loses for a moment while an operation runs. */
export type Interrupts = 'nothing' | 'exposure' | 'service' | 'container';

/**
 * One difference. changed: the manifest moved away from what was applied; drifted: the machine did;
 * both: both did, and not to the same value; new: never applied; added: on the machine, by somebody else; unknown: what
 * is wanted could not be read, and nothing is done about it; held: a person keeps the app as it is.
 */
export type Change = {
  readonly facet: FacetName;
  readonly field: string;
  readonly kind: 'new' | 'changed' | 'drifted' | 'both' | 'added' | 'unknown' | 'held';
  readonly from: string | null;
  readonly to: string | null;
};

export type OpId = string;

/** One effect. The executor carries it out as it stands and decides nothing. */
export type Operation = Effect & (Forward | Rollback);

/** Carried out in any case. */
export type Forward = { readonly phase: 'forward' };

/** A step of the way back: carried out only when one of these has failed. */
export type Rollback = { readonly phase: 'rollback'; readonly rescues: readonly OpId[] };

/** What an operation does, and what it waits for. */
export type Effect = {
  /** `<app>/<kind>` or `<app>/<kind>:<detail>`; unique in the plan. */
  readonly id: OpId;
  readonly app: AppName;
  readonly action: Action;
  /** Why, in words: `port 7700 → 7701`. */
  readonly cause: string;
  readonly interrupts: Interrupts;
  /** Must have succeeded before. */
  readonly needs: readonly OpId[];
  /** Must have ended before, in whatever way. */
  readonly after: readonly OpId[];
};

export type AppPlan = {
  readonly app: AppName;
  readonly verb: Verb;
  readonly changes: readonly Change[];
  readonly interrupts: Interrupts;
  /** `http://127.0.0.1:7700`, or null when the app is not exposed. */
  readonly url: string | null;
  /** Why nothing is done about it although there is something to do (`destroy` without --prune). */
  readonly held: string | null;
  /** Held because this very thing was tried before and did not work; an older generation serves. */
  readonly condemned: boolean;
  /** A person keeps its system as it is, and the manifest says another; what is kept back is among the changes. */
  readonly hold: Hold | null;
  /** What a person should know before: data that stays behind, a limit that nobody enforces. */
  readonly notes: readonly string[];
};

export type Plan = {
  readonly version: 1;
  readonly project: string;
  readonly apps: readonly AppPlan[];
  readonly operations: readonly Operation[];
  /** Any of these: nothing of the plan may be carried out. */
  readonly problems: readonly Problem[];
};

/** How a package of one system differs from that of another. Both lists empty: the same versions, built anew. */
export type PackageChange = {
  readonly name: string;
  /** Versions that only the old system has; `''` for what has none. */
  readonly from: readonly string[];
  /** Versions that only the new system has. */
  readonly to: readonly string[];
  /** How much larger its store paths are together. */
  readonly bytes: number;
};
