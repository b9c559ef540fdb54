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

/** From nothing to a twin that only has to be started. What goes wrong by then says nothing of the system. */
export async function prepareTwin(stage: Stage, toplevel: StorePath): Promise<void> {
  const { sendsSystem } = capabilitiesOf(stage.store);
  // Its profile directory is a device of the container.
  if (!sendsSystem) await setProfile(stage, toplevel);
  await makeTwin(stage);
  await copyVolumes(stage);
  if (sendsSystem) await sendSystem(stage, toplevel);
  await stage.job.services.twin.guest.writeSecrets(stage.twin, stage.secrets, []);
}

/** How it was found healthy. */
export async function startTwin({ job, twin, secrets }: Stage, toplevel: StorePath): Promise<string> {
  const { guest, incus } = job.services.twin;
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
    devices: { ...devicesFor(devices, live, rehearsal?.network === true), ...bootstrap.devices },
    profiles,
    image: capabilitiesOf(store).needsImage ? image : null,
  });
}

/** What the manifest passes through and profiles bring, but for what two cannot have at once. */
function devicesFor(
  written: Devices,
  { devices, expanded_devices: all }: InstanceJson,
  hasNetwork: boolean,
): Devices {
  const inherited = Object.entries(all).filter(([name]) => !Object.hasOwn(devices, name));
  const both = [...inherited, ...Object.entries(written)];
  return Object.fromEntries(both.map(([name, device]) => [name, quiet(device, hasNetwork)]));
}

function quiet(device: Device, hasNetwork: boolean): Device {
  const { type, path } = device;
  if (type === 'disk') return path === '/' ? device : { ...device, readonly: 'true' };
  return type === 'nic' && hasNetwork ? device : { type: 'none' };
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
