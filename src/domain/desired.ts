import type { Binding, Listen } from './binding.js';
import type { Facets } from './facet.js';
import type {
  Activation,
  Bind,
  BuiltSystem,
  ConfigFile,
  FlakeRef,
  Health,
  LocalPath,
  Locked,
  NixValue,
  Passthrough,
  Secret,
  VolumeMount,
  Lock,
} from './manifest.js';
import type { AppName } from './names.js';
import type { StoreMode } from './store-mode.js';
import type { Rehearsal } from './twin.js';
import type { Problem } from './problem.js';

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

/** Where an app's system comes from, resolved likewise. What is built already takes no nixpkgs. */
export type AppSources =
  | { readonly source: Source | ConfigFile; readonly nixpkgs: Source }
  | { readonly source: BuiltSystem; readonly nixpkgs: null };

export type AppSource = AppSources['source'];

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

export type DesiredApp = AppSources & {
  readonly name: AppName;
  readonly was: AppName | null;
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
  /** What its container is made from, where it needs one; null: it is there already. */
  readonly image: string | null;
  readonly activation: Activation;
  /** Null: nobody looks. */
  readonly health: Health | null;
  /** Whether its volumes are copied before an upgrade, and given back should it fail. */
  readonly stateful: boolean;
  /** Each new system is tried in a twin first; null: it is not. */
  readonly rehearsal: Rehearsal | null;
  readonly keep: number;
  readonly timeout: number | null;
  readonly stopTimeout: number;
  readonly facets: Facets;
  /** What the host lacks for it: files, folders. Any of these: nothing of the plan may be carried out. */
  readonly problems: readonly Problem[];
};

export type Desired = { readonly project: string; readonly apps: readonly DesiredApp[] };

/** What stands at a path of the host; a link is what it leads to. */
export type PathKind = 'missing' | 'folder' | 'file' | 'socket';

/** What must be known besides the manifest before an app is as it should be. */
export type DesiredInputs = {
  readonly lock: Lock;
  /** By `FlakeRef.url`, one for each of `localRefs`. */
  readonly contentHashes: Readonly<Record<string, ContentHash>>;
  /** By absolute path, one for each of `localFiles`. */
  readonly fileHashes: Readonly<Record<string, ContentHash>>;
  /** By absolute path, one for each of `hostPaths`. */
  readonly paths: Readonly<Record<string, PathKind>>;
  /** By app and secret; those of apps that are not selected are not read. */
  readonly secrets: Readonly<Record<string, Readonly<Record<string, SecretRead>>>>;
  /** Nix' name of the platform: `x86_64-linux`. */
  readonly platform: string;
};
