import { LABEL, printOwner, printPetState } from '../domain/labels.js';
import { capabilitiesOf } from '../domain/store-mode.js';
import { killWords } from '../domain/stop-timeout.js';
import { formatBinding } from '../domain/binding.js';
import { condemn } from './rollback.js';
import { deviceOf } from './device.js';
import { expose, revive } from './expose.js';
import { desiredApp, limitOf } from './job.js';
import { noted, warned, type Performers } from './performer.js';
import { recordOf } from './record.js';
import { forgetSecrets } from './secrets.js';

/** What is done to the container itself, its devices, and what is remembered on it. */
export const CONTAINER = {
  mark: async ({ app, ports }, action) => {
    const forgotten = action.state === 'upgrading' && action.isTried ? { [LABEL.rejected]: '' } : {};
    await ports.incus.setConfig(app, { ...printPetState(action.state), ...forgotten });
    return {};
  },

  condemn: async (job, action) => noted(await condemn(job, action)),

  record: async (job, action) => {
    const instance = await job.ports.incus.instance(job.app);
    await job.ports.incus.setConfig(job.app, recordOf(job, action, instance));
    return forgetSecrets(job, instance.config);
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

  start: async ({ app, ports, progress }, action) => {
    progress.begun.set(app, Date.now());
    await (action.from === 'Frozen' ? ports.incus.unfreeze(app) : ports.incus.start(app));
    return {};
  },

  stop: async (job, { instance, graceMs, baseline }) => {
    const { guest, incus } = job.ports;
    if (baseline) await guest.takeBaseline(instance, limitOf(job));
    return warned({ warning: killWords(await incus.stop(instance, graceMs)) });
  },

  delete: async ({ app, ports }) => {
    await ports.incus.remove(app);
    return {};
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
} satisfies Partial<Performers>;
