import { isWildcard, overlaps, type Binding } from '../../domain/binding.js';
import type { PortOwner } from '../../domain/actual.js';
import type { InstanceJson } from '../../domain/services.js';
import { forwards, isExposure, proxyBindings } from './devices.js';
import type { HostView } from './sockets.js';
import { INCUS_PROJECT } from '../client/own.js';

/** What is to be listened on. Nobody asks who has the same port of another address. */
export type Wanted = { readonly bindings: readonly Binding[] };

/** Who else holds what is wanted: instances that declare it, running or not, and processes of the host. */
export function claimsOn(
  wanted: Wanted,
  instances: readonly InstanceJson[],
  ours: readonly InstanceJson[],
  host: HostView,
): PortOwner[] {
  const others = instances.filter((i) => !ours.includes(i));
  const declarations = [...others.flatMap(declaredClaims), ...ours.flatMap(foreignDevices)];
  return [
    ...declarations.filter(({ binding }) => isWanted(binding, wanted)),
    ...liveClaims(wanted, instances, host),
  ];
}

function isWanted(binding: Binding, { bindings }: Wanted): boolean {
  return bindings.some((wanted) => overlaps(wanted, binding));
}

/** What an instance of somebody else declares; Incus itself only finds out at its start. */
function declaredClaims(instance: InstanceJson): PortOwner[] {
  const { name, project } = instance;
  const where = project === INCUS_PROJECT ? '' : ` of project \`${project}\``;
  return proxyBindings(instance.expanded_devices).map((binding) => ({
    binding,
    live: forwards(instance),
    passing: false,
    holder: `the Incus instance \`${name}\`${where}`,
  }));
}

/** Proxies of a pet that are none of its exposures: added by hand, or by a profile. pets leaves them alone. */
function foreignDevices(instance: InstanceJson): PortOwner[] {
  const foreign = Object.entries(instance.expanded_devices).filter(
    ([device, value]) => !(Object.hasOwn(instance.devices, device) && isExposure(device, value)),
  );
  return declaredClaims({ ...instance, expanded_devices: Object.fromEntries(foreign) });
}

/** Sockets of the host on what is wanted that are no running instance's forwarder. */
function liveClaims(wanted: Wanted, instances: readonly InstanceJson[], host: HostView): PortOwner[] {
  const running = instances.filter(forwards);
  const forwarders = running.flatMap((instance) => proxyBindings(instance.expanded_devices));
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
