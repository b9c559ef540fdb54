import { isWildcard, parseProxyPorts } from '../listen.js';
import type { Binding, Claim } from '../model.js';
import type { InstanceJson } from '../ports.js';
import { forwards, isExposure } from './devices.js';
import type { HostView } from './observe.js';
import { INCUS_PROJECT } from './own.js';

/** Port numbers and socket files that the manifest wants to listen on. */
export type Wanted = { readonly ports: ReadonlySet<number>; readonly sockets: ReadonlySet<string> };

/** Who else holds what is wanted: instances that declare it, running or not, and processes of the host. */
export function claimsOn(
  wanted: Wanted,
  instances: readonly InstanceJson[],
  ours: readonly InstanceJson[],
  host: HostView,
): Claim[] {
  const others = instances.filter((i) => !ours.includes(i));
  const declarations = [...others.flatMap(declared), ...ours.flatMap(foreignDevices)];
  return [
    ...declarations.filter(({ binding }) => isWanted(binding, wanted)),
    ...liveClaims(wanted, instances, host),
  ];
}

function isWanted(binding: Binding, { ports, sockets }: Wanted): boolean {
  if (binding.protocol === 'unix') return sockets.has(binding.path);
  const { first, last } = binding;
  if (first === last) return ports.has(first);
  return [...ports].some((port) => first <= port && port <= last);
}

/** What an instance of somebody else declares; Incus itself only finds out at its start. */
function declared(instance: InstanceJson): Claim[] {
  const { name, project } = instance;
  const where = project === INCUS_PROJECT ? '' : ` of project \`${project}\``;
  return forwardersOf(instance).map((binding) => ({
    binding,
    live: forwards(instance),
    passing: false,
    holder: `the Incus instance \`${name}\`${where}`,
  }));
}

/** Proxies of a pet that are none of its exposures: added by hand, or by a profile. pets leaves them alone. */
function foreignDevices(instance: InstanceJson): Claim[] {
  const foreign = Object.entries(instance.expanded_devices).filter(
    ([device, value]) => !(Object.hasOwn(instance.devices, device) && isExposure(device, value)),
  );
  return declared({ ...instance, expanded_devices: Object.fromEntries(foreign) });
}

/** What the proxy devices of an instance listen on, on the host. */
function forwardersOf({ expanded_devices }: InstanceJson): Binding[] {
  return Object.values(expanded_devices)
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

/** Sockets of the host on what is wanted that are no running instance's forwarder. */
function liveClaims(wanted: Wanted, instances: readonly InstanceJson[], host: HostView): Claim[] {
  const forwarders = instances.filter(forwards).flatMap(forwardersOf);
  return host.listening
    .filter(({ binding }) => isWanted(binding, wanted) && !forwarders.some((f) => opens(f, binding)))
    .map((socket) => {
      const { words, isForwarder } = host.holderOf(socket);
      return { binding: socket.binding, live: true, holder: words, passing: isForwarder };
    });
}

/** Whether a socket is one that a forwarder opens for its binding. It opens both families for either wildcard. */
function opens(forwarder: Binding, socket: Binding): boolean {
  if (forwarder.protocol === 'unix' || socket.protocol === 'unix')
    return forwarder.protocol === 'unix' && socket.protocol === 'unix' && forwarder.path === socket.path;
  const isSameAddress = forwarder.address === socket.address || (isWildcard(forwarder) && isWildcard(socket));
  const isInRange = forwarder.first <= socket.first && socket.last <= forwarder.last;
  return forwarder.protocol === socket.protocol && isSameAddress && isInRange;
}
