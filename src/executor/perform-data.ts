import { restore, roomFor, snapshot } from './rollback.js';
import { volumeOf } from './device.js';
import { limitOf, secretFiles } from './job.js';
import { noteResult, warnResult, type Performers } from './performer.js';
import { pushSecrets, revertSecrets } from './secrets.js';

/** What is kept beside the system: volumes, folders and secrets. */
export const DATA = {
  room: async (job, { mounts }) => noteResult(await roomFor(job, mounts)),

  snapshot: async (job, action) => {
    await snapshot(job, action);
    return { note: action.volumes.join(', ') };
  },

  restore: async (job, { volumes, name }) => noteResult(await restore(job, volumes, name)),

  'make-volume': async ({ app, services }, { volume, size }) =>
    warnResult(await services.incus.makeVolume({ app, volume }, size)),

  'resize-volume': async (job, { volume, size }) =>
    warnResult(await job.services.incus.resizeVolume(await volumeOf(job, volume), size)),

  'take-volumes': async ({ app, services }, { names }) => {
    const volumes = await services.incus.volumes();
    for (const volume of volumes.filter((v) => names.includes(v.name)))
      await services.incus.markVolume(volume, { app, volume: volume.volume });
    return {};
  },

  'take-secrets': async ({ app, services, desired }, { from }) => {
    const isFormerInUse = desired.apps.some(({ name }) => name === from);
    await services.secrets.take(from, app, isFormerInUse);
    return {};
  },

  'push-secrets': async (job, action) => {
    await pushSecrets(job, action);
    return {};
  },

  'revert-secrets': async (job, { secrets }) => revertSecrets(job, secrets),

  'own-secrets': async (job, { secrets }) => {
    await job.services.guest.ownSecrets(job.app, await secretFiles(job, secrets), limitOf(job));
    return {};
  },

  'restart-units': async (job, { secrets, baseline }) => {
    if (baseline) await job.services.guest.takeBaseline(job.app, limitOf(job));
    const units = await job.services.guest.restartLoaders(job.app, secrets, limitOf(job));
    return { note: units.length > 0 ? units.join(', ') : 'no unit loads them' };
  },

  'make-folder': async ({ services }, { path }) => {
    await services.host.makeFolder(path);
    return {};
  },
} satisfies Partial<Performers>;
