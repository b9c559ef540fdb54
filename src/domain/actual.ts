import type { BackupRecord } from './backup-record.js';
import type { Binding } from './binding.js';
import type { DesiredExposure } from './desired.js';
import type { Facet, Facets } from './facet.js';
import type { Hold } from './hold.js';
import type { Attempt } from './update.js';
import type { InstanceState } from './instance-state.js';
import type { PetState } from './labels.js';
import type { Health, Passthrough } from './manifest.js';
import type { Restarts } from './restarts.js';
import type { StoreMode } from './store-mode.js';
import type { AppName, StorePath } from './names.js';

/** What the last successful run recorded on the instance (`LABEL.applied`). */
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
export type Rejected = {
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
  readonly renamingTo: AppName | null;
  /** The name that its marks still say: it was renamed, and the run was cut short right then. */
  readonly renamedFrom: AppName | null;
  readonly status: InstanceState;
  readonly state: PetState;
  readonly applied: Applied | null;
  /** What can be returned to, the newest first; that of `applied` is among them. */
  readonly generations: readonly Generation[];
  readonly rejected: Rejected | null;
  /** A person keeps it at the system that serves it, until a time that is yet to come. */
  readonly hold: Hold | null;
  /** The last update by its schedule. */
  readonly attempt: Attempt | null;
  /** What is known of its backups; null: nothing yet. */
  readonly backup: BackupRecord | null;
  /** When it was restarted by itself, as it was not well. */
  readonly restarts: Restarts;
  /** Keys of its own records that are there and cannot be read. */
  readonly unreadable: readonly string[];
  readonly store: StoreMode;
  readonly exposures: readonly Exposure[];
  readonly attachments: readonly Attachment[];
  /** Names of all its own devices. */
  readonly devices: readonly string[];
  /** Config keys and devices that the pet was made with and that are not there, or not as they were made. */
  readonly modifiedKeys: readonly string[];
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
export type PortOwner = {
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
  readonly unmanaged: Readonly<Record<string, string>>;
  readonly portOwners: readonly PortOwner[];
  /** What apps that have no container yet will listen on besides their exposures: Incus' profiles say so. */
  readonly inherited: Readonly<Record<string, readonly Binding[]>>;
  /** Addresses that this host has; a `listen` elsewhere cannot work. Wildcards always do. */
  readonly addresses: readonly string[];
  /** Why pets cannot share the host's store, in words; null: they can. */
  readonly sharedStoreBlocker: string | null;
  /** Apps whose rehearsal a run that was killed has left. */
  readonly twins: readonly AppName[];
  /** Aliases of images that were looked for and are not in the daemon's store. */
  readonly missingImages: readonly string[];
};

/** Whether its last run ended well. One that a run is at, or has left half done, is as that run says. */
export function isWhole({ state, applied }: Pick<ActualApp, 'state' | 'applied'>): boolean {
  return state === 'ready' && applied !== null;
}
