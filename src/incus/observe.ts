import { parseProxyAddress, parseProxyPorts, socketOf } from '../listen.js';
import type {
  Actual,
  ActualApp,
  Applied,
  AppName,
  Claim,
  Exposure,
  Facet,
  Facets,
  Listen,
  Port,
} from '../model.js';
import type { InstanceJson, InstanceSpec } from '../ports.js';

/** What the host shows without asking anybody: sockets that listen, its addresses, the pets' profiles. */
export type HostView = {
  readonly listening: readonly Socket[];
  /** Who holds a socket, in words: costs a walk through /proc. */
  readonly holderOf: (socket: Socket) => Holder;
  readonly addresses: readonly string[];
  /** The system that the app's profile points at, undefined when there is none. */
  readonly profile: (app: string) => string | undefined;
  /** The config and devices that a pet is made with. */
  readonly made: (app: string) => Pick<InstanceSpec, 'config' | 'devices'>;
};

export type Holder = { readonly words: string; readonly isForwarder: boolean };
export type Socket = { readonly listen: Listen; readonly inode: string };

/** The daemon's project that pets live in. */
const INCUS_PROJECT = 'default';
const EXPOSURE_DEVICE = /^web(-\d+)?$/;

/** The daemon's list and the host's view as `Actual`. `ports`: those that the manifest wants. */
export function actualFrom(
  project: string,
  ports: ReadonlySet<number>,
  instances: readonly InstanceJson[],
  host: HostView,
): Actual {
  const here = instances.filter((i) => i.project === INCUS_PROJECT);
  // Incus copies the marks with the instance: a copy, or one that was renamed, is not the pet.
  const ours = here.filter(
    (i) => i.config['user.pets.project'] === project && i.config['user.pets.app'] === i.name,
  );
  const others = instances.filter((i) => !ours.includes(i));
  const open = new Set(host.listening.map((socket) => socketOf(socket.listen)));
  return {
    apps: ours.map((i) => actualApp(i, open, host)),
    strangers: Object.fromEntries(here.filter((i) => !ours.includes(i)).map((i) => [i.name, ownerOf(i)])),
    claims: [
      ...others.flatMap(declared),
      ...ours.flatMap(foreignDevices),
      ...liveClaims(ports, instances, host),
    ].filter((c) => ports.has(c.listen.port)),
    addresses: host.addresses,
  };
}

function ownerOf({ name, config }: InstanceJson): string {
  const project = config['user.pets.project'];
  const app = config['user.pets.app'];
  if (project !== undefined && app !== name)
    return `is a copy of the pet \`${app ?? ''}\` of project \`${project}\``;
  if (project !== undefined) return `belongs to the pets project \`${project}\``;
  if (config['user.incus-pet.flake-ref'] !== undefined) return 'was made by incus-pet';
  return 'does not bear any mark of pets';
}

function actualApp(instance: InstanceJson, open: ReadonlySet<string>, host: HostView): ActualApp {
  const exposures = Object.entries(instance.devices)
    .filter(([device, value]) => value['type'] === 'proxy' && EXPOSURE_DEVICE.test(device))
    .map(([device, value]): Exposure => {
      const { listen = '', connect = '' } = value;
      const isApp = connect === 'tcp:127.0.0.1:8080';
      return {
        device,
        raw: isApp ? listen : `${listen} to ${connect}`,
        listen: isApp ? parseProxyAddress(listen) : null,
      };
    });
  return {
    name: instance.name as AppName,
    status: instance.status,
    state: instance.config['user.pets.state'] === 'ready' ? 'ready' : 'creating',
    applied: parseApplied(instance.config['user.pets.applied']),
    exposures,
    altered: alteredIn(instance, host.made(instance.name)),
    facets: seenFacets(instance, exposures, open, host),
  };
}

function alteredIn(instance: InstanceJson, made: Pick<InstanceSpec, 'config' | 'devices'>): string[] {
  const keys = Object.entries(made.config).filter(([key, value]) => instance.config[key] !== value);
  const devices = Object.entries(made.devices).filter(([name, device]) => {
    const there = instance.devices[name] ?? {};
    return Object.entries(device).some(([key, value]) => there[key] !== value);
  });
  return [...keys, ...devices].map(([name]) => name);
}

function seenFacets(
  instance: InstanceJson,
  exposures: readonly Exposure[],
  open: ReadonlySet<string>,
  host: HostView,
): Facets {
  const toplevel = host.profile(instance.name);
  const listens = exposures.map((e) => e.raw.replace(/^tcp:/, ''));
  const forwarded = exposures.every((e) => e.listen === null || open.has(socketOf(e.listen)));
  const exposure: Facet = {
    listen: listens.length > 0 ? listens.join(', ') : null,
    ...(forwards(instance) && exposures.length > 0 && !forwarded ? { forwarder: 'dead' } : {}),
  };
  return {
    power: { state: instance.status.toLowerCase() },
    system: toplevel === undefined ? { toplevel: null } : { toplevel },
    exposure,
    meta: { 'flake-ref': instance.config['user.incus-pet.flake-ref'] ?? null },
  };
}

/** A frozen guest's forwarders still hold their ports. */
function forwards({ status }: InstanceJson): boolean {
  return status !== 'Stopped';
}

/** A record that cannot be read is none: the next `up` finds out what is there and writes a new one. */
export function parseApplied(text: string | undefined): Applied | null {
  if (text === undefined) return null;
  try {
    const value: unknown = JSON.parse(text);
    if (!isTable(value) || value['v'] !== 1 || !isTable(value['facets'])) return null;
    const { toplevel, generation } = value;
    if (typeof toplevel !== 'string' || typeof generation !== 'number') return null;
    return { v: 1, toplevel, generation, facets: mapTable(value['facets'], facetFrom) };
  } catch {
    return null;
  }
}

/** Only what pets itself writes: whoever may edit the instance may have put anything there. */
function facetFrom(value: unknown): Facet {
  return mapTable(isTable(value) ? value : {}, (field) => (typeof field === 'string' ? field : null));
}

const FIELD_NAME = /^[a-z][a-z-]*$/;

function mapTable<T>(table: Readonly<Record<string, unknown>>, to: (value: unknown) => T): Record<string, T> {
  const entries = Object.entries(table).filter(([name]) => FIELD_NAME.test(name));
  return Object.fromEntries(entries.map(([name, value]) => [name, to(value)]));
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Ports that instances of others declare, running or not: Incus itself only finds out at their start. */
function declared(instance: InstanceJson): Claim[] {
  return proxies(instance).map((listen) => ({
    listen,
    live: forwards(instance),
    passing: false,
    holder: `the Incus instance \`${instance.name}\`${instance.project === INCUS_PROJECT ? '' : ` of project \`${instance.project}\``}`,
  }));
}

/** Proxies that somebody added to a pet by hand: pets leaves them alone, and their ports are taken. */
function foreignDevices(instance: InstanceJson): Claim[] {
  const devices = Object.entries(instance.expanded_devices).filter(([name]) => !EXPOSURE_DEVICE.test(name));
  return declared({ ...instance, expanded_devices: Object.fromEntries(devices) });
}

function proxies(instance: InstanceJson): Listen[] {
  return Object.values(instance.expanded_devices)
    .filter(
      (device) =>
        device['type'] === 'proxy' && device['bind'] !== 'instance' && device['bind'] !== 'container',
    )
    .flatMap((device) => {
      const ports = parseProxyPorts(device['listen'] ?? '');
      if (ports?.protocol !== 'tcp') return [];
      const { address } = ports;
      return ports.ports.flatMap(([from, to]) =>
        Array.from({ length: to - from + 1 }, (_, i) => ({ address, port: (from + i) as Port })),
      );
    });
}

/** Sockets of the host on wanted ports that are no running instance's forwarder. */
function liveClaims(ports: ReadonlySet<number>, instances: readonly InstanceJson[], host: HostView): Claim[] {
  const forwarded = new Set(instances.filter(forwards).flatMap(proxies).map(socketOf));
  return host.listening
    .filter(({ listen }) => ports.has(listen.port) && !forwarded.has(socketOf(listen)))
    .map((socket) => {
      const { words, isForwarder } = host.holderOf(socket);
      return { listen: socket.listen, live: true, holder: words, passing: isForwarder };
    });
}
