import { LABEL, printOwner, printPetState } from '../domain/labels.js';
import type { Action, ActionKind } from '../domain/action.js';
import { capabilitiesOf } from '../domain/store-mode.js';
import { killWords } from '../domain/stop-timeout.js';
import { formatBinding } from '../domain/binding.js';
import type { Operation } from '../domain/plan.js';
import type { VolumeMade } from '../domain/services.js';
import { collect, condemn, lastCopied, restore, roomFor, snapshot } from './rollback.js';
import { deviceOf, volumeOf } from './device.js';
import { expose, revive } from './expose.js';
import {
  activationOf,
  desiredApp,
  evaluated,
  limitOf,
  pin,
  secretFiles,
  toplevelOf,
  type Job,
  type Told,
} from './job.js';
import { recordOf } from './record.js';
import { forgetSecrets, pushSecrets, revertSecrets } from './secrets.js';

type Performer<K extends ActionKind> = (job: Job, action: Extract<Action, { kind: K }>) => Promise<Told>;

/** How each kind of operation is carried out: one effect, told in a word or two. */
const PERFORM: { readonly [K in ActionKind]: Performer<K> } = {
  lock: async (job, { urls }) => {
    for (const url of urls) await pin(url, job);
    return {};
  },

  evaluate: async (job) => {
    job.progress.systems.set(job.app, await job.ports.nix.evaluate(desiredApp(job), job.progress.pins));
    return { warnings: evaluated(job).warnings ?? [] };
  },

  build: async (job) => {
    await job.ports.nix.build(desiredApp(job), evaluated(job), job.say);
    return {};
  },

  deliver: async (job, { store }) => {
    const { toplevel } = evaluated(job);
    return noted(await job.ports.stores[store].sendSystem(job.app, toplevel, limitOf(job), job.tell));
  },

  'set-profile': async (job, { store, above }) => {
    const last = Math.max(above, await lastCopied(job));
    const generation = await job.ports.stores[store].setProfile(job.app, evaluated(job).toplevel, last);
    job.progress.generations.set(job.app, generation);
    return { note: `generation ${generation}` };
  },

  return: async ({ app, ports }, { store, generation, toplevel }) => {
    await ports.stores[store].activateGeneration(app, generation, toplevel);
    return { note: `generation ${generation}` };
  },

  mark: async ({ app, ports }, action) => {
    const forgotten = action.state === 'upgrading' && action.isTried ? { [LABEL.rejected]: '' } : {};
    await ports.incus.setConfig(app, { ...printPetState(action.state), ...forgotten });
    return {};
  },

  room: async (job, { mounts }) => noted(await roomFor(job, mounts)),

  snapshot: async (job, action) => {
    await snapshot(job, action);
    return { note: action.volumes.join(', ') };
  },

  restore: async (job, { volumes, name }) => noted(await restore(job, volumes, name)),

  condemn: async (job, action) => noted(await condemn(job, action)),

  'make-volume': async ({ app, ports }, { volume, size }) =>
    warned(await ports.incus.makeVolume({ app, volume }, size)),

  'resize-volume': async (job, { volume, size }) =>
    warned(await job.ports.incus.resizeVolume(await volumeOf(job, volume), size)),

  'take-volumes': async ({ app, ports }, { names }) => {
    const volumes = await ports.incus.volumes();
    for (const volume of volumes.filter((v) => names.includes(v.name)))
      await ports.incus.markVolume(volume, { app, volume: volume.volume });
    return {};
  },

  'take-secrets': async ({ app, ports, desired }, { from }) => {
    const isFormerInUse = desired.apps.some(({ name }) => name === from);
    await ports.secrets.take(from, app, isFormerInUse);
    return {};
  },

  'make-folder': async ({ ports }, { path }) => {
    await ports.host.makeFolder(path);
    return {};
  },

  create: async (job, { store }) => {
    const { app, desired, ports } = job;
    const { config, devices, profiles, image } = desiredApp(job);
    const bootstrap = ports.stores[store].bootstrap(app);
    const marks = { ...printOwner(desired.project, app), ...printPetState('creating') };
    await ports.incus.create({
      name: app,
      description: `pets: ${desired.project}/${app}`,
      config: { ...config, ...bootstrap.config, ...marks },
      devices: { ...devices, ...bootstrap.devices },
      profiles,
      image: capabilitiesOf(store).needsImage ? image : null,
    });
    return {};
  },

  'begin-rename': async ({ app, ports }, { from }) => {
    await ports.incus.setConfig(from, { [LABEL.renamingTo]: app });
    return {};
  },

  rename: async ({ app, ports }, { from }) => {
    await ports.incus.rename(from, app);
    return {};
  },

  'move-profile': async ({ app, ports }, { from, store }) => {
    await ports.stores[store].moveProfile(from, app);
    return {};
  },

  repair: async ({ app, ports }, { store }) => {
    const { config, devices } = ports.stores[store].instance(app);
    await ports.incus.setConfig(app, config);
    for (const [name, device] of Object.entries(devices)) await ports.incus.setDevice(app, name, device);
    return {};
  },

  configure: async ({ app, ports }, { config, profiles }) => {
    if (Object.keys(config).length > 0) await ports.incus.setConfig(app, config);
    if (profiles) await ports.incus.setProfiles(app, profiles);
    return {};
  },

  attach: async (job, { device, what }) => {
    await job.ports.incus.setDevice(job.app, device, await deviceOf(job, what));
    return {};
  },

  detach: async ({ app, ports }, { device }) => {
    await ports.incus.removeDevice(app, device);
    return {};
  },

  'push-secrets': async (job, action) => {
    await pushSecrets(job, action);
    return {};
  },

  'revert-secrets': async (job, { secrets }) => revertSecrets(job, secrets),

  'own-secrets': async (job, { secrets }) => {
    await job.ports.guest.ownSecrets(job.app, await secretFiles(job, secrets), limitOf(job));
    return {};
  },

  'restart-units': async (job, { secrets, baseline }) => {
    if (baseline) await job.ports.guest.takeBaseline(job.app, limitOf(job));
    const units = await job.ports.guest.restartLoaders(job.app, secrets, limitOf(job));
    return { note: units.length > 0 ? units.join(', ') : 'no unit loads them' };
  },

  start: async ({ app, ports, progress }, action) => {
    progress.begun.set(app, Date.now());
    await (action.from === 'Frozen' ? ports.incus.unfreeze(app) : ports.incus.start(app));
    return {};
  },

  activate: async (job, { system, baseline }) => {
    if (baseline) await job.ports.guest.takeBaseline(job.app, limitOf(job));
    job.progress.begun.set(job.app, Date.now());
    return job.ports.guest.activate(job.app, toplevelOf(job, system), activationOf(job), job.say);
  },

  settle: (job, { system }) => {
    const { app, ports, progress, waits } = job;
    const since = progress.begun.get(app);
    return ports.guest.settle(app, toplevelOf(job, system), limitOf(job), waits, since);
  },

  check: async (job, { system, health, through }) => {
    const { app, ports, progress, say } = job;
    const since = progress.begun.get(app);
    const { note } = await ports.guest.check(app, toplevelOf(job, system), health, through, say, since);
    progress.health.set(app, note);
    return { note };
  },

  expose: async ({ app, ports }, action) => {
    await expose(app, action, ports);
    return { note: formatBinding(action.exposure.binding) };
  },

  unexpose: async ({ app, ports }, action) => {
    await ports.incus.removeDevice(app, action.device);
    return {};
  },

  revive: async ({ app, ports }, action) => {
    await revive(app, action, ports);
    return {};
  },

  record: async (job, action) => {
    const instance = await job.ports.incus.instance(job.app);
    await job.ports.incus.setConfig(job.app, recordOf(job, action, instance));
    return forgetSecrets(job, instance.config);
  },

  collect: async (job, { keep, store }) => noted(await collect(job, keep, store)),

  stop: async (job, { instance, graceMs, baseline }) => {
    const { guest, incus } = job.ports;
    if (baseline) await guest.takeBaseline(instance, limitOf(job));
    return warned({ warning: killWords(await incus.stop(instance, graceMs)) });
  },

  delete: async ({ app, ports }) => {
    await ports.incus.remove(app);
    return {};
  },

  'drop-profile': async ({ app, ports }, { store }) => {
    await ports.stores[store].dropProfile(app);
    return {};
  },
};

export function perform(operation: Operation, job: Omit<Job, 'app'>): Promise<Told> {
  // The table's type pairs each kind with its own action; TypeScript cannot follow that through an index.
  const performer = PERFORM[operation.action.kind] as (job: Job, action: Action) => Promise<Told>;
  return performer({ ...job, app: operation.app }, operation.action);
}

function noted(note: string): Told {
  return note === '' ? {} : { note };
}

function warned({ warning }: VolumeMade): Told {
  return warning === null ? {} : { warnings: [warning] };
}
