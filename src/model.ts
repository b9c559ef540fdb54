import type { Action } from './actions.js';
import type { KeyPath, Problem } from './problem.js';

declare const brand: unique symbol;
type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** Incus' rule: 1–63 of [A-Za-z0-9-], no hyphen at either end, not only digits. Checked in `manifest/`. */
export type AppName = Brand<string, 'AppName'>;
/** 1–65535. */
export type Port = Brand<number, 'Port'>;
/** A literal IPv4 or IPv6 address, canonical, without brackets. */
export type IpAddress = Brand<string, 'IpAddress'>;
/** `/nix/store/<hash>-<name>`. */
export type StorePath = Brand<string, 'StorePath'>;

/** A host address and port on which something listens, tcp. */
export type Listen = { readonly address: IpAddress; readonly port: Port };

// ── Manifest ────────────────────────────────────────────────────────────────────────────────────────────

/** A flake reference, taken apart. `attribute` is the fragment: `nixosModules.incus` when none was written. */
export type FlakeRef = {
  /** As written in the manifest. */
  readonly written: string;
  /** What Nix is given, without fragment. Local ones: `path:/absolute` or `git+file:///absolute`. */
  readonly url: string;
  readonly attribute: string;
  /** Absolute directory of a local one: never pinned, its content is hashed each time. */
  readonly directory?: string;
};

export type ManifestApp = {
  readonly name: AppName;
  readonly flakeRef: FlakeRef;
  readonly nixpkgs: FlakeRef;
  readonly port: Port | null;
  readonly listen: IpAddress;
  /** For `@tag` selectors; sorted, without duplicates. */
  readonly tags: readonly string[];
};

export type Manifest = {
  readonly project: string;
  /** By name, sorted. */
  readonly apps: readonly ManifestApp[];
};

/** One entry of `pets.lock`: the exact source that a remote flake-ref stands for. */
export type Locked = {
  /** A flake-ref with revision and narHash that evaluates to this source and no other. */
  readonly locked: string;
  /** `sha256-…` of the source tree. */
  readonly narHash: string;
  /** Git revision where there is one. */
  readonly rev?: string;
};

/** `pets.lock`, keyed by the unlocked URL of a remote flake-ref. */
export type Lock = { readonly version: 1; readonly refs: Readonly<Record<string, Locked>> };

// ── Facets: what is compared ────────────────────────────────────────────────────────────────────────────

/** The parts of a pet that change independently of one another. */
export type FacetName = 'system' | 'exposure' | 'meta' | 'power' | 'container';

/** One facet's fields. Absent: the default, or not known. `null`: known to be nothing. */
export type Facet = Readonly<Record<string, string | null>>;
export type Facets = Readonly<Partial<Record<FacetName, Facet>>>;

// ── Desired ─────────────────────────────────────────────────────────────────────────────────────────────

/** A flake source, resolved as far as it can be without the network. */
export type Source =
  | { readonly kind: 'local'; readonly ref: FlakeRef; readonly contentHash: string }
  | { readonly kind: 'remote'; readonly ref: FlakeRef; readonly locked: Locked | null }
  /** A local directory that cannot be read: `problem` says why. */
  | { readonly kind: 'missing'; readonly ref: FlakeRef; readonly problem: Problem };

export type DesiredApp = {
  readonly name: AppName;
  readonly source: Source;
  readonly nixpkgs: Source;
  /** Nix' name of the platform: `x86_64-linux`. */
  readonly platform: string;
  readonly listen: Listen | null;
  readonly facets: Facets;
};

export type Desired = { readonly project: string; readonly apps: readonly DesiredApp[] };

// ── Actual ──────────────────────────────────────────────────────────────────────────────────────────────

/** What the last successful run recorded on the instance (`user.pets.applied`). */
export type Applied = {
  readonly v: 1;
  readonly generation: number;
  readonly toplevel: string;
  readonly facets: Facets;
};

/** A proxy device that exposes the app's 8080. `listen` is null where its address is none pets would write. */
export type Exposure = { readonly device: string; readonly raw: string; readonly listen: Listen | null };

export type ActualApp = {
  readonly name: AppName;
  /** Incus' word: Running, Stopped, Frozen, Error… */
  readonly status: string;
  /** `creating`: no run has brought it up whole yet; `ready`: one has. */
  readonly state: 'creating' | 'ready';
  readonly applied: Applied | null;
  readonly exposures: readonly Exposure[];
  /** Config keys and devices that the pet was made with and that are not there, or not as they were made. */
  readonly altered: readonly string[];
  /** What can be seen of each facet now; a field that cannot be observed is absent. */
  readonly facets: Facets;
};

/**
 * A port that somebody other than this project's apps holds. `passing`: by a forwarder of Incus that no instance
 * declares, as while the daemon is still adding or removing a device.
 */
export type Claim = {
  readonly listen: Listen;
  readonly holder: string;
  readonly live: boolean;
  readonly passing: boolean;
};

export type Actual = {
  /** Instances that bear this project's mark. */
  readonly apps: readonly ActualApp[];
  /** Every other instance of the daemon's project: name → whose it is, in words. */
  readonly strangers: Readonly<Record<string, string>>;
  readonly claims: readonly Claim[];
  /** Addresses that this host has; a `listen` elsewhere cannot work. Wildcards always do. */
  readonly addresses: readonly string[];
};

// ── Plan ────────────────────────────────────────────────────────────────────────────────────────────────

/** What happens to an app, as one word on the screen. The smallest that does it. */
export type Verb = 'unchanged' | 'metadata' | 'proxy-update' | 'start' | 'rebuild' | 'create' | 'destroy';
/** What a person loses for a moment while an operation runs. */
export type Interrupts = 'nothing' | 'exposure' | 'service' | 'container';

/**
 * One difference. changed: the manifest moved away from what was applied; drifted: the machine did;
 * both: both did, and not to the same value; new: never applied.
 */
export type Change = {
  readonly facet: FacetName;
  readonly field: string;
  readonly kind: 'new' | 'changed' | 'drifted' | 'both';
  readonly from: string | null;
  readonly to: string | null;
};

export type OpId = string;

/** One effect. The executor carries it out as it stands and decides nothing. */
export type Operation = {
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
};

export type Plan = {
  readonly version: 1;
  readonly project: string;
  readonly apps: readonly AppPlan[];
  readonly operations: readonly Operation[];
  /** Any of these: nothing of the plan may be carried out. */
  readonly problems: readonly PlanProblem[];
};
export type PlanProblem = Problem & { readonly path?: KeyPath };

// ── Events and outcome ──────────────────────────────────────────────────────────────────────────────────

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
      readonly problem: Problem;
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

export type AppResult = 'unchanged' | 'done' | 'failed' | 'skipped' | 'interrupted' | 'held';

export type AppOutcome = {
  readonly app: AppName;
  readonly verb: Verb;
  readonly result: AppResult;
  readonly url: string | null;
  readonly warnings: readonly string[];
  /** Wall time from its first operation's start to its last one's end, ms; 0 when nothing ran. */
  readonly ms: number;
  readonly failure: null | { readonly op: OpId; readonly problem: Problem; readonly log: readonly string[] };
  /** Why it was skipped, held or interrupted. */
  readonly because: string | null;
};

export type Outcome = { readonly apps: readonly AppOutcome[]; readonly interrupted: boolean };

/** Renders a run. `event` never throws and never waits; `close` flushes the last frame. */
export interface Reporter {
  event(event: Event): void;
  close(): Promise<void>;
}
