import { LABEL, printOwner } from '../../domain/labels.js';
import type { StorePath } from '../../domain/names.js';
import type { InstanceJson } from '../../domain/services.js';
import { capabilitiesOf } from '../../domain/store-mode.js';
import { twinProject } from '../../domain/twin.js';
import { desiredApp, limitOf } from '../job.js';
import type { Stage } from './stage.js';
import { copyVolumes } from './volumes.js';

type Device = Readonly<Record<string, string>>;
type Devices = Readonly<Record<string, Device>>;

/** From nothing to a twin that is healthy with this system; how that was found. */
export async function tryInTwin(stage: Stage, toplevel: StorePath): Promise<string> {
  const { job, twin, secrets } = stage;
  const { guest, incus } = job.services.twin;
  const { sendsSystem } = capabilitiesOf(stage.store);
  // Its profile directory is a device of the container.
  if (!sendsSystem) await setProfile(stage, toplevel);
  await makeTwin(stage);
  await copyVolumes(stage);
  if (sendsSystem) await sendSystem(stage, toplevel);
  await guest.writeSecrets(twin, secrets, []);
  const since = Date.now();
  await incus.start(twin);
  await guest.ownSecrets(twin, secrets, limitOf(job));
  await guest.settle(twin, toplevel, limitOf(job), job.waits, since);
  const { health } = desiredApp(job);
  if (health === null) return 'up';
  return (await guest.check(twin, toplevel, health, [], job.say, since)).note;
}

/** Marked from its first moment on: whoever comes after a kill knows whose it is. */
async function makeTwin({ job, twin, store, live }: Stage): Promise<void> {
  const { desired, services } = job;
  const { config, devices, profiles, image, rehearsal } = desiredApp(job);
  const bootstrap = services.twin.stores[store].bootstrap(twin);
  const failing = live.config[LABEL.failingUnits];
  await services.twin.incus.create({
    name: twin,
    description: `pets: rehearsal of ${desired.project}/${job.app}`,
    config: {
      ...{ ...config, 'boot.autostart': 'false', ...bootstrap.config },
      ...printOwner(twinProject(desired.project), twin),
      [LABEL.twinOf]: live.name,
      // What fails in the app itself says nothing against the new system.
      ...(failing === undefined ? {} : { [LABEL.failingUnits]: failing }),
    },
    devices: {
      ...quiet(devices),
      ...(rehearsal?.network === true ? {} : withoutNetwork(live)),
      ...bootstrap.devices,
    },
    profiles,
    image: capabilitiesOf(store).needsImage ? image : null,
  });
}

/** What the manifest passes through, but for what two cannot have at once: folders are only to be read. */
function quiet(devices: Devices): Devices {
  const disks = Object.entries(devices).filter(([, { type }]) => type === 'disk');
  return Object.fromEntries(
    disks.map(([name, device]) => [name, device['path'] === '/' ? device : { ...device, readonly: 'true' }]),
  );
}

function withoutNetwork({ expanded_devices: all }: InstanceJson): Devices {
  const cards = Object.entries(all).filter(([, { type }]) => type === 'nic');
  return Object.fromEntries(cards.map(([name]) => [name, { type: 'none' }]));
}

/** To a twin that runs for that, with what its image brought. */
async function sendSystem(stage: Stage, toplevel: StorePath): Promise<void> {
  const { job, twin, store } = stage;
  const { incus, stores } = job.services.twin;
  await incus.start(twin);
  await stores[store].sendSystem(twin, toplevel, limitOf(job), job.tell);
  await incus.stop(twin, limitOf(job));
  await setProfile(stage, toplevel);
  const { config, devices } = stores[store].instance(twin);
  await incus.setConfig(twin, config);
  for (const [name, device] of Object.entries(devices)) await incus.setDevice(twin, name, device);
}

async function setProfile({ job, twin, store }: Stage, toplevel: StorePath): Promise<void> {
  await job.services.twin.stores[store].setProfile(twin, toplevel, 0);
}
