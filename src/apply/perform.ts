import type { Action, ActionKind } from '../actions.js';
import { formatListen } from '../listen.js';
import type { Operation } from '../model.js';
import { expose, revive } from './expose.js';
import { desiredApp, evaluated, toplevelOf, type Job } from './job.js';
import { recordOf } from './record.js';

export type Told = { readonly note?: string; readonly warnings?: readonly string[] };

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

  repair: async ({ app, ports }) => {
    const { config, devices } = ports.delivery.instance(app);
    await ports.incus.setConfig(app, config);
    for (const [name, device] of Object.entries(devices)) await ports.incus.setDevice(app, name, device);
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
    await revive(app, action.device, action.listen, ports);
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
