import { formatBinding, socketsOf } from '../../domain/binding.js';
import { INCUS_PET, LABEL, parseNames } from '../../domain/labels.js';
import type { Applied, Attachment, Exposure, Volume } from '../../domain/actual.js';
import type { Facet, Facets } from '../../domain/facet.js';
import { capabilitiesOf, type StoreMode } from '../../domain/store-mode.js';
import type { InstanceJson } from '../../domain/services.js';
import { forwards } from './devices.js';
import type { HostView } from './observe.js';

type Seen = {
  readonly instance: InstanceJson;
  readonly applied: Applied | null;
  readonly store: StoreMode;
  readonly exposures: readonly Exposure[];
  readonly attachments: readonly Attachment[];
  readonly volumes: readonly Volume[];
  /** Every socket that listens, as `socketsOf` names them. */
  readonly open: ReadonlySet<string>;
  readonly host: HostView;
};

/** What can be seen of each facet. What was applied and is not there any more is null. */
export function seenFacets(seen: Seen): Facets {
  const { instance, applied, store, host } = seen;
  return {
    power: { state: instance.status.toLowerCase() },
    // In a store of the guest's own it is not for the host to see.
    system: capabilitiesOf(store).hasHostProfile ? { toplevel: host.profile(instance.name) ?? null } : {},
    exposure: { ...gone(applied?.facets.exposure, 'publish.'), ...seenExposure(seen) },
    storage: { ...gone(applied?.facets.storage, ''), ...seenStorage(seen) },
    limits: seenLimits(instance),
    container: seenContainer(instance, applied?.facets.container ?? {}),
    ...unfinishedSecrets(instance),
    meta: { 'flake-ref': instance.config[INCUS_PET.flakeRef] ?? null },
  };
}

const SECRET = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$/;

/** Secrets are not looked at, but a run that did not end has left word of those that it touched. */
function unfinishedSecrets({ config }: InstanceJson): Pick<Facets, 'secrets'> {
  const names = parseNames(config[LABEL.touchedSecrets]).filter((name) => SECRET.test(name));
  if (names.length === 0) return {};
  return { secrets: Object.fromEntries(names.map((name) => [`secret.${name}`, 'unfinished'])) };
}

/** Every field of what was applied, as if nothing of it were there. */
function gone(applied: Facet = {}, prefix: string): Facet {
  const fields = Object.keys(applied).filter((field) => field.startsWith(prefix));
  return Object.fromEntries(fields.map((field) => [field, null]));
}

function seenExposure({ instance, exposures, open }: Seen): Facet {
  const main = exposures.filter(({ role }) => role === 'web').map(mainListen);
  const published = exposures.flatMap(({ role, binding, connect, value }) => {
    if (role !== 'publish' || !binding) return [];
    const mode = value['mode'] === undefined ? '' : ` mode=${value['mode']}`;
    return [[`publish.${formatBinding(binding)}`, `${connect}${mode}`] as const];
  });
  const isOpen = ({ binding }: Exposure) => !binding || socketsOf(binding).every((s) => open.has(s));
  const isDead = forwards(instance) && !exposures.every(isOpen);
  return {
    listen: main.length > 0 ? main.join(', ') : null,
    ...Object.fromEntries(published),
    ...(isDead ? { forwarder: 'dead' } : {}),
  };
}

/** One that pets would not have written: as it stands, and where it leads. */
function mainListen({ binding, connect, value }: Exposure): string {
  return binding ? formatBinding(binding) : `${value['listen'] ?? ''} to ${connect}`;
}

function seenStorage({ instance, attachments, volumes }: Seen): Facet {
  // While a rename is under way the volumes still bear the former name.
  const names = [instance.name, instance.config[LABEL.app]];
  const sizes = volumes.flatMap(({ app, volume, size }) =>
    names.includes(app) && size !== null ? [[`size.${volume}`, size] as const] : [],
  );
  const mounts = attachments.map((a) =>
    a.kind === 'volume'
      ? ([`volume.${a.volume}`, a.path] as const)
      : ([`bind.${a.path}`, `${a.source}${a.readOnly ? ':ro' : ''}`] as const),
  );
  return Object.fromEntries([...sizes, ...mounts]);
}

function seenLimits({ config }: InstanceJson): Facet {
  return {
    memory: config['limits.memory'] ?? null,
    cpu: config['limits.cpu'] ?? config['limits.cpu.allowance'] ?? null,
    autostart: config['boot.autostart'] ?? null,
  };
}

/** Of an instance's config and devices only what the manifest gave: the rest is Incus' and other people's. */
function seenContainer(instance: InstanceJson, applied: Facet): Facet {
  return Object.fromEntries(Object.keys(applied).map((field) => [field, containerField(instance, field)]));
}

function containerField({ config, devices, profiles }: InstanceJson, field: string): string | null {
  const [, kind, name = ''] = /^(config|device)\.(.*)$/s.exec(field) ?? [];
  if (kind === 'config') return config[name] ?? null;
  if (kind === 'device') return Object.hasOwn(devices, name) ? sortedJson(devices[name] ?? {}) : null;
  return field === 'profiles' ? profiles.join(',') : null;
}

function sortedJson(device: Readonly<Record<string, string>>): string {
  const entries = Object.entries(device).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(Object.fromEntries(entries));
}
