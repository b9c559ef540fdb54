import type { Action, ActionKind, SystemRef } from '../actions.js';
import { formatListen, proxyAddress } from '../listen.js';
import type { AppName, Desired, DesiredApp, Exposure, Facets, Listen, Locked, Operation } from '../model.js';
import type { Delivery, Evaluated, Guest, Host, Incus, LockFile, Nix } from '../ports.js';
import { problemOf, ProblemError } from '../problem.js';

export type Ports = {
  readonly incus: Incus;
  readonly nix: Nix;
  readonly delivery: Delivery;
  readonly guest: Guest;
  readonly host: Host;
  readonly lockFile: LockFile;
};

/** What operations of one run hand on to later ones. */
export type Progress = {
  readonly pins: Record<string, Locked>;
  readonly pending: Map<string, Promise<Locked>>;
  readonly systems: Map<AppName, Evaluated>;
  readonly generations: Map<AppName, number>;
};

/**
 * For an `expose` that will not happen: exposes again what was taken away for it, should it have a fallback.
 * What came of it, in words to append.
 */
export async function putBack({ app, action }: Operation, ports: Ports): Promise<string> {
  if (action.kind !== 'expose' || !action.fallback?.listen) return '';
  return restore(app, action.device, action.fallback.listen, ports);
}

export type Told = { readonly note?: string; readonly warnings?: readonly string[] };

export type Job = {
  readonly app: AppName;
  readonly desired: Desired;
  readonly ports: Ports;
  readonly progress: Progress;
  readonly say: (line: string) => void;
};
type Performer<K extends ActionKind> = (job: Job, action: Extract<Action, { kind: K }>) => Promise<Told>;

/** How each kind of operation is carried out: one effect, told in a word or two. */
const PERFORM: { readonly [K in ActionKind]: Performer<K> } = {
  lock: async (job, { urls }) => {
    for (const url of urls) await pin(url, job);
    return {};
  },

  evaluate: async (job) => {
    job.progress.systems.set(job.app, await job.ports.nix.evaluate(desiredApp(job), job.progress.pins));
    return {};
  },

  build: async (job) => {
    await job.ports.nix.build(desiredApp(job), evaluated(job), job.say);
    return {};
  },

  'set-profile': async (job) => {
    const generation = await job.ports.delivery.setProfile(job.app, evaluated(job).toplevel);
    job.progress.generations.set(job.app, generation);
    return { note: `generation ${generation}` };
  },

  create: async ({ app, desired, ports }) => {
    const { config, devices } = ports.delivery.instance(app);
    const marks = {
      'user.pets.project': desired.project,
      'user.pets.app': app,
      'user.pets.state': 'creating',
    };
    await ports.incus.create({
      name: app,
      description: `pets: ${desired.project}/${app}`,
      config: { ...config, ...marks },
      devices,
    });
    return {};
  },

  start: async ({ app, ports }, action) => {
    await (action.from === 'Frozen' ? ports.incus.unfreeze(app) : ports.incus.start(app));
    return {};
  },

  activate: async (job) => job.ports.guest.activate(job.app, evaluated(job).toplevel, job.say),

  settle: async (job, { system }) => {
    await job.ports.guest.settle(job.app, toplevelOf(job, system));
    return {};
  },

  expose: async ({ app, ports }, action) => {
    await expose(app, action.device, action.listen, action.fallback, ports);
    return { note: formatListen(action.listen) };
  },

  unexpose: async ({ app, ports }, action) => {
    await ports.incus.removeDevice(app, action.device);
    return {};
  },

  revive: async ({ app, ports }, action) => {
    const value = { ...proxyDevice(action.listen), 'user.pets.revived': new Date().toISOString() };
    await ports.incus.setDevice(app, action.device, value);
    await ports.host.accepts(action.listen, ACCEPT_MS);
    return {};
  },

  record: async (job, { facets, system }) => {
    await job.ports.incus.setConfig(job.app, recordOf(job, facets, system));
    return {};
  },

  stop: async ({ app, ports }) => {
    await ports.incus.stop(app, 30_000);
    return {};
  },

  delete: async ({ app, ports }) => {
    await ports.incus.remove(app);
    return {};
  },

  'drop-profile': async ({ app, ports }) => {
    await ports.delivery.dropProfile(app);
    return {};
  },
};

export function perform(operation: Operation, job: Omit<Job, 'app'>): Promise<Told> {
  // The table's type pairs each kind with its own action; TypeScript cannot follow that through an index.
  const performer = PERFORM[operation.action.kind] as (job: Job, action: Action) => Promise<Told>;
  return performer({ ...job, app: operation.app }, operation.action);
}

/** Apps may share a ref: one run gives all of them the same revision. */
async function pin(url: string, { ports, progress }: Job): Promise<void> {
  const pending = progress.pending.get(url) ?? ports.nix.lock(url);
  progress.pending.set(url, pending);
  const locked = await pending;
  progress.pins[url] = locked;
  await ports.lockFile.add(url, locked);
}

const ACCEPT_MS = 10_000;

function proxyDevice(listen: Listen): Readonly<Record<string, string>> {
  return { type: 'proxy', listen: proxyAddress(listen), connect: 'tcp:127.0.0.1:8080' };
}

/**
 * A failing proxy change takes the daemon 6 s, so the port is probed first. What was taken away
 * to make room is put back should the new exposure fail.
 */
async function expose(
  app: AppName,
  device: string,
  listen: Listen,
  fallback: Exposure | null,
  ports: Ports,
): Promise<void> {
  try {
    const obstacle = await ports.host.probe(listen);
    if (obstacle !== null) throw new ProblemError({ app, message: `${formatListen(listen)} ${obstacle}` });
    await ports.incus.setDevice(app, device, proxyDevice(listen));
    await ports.host.accepts(listen, ACCEPT_MS);
  } catch (error) {
    const problem = problemOf(error);
    const restored = fallback?.listen ? await restore(app, device, fallback.listen, ports) : '';
    throw new ProblemError({
      app,
      hint: `free it or change the port, then run \`pets up ${app}\` again`,
      ...problem,
      message: `${problem.message}${restored}`,
    });
  }
}

async function restore(app: AppName, device: string, old: Listen, ports: Ports): Promise<string> {
  try {
    await ports.incus.setDevice(app, device, proxyDevice(old));
    await ports.host.accepts(old, ACCEPT_MS);
    return `; ${formatListen(old)} is exposed again as before`;
  } catch (error) {
    return `; and ${formatListen(old)} could not be exposed again: ${problemOf(error).message}`;
  }
}

function recordOf(job: Job, facets: Facets, system: SystemRef): Record<string, string> {
  const { source, listen } = desiredApp(job);
  const generation =
    system.kind === 'built' ? (job.progress.generations.get(job.app) ?? 0) : system.generation;
  const applied = { v: 1, generation, toplevel: toplevelOf(job, system), facets: pinned(facets, job) };
  return {
    'user.pets.project': job.desired.project,
    'user.pets.app': job.app,
    'user.pets.state': 'ready',
    'user.pets.applied': JSON.stringify(applied),
    'user.incus-pet.flake-ref': source.ref.written,
    // An empty value removes the key.
    'user.incus-pet.host-port': listen ? String(listen.port) : '',
    'user.incus-pet.listen': listen ? listen.address : '',
  };
}

/** Facets were computed before this run locked anything: name what was really built. */
function pinned(facets: Facets, job: Job): Facets {
  const system = Object.fromEntries(
    Object.entries(facets.system ?? {}).map(([field, value]) => {
      const url = Object.keys(job.progress.pins).find(
        (u) => value === `unlocked:${u}` || value?.startsWith(`unlocked:${u}#`),
      );
      const pin = url === undefined ? undefined : job.progress.pins[url];
      return [field, pin && value ? value.replace(`unlocked:${url ?? ''}`, pin.locked) : value];
    }),
  );
  return { ...facets, system };
}

function toplevelOf(job: Job, system: SystemRef): string {
  return system.kind === 'built' ? evaluated(job).toplevel : system.toplevel;
}

function evaluated(job: Job): Evaluated {
  const system = job.progress.systems.get(job.app);
  if (!system) throw new Error(`no system was evaluated for ${job.app}`);
  return system;
}

function desiredApp(job: Job): DesiredApp {
  const app = job.desired.apps.find((a) => a.name === job.app);
  if (!app) throw new Error(`${job.app} is not in the manifest`);
  return app;
}
