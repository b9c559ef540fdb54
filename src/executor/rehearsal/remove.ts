import { LABEL } from '../../domain/labels.js';
import type { AppName } from '../../domain/names.js';
import type { Incus, StoreBackend } from '../../domain/services.js';
import { HOST_PROFILE_STORE, type StoreMode } from '../../domain/store-mode.js';
import { twinOf, twinProject } from '../../domain/twin.js';

/** `own`: what the app is asked through, the others of its twins. */
export type Removing = {
  readonly own: Pick<Incus, 'unfreeze'>;
  readonly incus: Incus;
  readonly stores: Stores;
};
type Stores = Readonly<Record<StoreMode, StoreBackend>>;

/** Nothing of a twin is worth a stop of its own. */
const STOP_MS = 1000;

/**
 * What there is of an app's twin goes, the container last: it says that there may be more. An app that stands still for
 * it goes on. Nothing there is fine.
 */
export async function removeTwin(
  { own, incus, stores }: Removing,
  { app, project }: { readonly app: AppName; readonly project: string },
): Promise<void> {
  const twin = twinOf(app);
  const all = await incus.instances();
  const there = all.find(
    ({ name, config }) => name === twin && config[LABEL.project] === twinProject(project),
  );
  if (there) {
    const isStill = all.some(({ name, status }) => name === app && status === 'Frozen');
    if (there.config[LABEL.still] !== undefined && isStill) await own.unfreeze(app);
    await incus.stop(twin, STOP_MS);
    for (const [device, { pool }] of Object.entries(there.devices))
      if (pool !== undefined && device.startsWith('volume-')) await incus.removeDevice(twin, device);
  }
  const volumes = (await incus.volumes()).filter((volume) => volume.app === twin);
  for (const volume of volumes) await incus.removeVolume(volume);
  await stores[HOST_PROFILE_STORE].dropProfile(twin);
  if (there) await incus.remove(twin);
}
