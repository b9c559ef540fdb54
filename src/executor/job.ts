import type { SystemRef } from '../domain/action.js';
import type { AppName, StorePath } from '../domain/names.js';
import type { Desired, DesiredApp } from '../domain/desired.js';
import type { Locked } from '../domain/manifest.js';
import type { StoreMode } from '../domain/store-mode.js';
import type {
  Evaluated,
  Guest,
  Host,
  Incus,
  LockFile,
  Nix,
  SecretFile,
  Secrets,
  StoreBackend,
} from '../domain/services.js';
import type { Tell } from '../lib/progress.js';

export type Services = {
  readonly incus: Incus;
  readonly nix: Nix;
  readonly stores: Readonly<Record<StoreMode, StoreBackend>>;
  readonly guest: Guest;
  /** The same for twins, which are of a project of their own. */
  readonly twin: TwinServices;
  readonly host: Host;
  readonly secrets: Secrets;
  readonly lockFile: LockFile;
  /** For an app that sets none: bounds each switch and each boot. */
  readonly limitMs: number;
};

export type TwinServices = {
  readonly incus: Incus;
  readonly stores: Readonly<Record<StoreMode, StoreBackend>>;
  readonly guest: Guest;
};

/** What operations of one run hand on to later ones. */
export type RunState = {
  readonly pins: Record<string, Locked>;
  readonly pending: Map<string, Promise<Locked>>;
  readonly systems: Map<AppName, Evaluated>;
  readonly generations: Map<AppName, number>;
  /** How apps were found healthy. */
  readonly health: Map<AppName, string>;
  /** The first thing that failed, by app. */
  readonly failures: Map<AppName, unknown>;
  /** When what runs in an app was last started or switched to, as `Date.now()` counts. */
  readonly begun: Map<AppName, number>;
  /** Apps that had no volumes when this run looked, and so no copies of what any held. */
  readonly bare: Set<AppName>;
};

/** One app's operation under way. */
export type OperationContext = {
  readonly app: AppName;
  readonly desired: Desired;
  readonly services: Services;
  readonly state: RunState;
  readonly say: (line: string) => void;
  /** Told what the guest waits for, when something takes its time. */
  readonly waits: (what: string) => void;
  /** Told how far it is, as often as one likes. */
  readonly tell: Tell;
  /** Told what a person should know, whatever becomes of the operation. */
  readonly warn: (message: string) => void;
};

export function limitOf(job: OperationContext): number {
  return desiredApp(job).timeout ?? job.services.limitMs;
}

/** How the app's guest is switched to a system. */
export function activationOf(job: OperationContext): Parameters<Guest['activate']>[2] {
  const { activation, stopTimeout: graceMs } = desiredApp(job);
  return { activation, graceMs, limitMs: limitOf(job), waits: job.waits, warn: job.warn };
}

export function toplevelOf(job: OperationContext, system: SystemRef): StorePath {
  return system.kind === 'built' ? evaluatedSystem(job).toplevel : system.toplevel;
}

export function evaluatedSystem(job: OperationContext): Evaluated {
  const system = job.state.systems.get(job.app);
  if (!system) throw new Error(`no system was evaluated for ${job.app}`);
  return system;
}

export function desiredApp(job: OperationContext): DesiredApp {
  const app = job.desired.apps.find((a) => a.name === job.app);
  if (!app) throw new Error(`${job.app} is not in the manifest`);
  return app;
}

/** The named secrets of the app, with their values. */
export async function secretFiles(job: OperationContext, names: readonly string[]): Promise<SecretFile[]> {
  const wanted = desiredApp(job).secrets.filter(({ name }) => names.includes(name));
  const { secrets } = job.services;
  return Promise.all(
    wanted.map(async (secret) => ({ ...secret, value: await secrets.value(job.app, secret.name) })),
  );
}

/** Apps may share a ref: one run gives all of them the same revision. */
export async function lockSource(url: string, { services, state }: OperationContext): Promise<void> {
  const pending = state.pending.get(url) ?? services.nix.lock(url);
  state.pending.set(url, pending);
  const locked = await pending;
  state.pins[url] = locked;
  await services.lockFile.add(url, locked);
}
