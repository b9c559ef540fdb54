import { LABEL, printOwner, printPetState } from '../domain/labels.js';
import { capabilitiesOf } from '../domain/store-mode.js';
import { killWords } from '../domain/stop-timeout.js';
import { formatBinding } from '../domain/binding.js';
import { rejectRevision } from './rollback.js';
import { deviceOf } from './device.js';
import { expose, revive } from './expose.js';
import { desiredApp, limitOf } from './job.js';
import { noteResult, warnResult, type Performers } from './performer.js';
import { recordOf } from './record.js';
import { forgetSecrets } from './secrets.js';

/** What is done to the container itself, its devices, and what is remembered on it. */
export const CONTAINER = {
  mark: async ({ app, services }, action) => {
    const forgotten = action.state === 'upgrading' && action.isTried ? { [LABEL.rejected]: '' } : {};
    await services.incus.setConfig(app, { ...printPetState(action.state), ...forgotten });
    return {};
  },

  condemn: async (job, action) => noteResult(await rejectRevision(job, action)),

  record: async (job, action) => {
    const instance = await job.services.incus.instance(job.app);
    await job.services.incus.setConfig(job.app, recordOf(job, action, instance));
    return forgetSecrets(job, instance.config);
  },

  create: async (job, { store }) => {
    const { app, desired, services } = job;
    const { config, devices, profiles, image } = desiredApp(job);
    const bootstrap = services.stores[store].bootstrap(app);
    const marks = { ...printOwner(desired.project, app), ...printPetState('creating') };
    await services.incus.create({
      name: app,
      description: `pets: ${desired.project}/${app}`,
      config: { ...config, ...bootstrap.config, ...marks },
      devices: { ...devices, ...bootstrap.devices },
      profiles,
      image: capabilitiesOf(store).needsImage ? image : null,
    });
    return {};
  },

  'begin-rename': async ({ app, services }, { from }) => {
    await services.incus.setConfig(from, { [LABEL.renamingTo]: app });
    return {};
  },

  rename: async ({ app, services }, { from }) => {
    await services.incus.rename(from, app);
    return {};
  },

  'move-profile': async ({ app, services }, { from, store }) => {
    await services.stores[store].moveProfile(from, app);
    return {};
  },

  repair: async ({ app, services }, { store }) => {
    const { config, devices } = services.stores[store].instance(app);
    await services.incus.setConfig(app, config);
    for (const [name, device] of Object.entries(devices)) await services.incus.setDevice(app, name, device);
    return {};
  },

  configure: async ({ app, services }, { config, profiles }) => {
    if (Object.keys(config).length > 0) await services.incus.setConfig(app, config);
    if (profiles) await services.incus.setProfiles(app, profiles);
    return {};
  },

  attach: async (job, { device, what }) => {
    await job.services.incus.setDevice(job.app, device, await deviceOf(job, what));
    return {};
  },

  detach: async ({ app, services }, { device }) => {
    await services.incus.removeDevice(app, device);
    return {};
  },

  start: async ({ app, services, state }, action) => {
    state.begun.set(app, Date.now());
    await (action.from === 'Frozen' ? services.incus.unfreeze(app) : services.incus.start(app));
    return {};
  },

  stop: async (job, { instance, graceMs, baseline }) => {
    const { guest, incus } = job.services;
    if (baseline) await guest.takeBaseline(instance, limitOf(job));
    return warnResult({ warning: killWords(await incus.stop(instance, graceMs)) });
  },

  delete: async ({ app, services }) => {
    await services.incus.remove(app);
    return {};
  },

  expose: async ({ app, services }, action) => {
    await expose(app, action, services);
    return { note: formatBinding(action.exposure.binding) };
  },

  unexpose: async ({ app, services }, action) => {
    await services.incus.removeDevice(app, action.device);
    return {};
  },

  revive: async ({ app, services }, action) => {
    await revive(app, action, services);
    return {};
  },
} satisfies Partial<Performers>;
