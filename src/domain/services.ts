import type { Space } from '../lib/free-space.js';
import type { InstanceState } from './instance-state.js';
import type { Stopped } from './stop-timeout.js';
import type { Activation, Health, Locked } from './manifest.js';
import type { AppName, StorePath } from './names.js';
import type { Binding, Listen } from './binding.js';
import type { DesiredApp, DesiredSecret } from './desired.js';
import type { Volume } from './actual.js';
import type { Tell } from '../lib/progress.js';
import type { Bytes } from '../lib/program.js';

/** One instance as the daemon's list shows it (`recursion=1`). */
export type InstanceJson = {
  readonly name: string;
  readonly project: string;
  readonly status: InstanceState;
  readonly type: string;
  readonly profiles: readonly string[];
  readonly config: Readonly<Record<string, string>>;
  /** With what its profiles say; so for the devices. */
  readonly expanded_config: Readonly<Record<string, string>>;
  readonly expanded_devices: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly devices: Readonly<Record<string, Readonly<Record<string, string>>>>;
};

export type InstanceSpec = {
  readonly name: string;
  readonly description: string;
  readonly config: Readonly<Record<string, string>>;
  readonly devices: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Null: Incus' own default. */
  readonly profiles: readonly string[] | null;
  /** Alias of an image in the daemon's own store; null: an empty root disk. */
  readonly image: string | null;
};

/** What a pet's volume is known by; its name in Incus is made from these and kept, whatever it is called later. */
export type VolumeMarks = Pick<Volume, 'app' | 'volume'>;

/** `mode`: `0400`. The ids are the guest's own. */
export type FileAccess = { readonly uid: number; readonly gid: number; readonly mode: string };
export type GuestFile = { readonly content: Uint8Array; readonly access: FileAccess };

/** What a command in a guest has done, and said: both streams as one. */
export type GuestDeed = { readonly exitCode: number; readonly output: string };
export type GuestResult = { readonly exitCode: number; readonly stdout: string; readonly stderr: string };

/** The Incus daemon. Every call rejects with a ProblemError that names what was tried. Times in milliseconds. */
export interface Incus {
  /** All instances of all the daemon's projects, in one request. */
  instances(): Promise<readonly InstanceJson[]>;
  /** Resolves when nothing changes the project's instances any more, or after a minute. */
  waitForOperations(): Promise<void>;
  /** Null when the host can give an instance idmapped mounts of its folders, as far as is known; else why not. */
  unshareable(): Promise<string | null>;
  /** Makes it known, where it is not, with a container that is deleted again. Whether more is known than before. */
  trySharing(): Promise<boolean>;
  /** Whether the daemon's own image store has an alias. */
  hasImage(alias: string): Promise<boolean>;
  create(spec: InstanceSpec): Promise<void>;
  /** An instance that has the new name already is fine; it must be stopped. */
  rename(from: string, to: string): Promise<void>;
  /** Resolves when the guest runs and still ran when looked at again. */
  start(name: string): Promise<void>;
  /** What runs in it stands still. */
  freeze(name: string): Promise<void>;
  unfreeze(name: string): Promise<void>;
  /** Graceful, then by force after `graceMs`. An instance that is gone or stopped is fine. */
  stop(name: string, graceMs: number): Promise<Stopped>;
  /** An instance that is gone is fine. */
  remove(name: string): Promise<void>;
  /** An empty value removes its key. */
  setConfig(name: string, config: Readonly<Record<string, string>>): Promise<void>;
  setProfiles(name: string, profiles: readonly string[]): Promise<void>;
  setDevice(name: string, device: string, value: Readonly<Record<string, string>>): Promise<void>;
  /** All of them at once, or none. */
  setDevices(
    name: string,
    devices: Readonly<Record<string, Readonly<Record<string, string>>>>,
  ): Promise<void>;
  /** A device that is gone is fine. */
  removeDevice(name: string, device: string): Promise<void>;
  /** As it stands: its own config and devices, those of its profiles not among them. */
  instance(name: string): Promise<Pick<InstanceJson, 'config' | 'devices' | 'profiles'>>;
  status(name: string): Promise<InstanceState>;
  /** What the guest's init printed on its console, last lines. */
  consoleTail(name: string): Promise<readonly string[]>;
  /** Target of a symbolic link in the guest, null when it is not there. */
  readLink(name: string, path: string): Promise<string | null>;
  /** A file's text, null when it is not there. */
  readFile(name: string, path: string): Promise<string | null>;
  /** A file byte for byte, null when there is none; larger than `mostBytes` is a problem. Of a guest that runs or not. */
  readBytes(name: string, path: string, mostBytes: number): Promise<GuestFile | null>;
  /** Of a guest that runs or not. One that is there stays as it is. */
  makeDirectory(name: string, path: string, mode: string): Promise<void>;
  /** A new file in place of one that is there; its folder must be. */
  writeFile(name: string, path: string, content: Uint8Array, access: FileAccess): Promise<void>;
  /** One that is gone is fine. */
  removeFile(name: string, path: string): Promise<void>;
  /** Names in a folder of a guest that runs or not, null when it is not there. */
  readDirectory(name: string, path: string): Promise<readonly string[] | null>;
  /** A symbolic link in place of one that is there, in two steps; of a guest that runs or not. */
  writeLink(name: string, path: string, target: string): Promise<void>;
  /**
   * Asks: both outputs are taken as they come, 4 MiB each at most, and the command is ended with us. Past the limit it
   * is ended too, and this rejects with `TimeoutProblem`. `isAlone`: as a command of its own, for what
   * is not pets' own; else a shell in the guest is asked that is kept for more questions.
   */
  query(
    name: string,
    command: readonly string[],
    timeoutMs: number,
    how?: { readonly isAlone?: boolean },
  ): Promise<GuestResult>;
  /**
   * Acts: the command goes on to its end, whatever becomes of us, also past the limit (`TimeoutProblem`). `output`: the last
   * of what it printed, both streams.
   */
  exec(name: string, command: readonly string[], timeoutMs: number): Promise<GuestDeed>;
  /**
   * Acts on a stream: the command reads it as its stdin, and no more of it is held than that takes. Ended when the stream
   * fails, when nothing has gone over for `idleMs` (`TimeoutProblem`), and with us. `stderr`: the last of it.
   */
  feed(
    name: string,
    command: readonly string[],
    input: Bytes,
    idleMs: number,
  ): Promise<Omit<GuestResult, 'stdout'>>;
  /** Deletes what the daemon has recorded of commands in an instance, unless one is being recorded. */
  clearOutputs(name: string): Promise<void>;

  /** The project's custom volumes, in every pool. */
  volumes(): Promise<readonly Volume[]>;
  /** Of a storage pool. */
  poolSpace(pool: string): Promise<Space>;
  /** Names of the storage pools that the root disks of any of these are in. */
  poolsWith(instances: readonly AppName[]): Promise<readonly string[]>;
  /** In the pool of the default profile's root disk. One that is there is fine. */
  makeVolume(marks: VolumeMarks, size: string | null): Promise<VolumeMade>;
  resizeVolume(volume: Volume, size: string | null): Promise<VolumeMade>;
  /** Changes the marks, not the name. */
  markVolume(volume: Volume, marks: VolumeMarks): Promise<void>;
  /** One that is gone is fine; one in use is a problem. */
  removeVolume(volume: Volume): Promise<void>;
  /** Names of a volume's snapshots, oldest first. */
  snapshots(volume: Volume): Promise<readonly string[]>;
  /** One of that name is replaced. What uses the volume must be stopped, or its files are copied while it writes. */
  snapshotVolume(volume: Volume, name: string): Promise<void>;
  /** The volume's content becomes the snapshot's; what uses it must be stopped. */
  restoreVolume(volume: Volume, snapshot: string): Promise<void>;
  /** One that is gone is fine. */
  removeSnapshot(volume: Volume, name: string): Promise<void>;
  /**
   * A copy with other marks, in the same pool; `project`: of another project. What the volume holds must not change
   * meanwhile.
   */
  copyVolume(volume: Volume, marks: VolumeMarks, project?: string): Promise<Volume>;
  /** Hands `take` what the volume holds, as an archive that any pool of any daemon can import. */
  exportVolume(volume: Volume, take: (archive: Bytes) => Promise<void>): Promise<void>;
  /** A new volume from such an archive; in the default pool where the one named is not there. */
  importVolume(archive: Bytes, marks: VolumeMarks, pool: string | null): Promise<Volume>;
}

/** `warning`: a size that the pool's driver does not enforce. */
export type VolumeMade = { readonly warning: string | null };

/**
 * `warnings`: what is wrong with it although it evaluates. `isUnpinned`: the same again may come to another system,
 * as something that it is made of is followed. A system that is there already is its own `drv`.
 */
export type Evaluated = {
  readonly drv: StorePath;
  readonly toplevel: StorePath;
  readonly warnings?: readonly string[];
  readonly isUnpinned?: boolean;
};

/** Flakes, evaluation and builds. Rejections carry Nix' words as a ProblemError with `log`. */
export interface Nix {
  lock(url: string): Promise<Locked>;
  /** `pins`: lock entries found during this run, over those in `app`. */
  evaluate(app: DesiredApp, pins: Readonly<Record<string, Locked>>): Promise<Evaluated>;
  build(app: DesiredApp, system: Evaluated, onLine: (line: string) => void): Promise<void>;
}

/** How a system reaches its container, and where its generations are: one implementation per store mode. */
export interface StoreBackend {
  /** Config and devices that the store mode needs on an instance that has its system. */
  instance(app: AppName): Pick<InstanceSpec, 'config' | 'devices'>;
  /** Config and devices to create an instance with, before it has its system. */
  bootstrap(app: AppName): Pick<InstanceSpec, 'config' | 'devices'>;
  /** Sends what the guest's store lacks of `toplevel`; what was sent, in words. */
  sendSystem(app: AppName, toplevel: StorePath, limitMs: number, tell: Tell): Promise<string>;
  /**
   * Makes `toplevel` the newest generation, atomically; its number, which no other generation of the app ever had.
   * `above`: the last number that is known to have been given, wherever the profile has been meanwhile. The same
   * toplevel again makes none.
   */
  setProfile(app: AppName, toplevel: StorePath, above: number): Promise<number>;
  /**
   * The profile points at that generation again, of a guest that runs or not; one that was removed meanwhile is
   * made anew under its number.
   */
  activateGeneration(app: AppName, generation: number, toplevel: StorePath): Promise<void>;
  /** The generations of `from` become those of `to`. Ones that have moved already are fine. */
  moveProfile(from: AppName, to: AppName): Promise<void>;
  /** Removes every generation but those of `keep` and the current one; what was removed, in words ('' nothing). */
  collect(app: AppName, keep: readonly number[]): Promise<string>;
  dropProfile(app: AppName): Promise<void>;
}

/** Keeps `pets.lock`; writes are atomic and happen one after the other. */
export interface LockFile {
  add(url: string, locked: Locked): Promise<void>;
}

/** Inside a running pet. `limitMs` bounds each switch and each boot; `waits` is told for which jobs of systemd one waits. */
export interface Guest {
  /** Switches to `toplevel`. `auto` falls back to a restart where a switch is refused or hangs; `switch` fails. */
  activate(
    app: AppName,
    toplevel: StorePath,
    how: {
      readonly activation: Activation;
      readonly limitMs: number;
      /** How long a stop may take, should the container be restarted. */
      readonly graceMs: number;
      /** Told what a person should know, at once: it may still fail. */
      readonly warn: (message: string) => void;
      readonly waits: (what: string) => void;
    },
    say: (line: string) => void,
  ): Promise<{ readonly warnings: readonly string[] }>;
  /** Notes which units fail already: whatever is done to the instance from now on is not to blame for these. */
  takeBaseline(instance: AppName, limitMs: number): Promise<void>;
  /**
   * Resolves when the guest has booted, runs `toplevel`, and no unit has failed; of the baseline's: with a warning.
   * `since`: what was said before then, as `Date.now()` counts, is not about this system.
   */
  settle(
    app: AppName,
    toplevel: string,
    limitMs: number,
    waits: (what: string) => void,
    since?: number,
  ): Promise<{ readonly warnings: readonly string[] }>;
  /**
   * Resolves when the app is healthy by what it answers from now on, and what answers is made of `toplevel`; `note`:
   * how that is known (`http 200 from its own system`). `through`: addresses of this host that lead to the port that
   * is checked; http alone asks there too. Rejects after `health.timeoutMs`, or when something is wrong that will not
   * mend itself, with a FailedProgram: what is wrong, and the journal of the unit that it is most likely about.
   */
  check(
    app: AppName,
    toplevel: string,
    health: Health,
    through: readonly Listen[],
    say: (line: string) => void,
    since?: number,
  ): Promise<{ readonly note: string }>;
  /** What a folder of a running guest takes on its disk. `unknown`: why the guest does not tell. */
  sizeOf(
    app: AppName,
    path: string,
    limitMs: number,
  ): Promise<{ readonly bytes: number } | { readonly unknown: string }>;
  /** Running or not. One whose owner is a name belongs to root until `ownSecrets`. */
  writeSecrets(app: AppName, secrets: readonly SecretFile[], remove: readonly string[]): Promise<void>;
  /**
   * Keeps what secrets are now, the files or that there are none, where only the guest's root can read it. Of those
   * `kept` already it stays as it is; what is kept of any other is from an upgrade that has ended, and goes.
   */
  keepSecrets(app: AppName, secrets: readonly string[], kept: readonly string[]): Promise<void>;
  /** They are again what was kept of them. The names of those of which nothing is: they stay as they are. */
  revertSecrets(app: AppName, secrets: readonly string[]): Promise<readonly string[]>;
  /** Removes what is kept of these; null: all of it. */
  forgetSecrets(app: AppName, secrets: readonly string[] | null): Promise<void>;
  /** Waits for the users whose names are given. */
  ownSecrets(app: AppName, secrets: readonly SecretFile[], limitMs: number): Promise<void>;
  /** Restarts the units that load any of these secrets: their names. */
  restartLoaders(app: AppName, secrets: readonly string[], limitMs: number): Promise<readonly string[]>;
}

export type SecretFile = DesiredSecret & { readonly value: Uint8Array };

/** The values of this run's secrets: the only place where they are. */
export interface Secrets {
  /** A generated one is kept from now on. */
  value(app: AppName, secret: string): Promise<Uint8Array>;
  /** What was generated for the app's former name is its own from now on; another app may have that name now. */
  take(from: AppName, app: AppName, isFormerInUse: boolean): Promise<void>;
  /** A text with the name of each secret in the place of its value: what a guest printed may have it. */
  hide(text: string): string;
}

/** By name. */
export type SecretValues = ReadonlyMap<string, Uint8Array>;

/** What was generated for apps. A restore replaces some of it: what is staged outlives a run that is killed. */
export interface GeneratedSecrets {
  of(app: AppName): Promise<SecretValues>;
  /** In place of those that have these names. */
  keep(app: AppName, values: SecretValues): Promise<void>;
  /** Beside them, for the restore with this id. */
  stage(app: AppName, id: string, values: SecretValues): Promise<void>;
  /** Keeps what was staged for this restore, if anything was; it stays staged. */
  commit(app: AppName, id: string): Promise<void>;
  /** Whether anything is. */
  isStaged(): Promise<boolean>;
  unstage(): Promise<void>;
}

/** The host that the daemon runs on. */
export interface Host {
  /** Null when it can be bound; else why not, in words. What is in use may become free until `timeoutMs` are over. */
  probe(binding: Binding, timeoutMs: number): Promise<string | null>;
  /** Resolves when something accepts connections there (udp: when something listens); rejects after `timeoutMs`. */
  accepts(binding: Binding, timeoutMs: number): Promise<void>;
  /** Makes a folder and those above it. */
  makeFolder(path: string): Promise<void>;
}
