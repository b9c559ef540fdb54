import type { JsonValue } from '../lib/json.js';
import type { NoticeKind } from './alert.js';
import type { Binding } from './binding.js';
import type { AppName, IpAddress, Port, StorePath } from './names.js';
import type { Keep } from './retention.js';
import type { Schedule } from './schedule.js';
import type { StoreMode } from './store-mode.js';
import type { Rehearsal } from './twin.js';

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

/** A system that is built already. */
export type BuiltSystem = { readonly kind: 'toplevel'; readonly path: StorePath };

/** A classic configuration.nix. */
export type ConfigFile = { readonly kind: 'config'; readonly file: LocalPath };

/** Where an app's system comes from: exactly one of the three keys. What is built already takes no nixpkgs. */
export type AppRefs =
  | {
      readonly source: { readonly kind: 'flake'; readonly ref: FlakeRef } | ConfigFile;
      readonly nixpkgs: FlakeRef;
    }
  | { readonly source: BuiltSystem; readonly nixpkgs: null };

export type AppRef = AppRefs['source'];

/** The flakes that an app's system is made from. */
export function flakesOf({ source, nixpkgs }: AppRefs): FlakeRef[] {
  return [...(source.kind === 'flake' ? [source.ref] : []), ...(nixpkgs === null ? [] : [nixpkgs])];
}

/** A value of the `nixos` table. A float keeps being one where it has no fraction: Nix tells 1.0 from 1. */
export type NixValue = JsonValue;

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

/** Where a secret's value comes from. Its value is in none of the nouns here: the service `Secrets` has it. */
export type SecretSource =
  | { readonly kind: 'file'; readonly file: LocalPath }
  /** A value of a file that sops decrypts; `key` is its path there: `db.password`. */
  | { readonly kind: 'sops'; readonly file: LocalPath; readonly key: string }
  | { readonly kind: 'env'; readonly variable: string }
  | { readonly kind: 'command'; readonly command: readonly [program: string, ...args: readonly string[]] }
  /** Made once, of `length` letters and digits, and kept in the state directory. */
  | { readonly kind: 'generate'; readonly length: number };

/** A source that is outside of pets. */
export type OutsideSource = Exclude<SecretSource, { kind: 'generate' }>;

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
  /** From the begin of one try to that of the next. */
  readonly intervalMs: number;
  /** Tries that must go well, one after the other. */
  readonly successes: number;
};

export type Activation = 'auto' | 'switch' | 'restart';

export type ManifestApp = AppRefs & {
  readonly name: AppName;
  /** The app's former name. */
  readonly was: AppName | null;
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
  /** Null: only by hand. */
  readonly update: AutoUpdate | null;
  /** Null: a new system is not tried in a twin first, unless the command line says so. */
  readonly rehearsal: Rehearsal | null;
  /** Whether a look that finds it not well restarts it. */
  readonly restartUnhealthy: boolean;
  /** Null: its volumes are backed up only by hand, into pets' own folder. */
  readonly backup: BackupPolicy | null;
};

/** How an app is updated by itself. */
export type AutoUpdate = {
  readonly schedule: Schedule;
  /** A new major version is taken as well; else it waits for a person. */
  readonly allowMajor: boolean;
};

/** When an app's volumes are backed up by themselves, and what becomes of the backups. */
export type BackupPolicy = {
  /** Null: only by hand. */
  readonly schedule: Schedule | null;
  /** Null: all of them stay. */
  readonly keep: Keep | null;
  /** A folder of the host; null: pets' own. */
  readonly to: LocalPath | null;
};

/** How a receiver of notices takes them. */
export const NOTIFY_FORMATS = ['json', 'ntfy', 'slack', 'matrix'] as const;
export type NotifyFormat = (typeof NOTIFY_FORMATS)[number];

/** Whom to tell what. At least one of `command` and `url` is there. */
export type Notify = {
  /** Gets JSON on its standard input. */
  readonly command: readonly [program: string, ...args: readonly string[]] | null;
  /** Written as it is, or a secret: who knows the address of such a receiver can write to it. */
  readonly url: { readonly kind: 'written'; readonly url: string } | OutsideSource | null;
  readonly format: NotifyFormat;
  /** Sorted as `NOTICE_KINDS` has them. */
  readonly on: readonly NoticeKind[];
};

export type Manifest = {
  readonly project: string;
  /** By name, sorted. */
  readonly apps: readonly ManifestApp[];
};

/** What is known of an app that no manifest has yet. Null: the key is left out. */
export type AppTable = {
  readonly name: string;
  readonly 'flake-ref': string;
  readonly port: number | null;
  readonly listen: string | null;
  readonly nixpkgs: string | null;
  readonly store: StoreMode | null;
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
export type Lock = {
  readonly version: 1;
  readonly refs: Readonly<Record<string, Locked>>;
  /** By app, where one that shares a URL with others has gone on and they have not. */
  readonly apps?: Readonly<Record<string, Readonly<Record<string, Locked>>>>;
};
