import { parseProxyListen, parseProxyPorts } from '../../domain/binding.js';
import type { Attachment, Exposure, Volume } from '../../domain/actual.js';
import type { Binding } from '../../domain/binding.js';
import type { InstanceJson } from '../../domain/services.js';

type Device = Readonly<Record<string, string>>;

/** By name: `web` and `web-2`, `publish-1`; incus-pet's only one is `web` too. */
const EXPOSURE_DEVICE = /^(web)(?:-\d+)?$|^(publish)(?:-\d+)?$/;
/** Where the main exposure leads, always. */
const APP = 'tcp:127.0.0.1:8080';

/** Whether a device of a pet is one of its exposures. */
export function isExposure(name: string, value: Device): boolean {
  return value['type'] === 'proxy' && EXPOSURE_DEVICE.test(name);
}

/** A frozen guest's forwarders still hold their ports. */
export function forwards({ status }: InstanceJson): boolean {
  return status !== 'Stopped';
}

/** What proxy devices listen on, on the host. */
export function proxyBindings(devices: Readonly<Record<string, Device>>): Binding[] {
  return Object.values(devices)
    .filter((device) => device['type'] === 'proxy' && !isInside(device['bind']))
    .flatMap(({ listen = '' }): Binding[] => {
      if (listen.startsWith('unix:')) return [{ protocol: 'unix', path: listen.slice('unix:'.length) }];
      const { protocol, address, ports = [] } = parseProxyPorts(listen) ?? {};
      if (protocol === undefined || address === undefined) return [];
      return ports.map(([first, last]) => ({ protocol, address, first, last }));
    });
}

function isInside(bind: string | undefined): boolean {
  return bind === 'instance' || bind === 'container';
}

export function exposuresOf({ devices }: Pick<InstanceJson, 'devices'>): Exposure[] {
  return Object.entries(devices)
    .filter(([device, value]) => isExposure(device, value))
    .map(([device, value]) => {
      const { listen = '', connect = '', bind = 'host' } = value;
      const role = device.startsWith('web') ? 'web' : 'publish';
      const isOurs = bind === 'host' && (role === 'publish' || connect === APP);
      return { device, role, binding: isOurs ? parseProxyListen(listen) : null, connect, value };
    });
}

/** By name: `volume-data`, `bind-1`. */
const ATTACHMENT_DEVICE = /^(volume|bind)-(.+)$/;

/** Whether a device of a pet is one of its volumes or binds. */
export function isAttachment(name: string, value: Device): boolean {
  return value['type'] === 'disk' && ATTACHMENT_DEVICE.test(name);
}

export function attachmentsOf(
  { devices }: Pick<InstanceJson, 'devices'>,
  volumes: readonly Volume[],
): Attachment[] {
  return Object.entries(devices).flatMap(([device, value]): Attachment[] => {
    const { type, pool, source = '', path = '' } = value;
    const [, kind, own = ''] = ATTACHMENT_DEVICE.exec(device) ?? [];
    if (type !== 'disk' || kind === undefined) return [];
    if (kind === 'bind') {
      return [{ kind, device, source, path, readOnly: value['readonly'] === 'true' }];
    }
    // One that has lost its marks is still called what its device is called.
    const volume = volumes.find((v) => v.pool === pool && v.name === source)?.volume ?? own;
    return [{ kind: 'volume', device, volume, path }];
  });
}
