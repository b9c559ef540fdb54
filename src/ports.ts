import type { AppName, DesiredApp, Locked, StorePath } from './model.js';

/** What pets asks of the outside. Interfaces only; every effect of a run goes through one of these. */

export type ExecResult = {
  /** null: killed by a signal or never started. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
};

export type ExecOptions = {
  readonly onLine?: (line: string) => void;
};

/** Runs a program with an argument list, never through a shell. A missing program is a ProblemError. */
export type Exec = (command: string, args: readonly string[], options?: ExecOptions) => Promise<ExecResult>;

/** One instance as the daemon's list shows it (`recursion=1`). */
export type InstanceJson = {
  readonly name: string;
  readonly project: string;
  readonly status: string;
  readonly type: string;
  readonly config: Readonly<Record<string, string>>;
  readonly expanded_devices: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly devices: Readonly<Record<string, Readonly<Record<string, string>>>>;
};

export type InstanceSpec = {
  readonly name: string;
  readonly description: string;
  readonly config: Readonly<Record<string, string>>;
  readonly devices: Readonly<Record<string, Readonly<Record<string, string>>>>;
};

export type GuestResult = { readonly exitCode: number; readonly stdout: string; readonly stderr: string };

/** The Incus daemon. Every call rejects with a ProblemError that names what was tried. Times in milliseconds. */
export interface Incus {
  /** All instances of all the daemon's projects, in one request. */
  instances(): Promise<readonly InstanceJson[]>;
  create(spec: InstanceSpec): Promise<void>;
  /** Resolves when the guest runs and still ran when looked at again. */
  start(name: string): Promise<void>;
  unfreeze(name: string): Promise<void>;
  /** Graceful, then by force after `graceMs`. An instance that is gone or stopped is fine. */
  stop(name: string, graceMs: number): Promise<void>;
  /** An instance that is gone is fine. */
  remove(name: string): Promise<void>;
  setConfig(name: string, config: Readonly<Record<string, string>>): Promise<void>;
  setDevice(name: string, device: string, value: Readonly<Record<string, string>>): Promise<void>;
  /** A device that is gone is fine. */
  removeDevice(name: string, device: string): Promise<void>;
  status(name: string): Promise<string>;
  /** What the guest's init printed on its console, last lines. */
  consoleTail(name: string): Promise<readonly string[]>;
  /** Target of a symbolic link in the guest, null when it is not there. */
  readLink(name: string, path: string): Promise<string | null>;
  /** Rejects with `TimeoutProblem` past the limit; what runs in the guest goes on. */
  exec(name: string, command: readonly string[], timeoutMs: number): Promise<GuestResult>;
}

export type Evaluated = { readonly drv: StorePath; readonly toplevel: StorePath };

/** Flakes, evaluation and builds. Rejections carry Nix' words as a ProblemError with `log`. */
export interface Nix {
  lock(url: string): Promise<Locked>;
  /** `pins`: lock entries found during this run, over those in `app`. */
  evaluate(app: DesiredApp, pins: Readonly<Record<string, Locked>>): Promise<Evaluated>;
  build(app: DesiredApp, system: Evaluated, onLine: (line: string) => void): Promise<void>;
}

/** How a system reaches its container: one implementation per store mode. */
export interface Delivery {
  /** Config and devices that the store mode needs on the instance. */
  instance(app: AppName): Pick<InstanceSpec, 'config' | 'devices'>;
  /** Makes `toplevel` the newest generation, atomically; its number. The same toplevel again makes none. */
  setProfile(app: AppName, toplevel: StorePath): Promise<number>;
  dropProfile(app: AppName): Promise<void>;
}

/** Keeps `pets.lock`; writes are atomic and happen one after the other. */
export interface LockFile {
  add(url: string, locked: Locked): Promise<void>;
}

/** Inside a running pet. */
export interface Guest {
  /** Switches to `toplevel`; falls back to a restart where a switch is refused or hangs. */
  activate(
    app: AppName,
    toplevel: StorePath,
    say: (line: string) => void,
  ): Promise<{ readonly warnings: readonly string[] }>;
  /** Resolves when the guest has booted, runs `toplevel`, and no unit has failed. */
  settle(app: AppName, toplevel: string): Promise<void>;
}

/** TCP on the host. */
export interface Host {
  /** Null when the address can be bound now; else why not, in words. */
  probe(listen: { readonly address: string; readonly port: number }): Promise<string | null>;
  /** Resolves when something accepts connections there; rejects after `timeoutMs`. */
  accepts(listen: { readonly address: string; readonly port: number }, timeoutMs: number): Promise<void>;
}
