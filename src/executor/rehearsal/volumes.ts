import type { Volume } from '../../domain/actual.js';
import { LABEL } from '../../domain/labels.js';
import { twinProject } from '../../domain/twin.js';
import { desiredApp } from '../job.js';
import { copying } from '../rollback.js';
import type { Stage } from './stage.js';

/**
 * The twin gets copies of what the app's volumes hold at one moment, new ones where there are none yet, and folders of
 * the host to read: two versions of an app never write to one place.
 */
export async function copyVolumes(stage: Stage): Promise<void> {
  const { job, twin, live } = stage;
  const { incus } = job.services.twin;
  const { volumes, binds } = desiredApp(job);
  const own = (await job.services.incus.volumes()).filter(({ app }) => app === live.name);
  const wanted = own.filter(({ volume }) => volumes.some(({ name }) => name === volume));
  await whileStill(stage, wanted, (volume) => copy(stage, volume));
  for (const { name, path, size } of volumes) {
    if (!wanted.some(({ volume }) => volume === name))
      await incus.makeVolume({ app: twin, volume: name }, size);
    await attach(stage, name, path);
  }
  for (const [n, { source, path }] of binds.entries()) {
    if (stage.missing.includes(source.path)) {
      await incus.makeVolume({ app: twin, volume: `folder-${n}` }, null);
      await attach(stage, `folder-${n}`, path);
    } else {
      const folder = { type: 'disk', source: source.path, path, shift: 'true', readonly: 'true' };
      await incus.setDevice(twin, `bind-${n}`, folder);
    }
  }
}

/** The twin says so beforehand: should this be cut short, whoever removes it lets the app go on. */
async function whileStill(
  { job, twin, live, stood }: Stage,
  volumes: readonly Volume[],
  work: (volume: Volume) => Promise<unknown>,
): Promise<void> {
  const { services } = job;
  if (volumes.length === 0) return;
  if (live.status !== 'Running') {
    for (const volume of volumes) await work(volume);
    return;
  }
  await services.twin.incus.setConfig(twin, { [LABEL.still]: live.name });
  const since = Date.now();
  try {
    await services.incus.freeze(live.name);
    for (const volume of volumes) await work(volume);
  } finally {
    await services.incus.unfreeze(live.name);
    stood(Date.now() - since);
  }
  await services.twin.incus.setConfig(twin, { [LABEL.still]: '' });
}

function copy({ job, twin }: Stage, volume: Volume): Promise<void> {
  return copying(volume, job, async () => {
    const marks = { app: twin, volume: volume.volume };
    await job.services.incus.copyVolume(volume, marks, twinProject(job.desired.project));
  });
}

async function attach({ job, twin }: Stage, name: string, path: string): Promise<void> {
  const { incus } = job.services.twin;
  const volume = (await incus.volumes()).find((one) => one.app === twin && one.volume === name);
  if (!volume) throw new Error(`the volume ${name} of ${twin} is gone`);
  const { pool, name: source } = volume;
  await incus.setDevice(twin, `volume-${name}`, { type: 'disk', pool, source, path });
}
