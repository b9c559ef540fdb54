import type { Action } from './actions.js';
import type { Problem } from './problem.js';
import type { HowFar } from './progress.js';

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

/** What a forwarder listens on: ports `first` to `last` of an address (one port: both the same), or a socket file. */
export type Binding =
  | {
      readonly protocol: 'tcp' | 'udp';
      readonly address: IpAddress;
      readonly first: Port;
      readonly last: Port;
    }
  | { readonly protocol: 'unix'; readonly path: string };

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

/** A file or folder of the host. `path` is absolute. */
export type LocalPath = { readonly written: string; readonly path: string };

/** Where an app's system comes from: exactly one of the three keys. */
export type AppRef =
  | { readonly kind: 'flake'; readonly ref: FlakeRef }
  /** A classic configuration.nix. */
  | { readonly kind: 'config'; readonly file: LocalPath }
  | { readonly kind: 'toplevel'; readonly path: StorePath };

/** A value of the `nixos` table. A float keeps being one where it has no fraction: Nix tells 1.0 from 1. */
export type NixValue =
  string | number | bigint | boolean | Float | readonly NixValue[] | { readonly [name: string]: NixValue };
export type Float = { readonly float: number };

/** One `[[publish]]`. `to`: a port of the guest; as many as there are on the host side, or one. */
export type Publish = {
  readonly binding: Binding;
  readonly to: { readonly protocol: 'tcp' | 'udp'; readonly first: Port; readonly last: Port };
  /** Permissions of a socket file: `0660`. */
  readonly mode: string | null;
};

/** A named volume of the app and where it is mounted. `size`: `10GiB`. */
export type VolumeMount = { readonly name: string; readonly path: string; readonly size: string | null };

export type Bind = {
  readonly source: LocalPath;
  readonly path: string;
  readonly readOnly: boolean;
  /** Make the folder where it is missing. */
  readonly create: boolean;
};

/** As Incus has them: `512MiB`, `25%`; `2`, `0-3`, `50%`. Null: none. */
export type ResourceLimits = { readonly memory: string | null; readonly cpu: string | null };

export type Passthrough = {
  readonly config: Readonly<Record<string, string>>;
  readonly devices: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Null: Incus' own default. */
  readonly profiles: readonly string[] | null;
  /** What reaches the host itself was allowed. */
  readonly trusted?: true;
};

/** Where a secret's value comes from. Its value is in none of the nouns here: `ports.Secrets` has it. */
export type SecretSource =
  | { readonly kind: 'file'; readonly file: LocalPath }
  /** A value of a file that sops decrypts; `key` is its path there: `db.password`. */
  | { readonly kind: 'sops'; readonly file: LocalPath; readonly key: string }
  | { readonly kind: 'env'; readonly variable: string }
  | { readonly kind: 'command'; readonly command: readonly [program: string, ...args: readonly string[]] }
  /** Made once, of `length` letters and digits, and kept in the state directory. */
  | { readonly kind: 'generate'; readonly length: number };

export type Secret = {
  readonly name: string;
  readonly source: SecretSource;
  /** Permissions of the file in the guest: `0400`. */
  readonly mode: string;
  /** A user of the guest, by name or uid. */
  readonly owner: string | number;
};

/** On loopback in the guest. */
export type GuestPort = { readonly protocol: 'tcp' | 'udp'; readonly port: Port };

/** When an app counts as healthy. `port`: of the guest. */
export type Health = {
  readonly check:
    | {
        readonly kind: 'http';
        readonly path: string;
        /** Sorted; any of them is fine. */
        readonly status: readonly number[];
        readonly port: Port;
        /** What it is asked as, its `Host`; absent: what is dialled. */
        readonly host?: string;
      }
    | { readonly kind: 'tcp'; readonly port: Port }
    | { readonly kind: 'unit'; readonly unit: string }
    | { readonly kind: 'command'; readonly command: readonly [program: string, ...args: readonly string[]] }
    /**
     * No unit has failed or is being restarted, for a window, and something listens where the exposures lead: weaker.
     * Never written: it is what no key says. Records of older releases have no `listens`.
     */
    | { readonly kind: 'stable'; readonly listens?: readonly GuestPort[] };
  /** For all of it. */
  readonly timeoutMs: number;
  /** Between two tries. */
  readonly intervalMs: number;
  /** Tries that must go well, one after the other. */
  readonly successes: number;
};

export type StoreMode = 'shared' | 'copy';
export type Activation = 'auto' | 'switch' | 'restart';

export type ManifestApp = {
  readonly name: AppName;
  /** The app's former name. */
  readonly was: AppName | null;
  readonly source: AppRef;
  readonly nixpkgs: FlakeRef;
  readonly modules: readonly LocalPath[];
  /** NixOS options over the app's module. */
  readonly nixos: { readonly [name: string]: NixValue };
  readonly port: Port | null;
  readonly listen: IpAddress;
  readonly publish: readonly Publish[];
  /** By name, sorted. */
  readonly volumes: readonly VolumeMount[];
  readonly binds: readonly Bind[];
  /** By name, sorted. */
  readonly secrets: readonly Secret[];
  /** Null: nobody checks. */
  readonly health: Health | null;
  /** Its volumes are snapshotted before an upgrade, and restored when that is taken back. */
  readonly stateful: boolean;
  readonly limits: ResourceLimits;
  /** Null: as it was when the host went down, which is Incus' default. */
  readonly autostart: boolean | null;
  readonly incus: Passthrough;
  /** Apps that must be up first; sorted. */
  readonly after: readonly AppName[];
  /** For `@tag` selectors; sorted, without duplicates. */
  readonly tags: readonly string[];
  /** Null: shared where it works. */
  readonly store: StoreMode | null;
  /** Alias of the image, in the daemon's own image store, that a copy store begins with. */
  readonly image: string;
  readonly activation: Activation;
  /** Generations kept. */
  readonly keep: number;
  /** Limit for each switch and each boot, ms; null: the command line's. */
  readonly timeout: number | null;
  /** How long a stop may take before it is a kill, ms. */
  readonly stopTimeout: number;
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
export type FacetName =
  'system' | 'exposure' | 'storage' | 'limits' | 'secrets' | 'health' | 'meta' | 'power' | 'container';

/** One facet's fields. Absent: the default, or not known. `null`: known to be nothing. */
export type Facet = Readonly<Record<string, string | null>>;
export type Facets = Readonly<Partial<Record<FacetName, Facet>>>;

// ── Desired ─────────────────────────────────────────────────────────────────────────────────────────────

/** What became of reading a local source: the hash of its content, or why there is none. */
export type ContentHash = { readonly hash: string } | { readonly problem: Problem };

/**
 * What became of reading a secret's source: a keyed fingerprint of its value, or why there is none. Equal values of
 * one project and one key have equal fingerprints; without the key they say nothing.
 */
export type SecretRead = { readonly fingerprint: string } | { readonly problem: Problem };

/** A flake source, resolved as far as it can be without the network. */
export type Source =
  | { readonly kind: 'local'; readonly ref: FlakeRef; readonly contentHash: string }
  | { readonly kind: 'remote'; readonly ref: FlakeRef; readonly locked: Locked | null }
  /** A local directory that cannot be read: `problem` says why. */
  | { readonly kind: 'missing'; readonly ref: FlakeRef; readonly problem: Problem };

/** Where an app's system comes from, resolved likewise. */
export type AppSource =
  | Source
  | { readonly kind: 'config'; readonly file: LocalPath }
  | { readonly kind: 'toplevel'; readonly path: StorePath };

/** One exposure. `connect`: the guest's side as Incus writes it, `tcp:127.0.0.1:8080`. */
export type DesiredExposure = {
  /** `port` and `listen`, which get the device `web`; the others are `publish`. */
  readonly role: 'web' | 'publish';
  readonly binding: Binding;
  readonly connect: string;
  readonly mode: string | null;
};

/** Whose file it is in the guest. Its value is not here, nor where that comes from. */
export type DesiredSecret = Omit<Secret, 'source'>;

export type DesiredApp = {
  readonly name: AppName;
  readonly was: AppName | null;
  readonly source: AppSource;
  readonly nixpkgs: Source;
  readonly modules: readonly LocalPath[];
  readonly nixos: { readonly [name: string]: NixValue };
  /** Nix' name of the platform: `x86_64-linux`. */
  readonly platform: string;
  /** The main exposure. */
  readonly listen: Listen | null;
  readonly exposures: readonly DesiredExposure[];
  readonly volumes: readonly VolumeMount[];
  readonly binds: readonly Bind[];
  readonly secrets: readonly DesiredSecret[];
  /** Config keys of the instance that come from the manifest: limits, autostart, `incus.config`. */
  readonly config: Readonly<Record<string, string>>;
  readonly devices: Passthrough['devices'];
  readonly profiles: Passthrough['profiles'];
  readonly after: readonly AppName[];
  /** Null: decided by what is there, and what the host can do. */
  readonly store: StoreMode | null;
  readonly image: string;
  readonly activation: Activation;
  /** Null: nobody looks. */
  readonly health: Health | null;
  /** Whether its volumes are copied before an upgrade, and given back should it fail. */
  readonly stateful: boolean;
  readonly keep: number;
  readonly timeout: number | null;
  readonly stopTimeout: number;
  readonly facets: Facets;
  /** What the host lacks for it: files, folders. Any of these: nothing of the plan may be carried out. */
  readonly problems: readonly Problem[];
};

export type Desired = { readonly project: string; readonly apps: readonly DesiredApp[] };

/** In a facet: what could not be read. No field has this value otherwise. */
export const UNKNOWN = 'unknown:';

// ── Actual ──────────────────────────────────────────────────────────────────────────────────────────────

/** What the last successful run recorded on the instance (`user.pets.applied`). */
export type Applied = {
  readonly v: 1;
  readonly generation: number;
  readonly toplevel: StorePath;
  readonly facets: Facets;
};

/** A generation as it was when it was recorded: what a rollback brings back. */
export type Generation = {
  readonly generation: number;
  /** When it was found good, ISO 8601. */
  readonly at: string;
  readonly toplevel: StorePath;
  readonly facets: Facets;
  /** The secrets that it was last whole with; null: recorded by a pets that did not keep that. */
  readonly secrets: Facet | null;
  /** How it is told healthy; null: nobody looks. */
  readonly health: Health | null;
  /** What the check said then; null: nobody looked. */
  readonly healthy: string | null;
  /** Config keys that came from the manifest. */
  readonly config: Readonly<Record<string, string>>;
  /** Proxies, disks, and what was passed through; those of the store are not among them. */
  readonly devices: Passthrough['devices'];
  readonly profiles: readonly string[];
  /** The same devices, as pets understands them. */
  readonly exposures: readonly Exposure[];
  readonly attachments: readonly Attachment[];
};

/** What was wanted when an upgrade failed, or was taken back by hand. */
export type Condemned = {
  /** ISO 8601. */
  readonly at: string;
  readonly facets: Facets;
  /** What went wrong, in words. */
  readonly why: string;
  /** Nothing went wrong: a person went back. */
  readonly byHand: boolean;
};

/**
 * A proxy device of pets' making, by its name. `binding` is null where its address is none pets would write;
 * `value` is what restores it as it was.
 */
export type Exposure = {
  readonly device: string;
  readonly role: DesiredExposure['role'];
  readonly binding: Binding | null;
  readonly connect: string;
  readonly value: Readonly<Record<string, string>>;
};

/** A disk device of pets' making: a volume by its name, or a folder of the host. */
export type Attachment =
  | { readonly kind: 'volume'; readonly device: string; readonly volume: string; readonly path: string }
  | {
      readonly kind: 'bind';
      readonly device: string;
      readonly source: string;
      readonly path: string;
      readonly readOnly: boolean;
    };

export type ActualApp = {
  readonly name: AppName;
  /** A rename that was begun: the name that the instance is about to have. */
  readonly becoming: AppName | null;
  /** The name that its marks still say: it was renamed, and the run was cut short right then. */
  readonly former: AppName | null;
  /** Incus' word: Running, Stopped, Frozen, Error… */
  readonly status: string;
  /**
   * `creating`: no run has brought it up whole yet; `ready`: one has; `upgrading`: a run that has not ended, well or
   * not, had begun to change it, and its volumes may have been written to by the system that was to come; `restoring`:
   * such a run was giving the volumes back what they had held, and nobody knows how far it came.
   */
  readonly state: 'creating' | 'upgrading' | 'restoring' | 'ready';
  readonly applied: Applied | null;
  /** What can be returned to, the newest first; that of `applied` is among them. */
  readonly generations: readonly Generation[];
  readonly condemned: Condemned | null;
  /** Keys of its own records that are there and cannot be read. */
  readonly unreadable: readonly string[];
  readonly store: StoreMode;
  readonly exposures: readonly Exposure[];
  readonly attachments: readonly Attachment[];
  /** Names of all its own devices. */
  readonly devices: readonly string[];
  /** Config keys and devices that the pet was made with and that are not there, or not as they were made. */
  readonly altered: readonly string[];
  readonly protections: readonly Protection[];
  /** What pets has not given it: config keys, whose values may be secret, and devices; as far as that is looked at. */
  readonly added: { readonly config: readonly string[]; readonly devices: Passthrough['devices'] };
  /** What can be seen of each facet now; a field that cannot be observed is absent. */
  readonly facets: Facets;
};

/** What Incus refuses to do with an instance, and where that is said: in its own config, or in a profile's. */
export type Protection = { readonly against: 'delete' | 'start'; readonly by: 'instance' | 'profile' };

/** A custom volume of Incus that bears this project's marks. Its name is incidental: the marks say what it is. */
export type Volume = {
  readonly pool: string;
  readonly name: string;
  readonly app: string;
  /** Its name in the app's `volumes`. */
  readonly volume: string;
  readonly size: string | null;
  /** Whether a snapshot of it is a copy of all its files, and takes as much time and room. */
  readonly copies: boolean;
  /** Instances that it is attached to. */
  readonly usedBy: readonly string[];
};

/**
 * What somebody other than this project's apps holds. `passing`: by a forwarder of Incus that no instance
 * declares, as while the daemon is still adding or removing a device.
 */
export type Claim = {
  readonly binding: Binding;
  readonly holder: string;
  readonly live: boolean;
  readonly passing: boolean;
};

export type Actual = {
  /** Instances that bear this project's mark. */
  readonly apps: readonly ActualApp[];
  readonly volumes: readonly Volume[];
  /** Every other instance of the daemon's project: name → whose it is, in words. */
  readonly strangers: Readonly<Record<string, string>>;
  readonly claims: readonly Claim[];
  /** What apps that have no container yet will listen on besides their exposures: Incus' profiles say so. */
  readonly inherited: Readonly<Record<string, readonly Binding[]>>;
  /** Addresses that this host has; a `listen` elsewhere cannot work. Wildcards always do. */
  readonly addresses: readonly string[];
  /** Why pets cannot share the host's store, in words; null: they can. */
  readonly unshareable: string | null;
  /** Aliases of images that were looked for and are not in the daemon's store. */
  readonly missingImages: readonly string[];
};

// ── Plan ────────────────────────────────────────────────────────────────────────────────────────────────

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
  | 'collect'
  | 'destroy';
/** What a person loses for a moment while an operation runs. */
export type Interrupts = 'nothing' | 'exposure' | 'service' | 'container';

/**
 * One difference. changed: the manifest moved away from what was applied; drifted: the machine did;
 * both: both did, and not to the same value; new: never applied; added: on the machine, by somebody else; unknown: what
 * is wanted could not be read, and nothing is done about it.
 */
export type Change = {
  readonly facet: FacetName;
  readonly field: string;
  readonly kind: 'new' | 'changed' | 'drifted' | 'both' | 'added' | 'unknown';
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
  /** A step of the way back: carried out only when one of these has failed. */
  readonly rescues?: readonly OpId[];
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

/** `rolled-back`: it failed, and the generation before serves again. */
export type AppResult =
  'unchanged' | 'done' | 'failed' | 'rolled-back' | 'skipped' | 'interrupted' | 'held' | 'condemned';

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
  readonly failure: null | { readonly op: OpId; readonly problem: Problem; readonly log: readonly string[] };
  /** Why it was skipped, held or interrupted; after a way back what serves, and what of it is missing. */
  readonly because: string | null;
};

export type Outcome = { readonly apps: readonly AppOutcome[]; readonly interrupted: boolean };

/** Renders a run. `event` never throws and never waits; `close` flushes the last frame. */
export interface Reporter {
  event(event: Event): void;
  close(): Promise<void>;
}
