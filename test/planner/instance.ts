import type { ActualApp, Attachment, Exposure, Volume } from '../../src/domain/actual.js';
import type { DesiredApp } from '../../src/domain/desired.js';
import type { Facet } from '../../src/domain/facet.js';
import type { StoreMode } from '../../src/domain/store-mode.js';
import { NOTHING_ADDED, ofRename, seenAs, systemSeen } from './worlds.js';
import { limitKey } from './words.js';

type Text = Readonly<Record<string, string>>;

/** A container of the simulated machine. `root`: its root disk, by a number that no other ever has. */
export type Instance = {
  readonly root: number;
  readonly app: ActualApp;
  readonly store: StoreMode;
  readonly config: Text;
  readonly plugged: Readonly<Record<string, Text>>;
  readonly profiles: readonly string[];
  /** Whose profile its device shows; with a store of its own: its own one. */
  readonly profileOf: string;
  /** Whether it boots the system of its profile, or the one that its image brought. */
  readonly boots: 'profile' | 'image';
  /** With a store of its own: what its profile points at. */
  readonly profile: string | null;
  readonly delivered: readonly string[];
  /** Files of secrets on its root disk, by the field of the facet. */
  readonly secrets: Facet;
  /** Those that a run has touched and not recorded. */
  readonly unsure: readonly string[];
  /** What its units have loaded of them. */
  readonly loaded: Facet;
  /** The system that it runs, or was frozen with. */
  readonly runs: string | null;
};

export const IMAGE = 'the system of the image';

/** What a run, or somebody else, has left. */
export function instanceFrom(app: ActualApp, root: number, toplevel: string): Instance {
  const { status, store, modifiedKeys, applied, facets } = app;
  const { config, plugged, profiles } = containerFrom(facets.container ?? {});
  const limits = Object.entries(facets.limits ?? {}).map(([key, value]) => [
    limitKey(key, value ?? ''),
    value,
  ]);
  const isSeed = store === 'copy' && applied === null && modifiedKeys.includes('raw.lxc');
  return {
    root,
    app: { ...app, modifiedKeys: modifiedKeys.filter((key) => !ofRename('shared').includes(key)) },
    store,
    config: { ...(Object.fromEntries(limits) as Text), ...config },
    plugged,
    profiles,
    profileOf: app.renamedFrom ?? app.name,
    boots: isSeed ? 'image' : 'profile',
    profile: isSeed ? null : toplevel,
    delivered: isSeed ? [] : [toplevel],
    secrets: applied?.facets.secrets ?? {},
    unsure: [],
    loaded: status === 'Stopped' ? {} : (applied?.facets.secrets ?? {}),
    // A profile that was set by hand has not been switched to.
    runs: status === 'Stopped' ? null : isSeed ? IMAGE : (applied?.toplevel ?? toplevel),
  };
}

function containerFrom(container: Facet): Pick<Instance, 'config' | 'plugged' | 'profiles'> {
  const of = (kind: string) =>
    Object.entries(container).flatMap(([field, value]) =>
      field.startsWith(kind) ? [[field.slice(kind.length), value ?? ''] as const] : [],
    );
  const devices = of('device.').map(([name, json]) => [name, JSON.parse(json) as Text] as const);
  return {
    config: Object.fromEntries(of('config.')),
    plugged: Object.fromEntries(devices),
    profiles: container['profiles']?.split(',') ?? ['default'],
  };
}

/** In the create request itself: config, devices and profiles of the manifest. */
export function created(app: DesiredApp, store: StoreMode, root: number): Instance {
  const { name, config, devices, profiles } = app;
  const bare = {
    renamingTo: null,
    renamedFrom: null,
    status: 'Stopped',
    state: 'creating',
    applied: null,
    generations: [],
    rejected: null,
    hold: null,
    attempt: null,
    backup: null,
    restarts: [],
    unreadable: [],
    store,
  } as const;
  return {
    root,
    app: {
      ...bare,
      name,
      exposures: [],
      attachments: [],
      devices: [],
      modifiedKeys: [],
      protections: [],
      added: NOTHING_ADDED,
      facets: {},
    },
    store,
    config,
    plugged: devices,
    profiles: profiles ?? ['default'],
    profileOf: name,
    boots: store === 'copy' ? 'image' : 'profile',
    profile: null,
    delivered: [],
    secrets: {},
    unsure: [],
    loaded: {},
    runs: null,
  };
}

/** As `incus/observe.ts` would see it; `profile`: where the host's profile of its name points. */
export function seen(instance: Instance, volumes: readonly Volume[], profile: string | null): ActualApp {
  const { app, store, boots, profileOf, config, unsure } = instance;
  const drifted = [
    ...(boots === 'image' ? ['raw.lxc'] : []),
    ...(store === 'shared' && profileOf !== app.name ? ['nix-profiles'] : []),
    ...(app.renamedFrom === null ? [] : ['user.pets.app']),
  ];
  const limits = {
    memory: config['limits.memory'] ?? null,
    cpu: config['limits.cpu'] ?? config['limits.cpu.allowance'] ?? null,
    autostart: config['boot.autostart'] ?? null,
  };
  const facets = {
    system: systemSeen(store, profile),
    limits,
    container: containerSeen(instance),
    ...(unsure.length > 0 && {
      secrets: Object.fromEntries(unsure.map((name) => [`secret.${name}`, 'unfinished'])),
    }),
    meta: app.facets.meta ?? {},
  };
  return seenAs({ ...app, modifiedKeys: [...new Set([...app.modifiedKeys, ...drifted])], facets }, volumes);
}

/** Only what was applied can be told from what other people did. */
function containerSeen({ app, config, plugged, profiles }: Instance): Facet {
  const fields = Object.keys(app.applied?.facets.container ?? {});
  return Object.fromEntries(
    fields.map((field) => {
      const [kind = '', ...name] = field.split('.');
      const device = plugged[name.join('.')];
      if (kind === 'config') return [field, config[name.join('.')] ?? null];
      if (kind === 'device') return [field, device ? JSON.stringify(device) : null];
      return [field, profiles.join(',')];
    }),
  );
}

/** Everything but exposures that the manifest says of it. */
export function isMadeAs(instance: Instance, wanted: DesiredApp): boolean {
  const { app, config, plugged, profiles } = instance;
  const places = [
    ...wanted.volumes.map(({ name, path }) => `${name} at ${path}`),
    ...wanted.binds.map(({ source, path, readOnly }) => `${source.path} at ${path}, ${String(readOnly)}`),
  ];
  return (
    same(config, wanted.config) &&
    same(plugged, wanted.devices) &&
    same(profiles, wanted.profiles ?? ['default']) &&
    same(instance.secrets, wanted.facets.secrets ?? {}) &&
    same(valuesOf(instance.loaded), valuesOf(wanted.facets.secrets ?? {})) &&
    same(app.attachments.map(placeOf).sort(), places.sort())
  );
}

/** `secret.db` → `db`. */
export function secretOf(field: string): string {
  return field.replace('secret.', '');
}

/** What a unit knows of a secret: not its mode and owner. */
function valuesOf(secrets: Facet): Facet {
  return Object.fromEntries(
    Object.entries(secrets).map(([field, text]) => [field, text?.split(' ')[0] ?? null]),
  );
}

function placeOf(a: Attachment): string {
  if (a.kind === 'volume') return `${a.volume} at ${a.path}`;
  return `${a.source} at ${a.path}, ${String(a.readOnly)}`;
}

function same(a: unknown, b: unknown): boolean {
  const sorted = (value: unknown) =>
    value !== null && typeof value === 'object' && !Array.isArray(value)
      ? Object.entries(value).sort(([x], [y]) => (x < y ? -1 : 1))
      : value;
  return JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
}

export function exposuresOf({ exposures }: { readonly exposures: readonly Exposure[] }): string[] {
  return exposures.map(({ value }) => JSON.stringify(value)).sort();
}
