import type { DesiredApp } from '../domain/desired.js';
import type { Facet, Facets } from '../domain/facet.js';
import type { Passthrough } from '../domain/manifest.js';
import type { StoreMode } from '../domain/store-mode.js';
import { formatJson } from '../domain/nix-value.js';
import type { Change } from '../domain/plan.js';
import type { InstanceJson } from '../domain/services.js';
import { listCauses, plainCause } from './causes.js';
import {
  drift,
  fields,
  gone,
  nameIn,
  type FacetDefinition,
  type Steps,
  type Update,
  type Difference,
} from './facet.js';
import { CONFIG_BACK, DEVICES_BACK } from './ways.js';
import type { ActualApp } from '../domain/actual.js';

/** What is passed through to Incus, and what every container of pets is made with. */
export const container: FacetDefinition = {
  wanted: ({ app: { incus } }) => fieldsOf(incus),
  configOf: ({ incus }) => incus.config,
  // Of an instance's config and devices only what the manifest gave: the rest is Incus' and other people's.
  seen: ({ instance, applied }) => seenIn(instance, applied?.facets.container),
  faults: (_, { modifiedKeys }) => modifiedKeys.map((key) => drift(key, 'altered', 'as made')),
  faultTurn: 2,
  added: additionsTo,
  changedBy: [{ verb: 'reconfigure', by: ['configure', 'attach', 'detach'] }],
  settingOf: (field) => {
    const key = nameIn(field, CONFIG);
    if (key !== null) return { keys: [key] };
    return field === PROFILES ? { keys: [], profiles: true } : null;
  },
  stepsOf,
  back: [CONFIG_BACK, DEVICES_BACK],
  partOf: (field) => (LIVE_CONFIG.test(nameIn(field, CONFIG) ?? field) ? 'tried' : 'makes'),
};

const CONFIG = 'config';
const DEVICE = 'device';
const PROFILES = 'profiles';

/** Keys that Incus applies to a running instance ("live update" in its reference of instance options). */
const LIVE_CONFIG = /^(?:limits\.(?!kernel\.|hugepages\.)|boot\.|user\.|environment\.|snapshots\.|cluster\.)/;

type Device = Readonly<Record<string, string>>;

function fieldsOf({ config, devices, profiles }: Passthrough): Facet {
  const written = Object.entries(devices).map(([name, device]) => [name, deviceField(device)] as const);
  return {
    ...fields(CONFIG, Object.entries(config)),
    ...fields(DEVICE, written),
    ...(profiles !== null && { [PROFILES]: profilesField(profiles) }),
  };
}

function seenIn(instance: InstanceJson, applied: Facet | undefined): Facet {
  const shown = Object.keys(gone(applied)).map((field) => [field, seenField(instance, field)] as const);
  return Object.fromEntries(shown);
}

function seenField({ config, devices, profiles }: InstanceJson, field: string): string | null {
  const [key, device] = [nameIn(field, CONFIG), nameIn(field, DEVICE)];
  if (key !== null) return config[key] ?? null;
  if (device !== null) return Object.hasOwn(devices, device) ? deviceField(devices[device] ?? {}) : null;
  return field === PROFILES ? profilesField(profiles) : null;
}

/** JSON with its properties in order. */
function deviceField(device: Device): string {
  const sorted = Object.entries(device).sort(([a], [b]) => (a < b ? -1 : 1));
  return formatJson(Object.fromEntries(sorted));
}

function profilesField(profiles: readonly string[]): string {
  return profiles.join(',');
}

/** Whether a device is of the manifest's giving. */
export function hasDevice(facets: Facets | undefined, device: string): boolean {
  return facets?.container?.[`${DEVICE}.${device}`] !== undefined;
}

export function hasProfiles(facets: Facets): boolean {
  return facets.container?.[PROFILES] !== undefined;
}

/** It is made anew for another store. */
export function storeChange(from: StoreMode | null, to: StoreMode): Change {
  return { facet: 'container', field: 'store', kind: 'changed', from, to };
}

function isPassthrough({ field }: Change): boolean {
  return field === PROFILES || nameIn(field, CONFIG) !== null || nameIn(field, DEVICE) !== null;
}

/** It is only looked at when the container starts. */
function isCold({ field }: Change): boolean {
  const key = nameIn(field, CONFIG);
  return field === PROFILES || (key !== null && !LIVE_CONFIG.test(key));
}

function stepsOf({ app, actual, changes, removes, store }: Update): Steps {
  const altered = changes.filter((change) => !isPassthrough(change));
  const cause = listCauses(altered, plainCause);
  const repair = { stage: 'repair', action: { kind: 'repair', store }, cause } as const;
  const there = actual?.added.devices ?? {};
  // What a service has open below a mount stays open where it is taken away while the service runs.
  const isDisk = ({ field }: Change) => there[nameIn(field, DEVICE) ?? '']?.['type'] === 'disk';
  return {
    steps: [
      ...(altered.length > 0 ? [repair] : []),
      ...(actual ? [...removeSteps(there, removes), ...deviceSteps(app, changes)] : []),
    ],
    isCold: altered.length > 0 || changes.some(isCold) || removes.some((one) => isCold(one) || isDisk(one)),
  };
}

function removeSteps(there: Passthrough['devices'], removes: readonly Change[]): Steps['steps'] {
  return addedDevices(removes)
    .filter((device) => Object.hasOwn(there, device))
    .map((device) => ({
      stage: 'remove',
      action: { kind: 'detach', device },
      cause: `${device} was added on the machine`,
    }));
}

function deviceSteps(app: DesiredApp, changes: readonly Change[]): Steps['steps'] {
  const steps = changes.flatMap((change): Steps['steps'] => {
    const device = nameIn(change.field, DEVICE);
    if (device === null) return [];
    const value = Object.hasOwn(app.devices, device) ? app.devices[device] : undefined;
    const cause = `${device} ${change.kind === 'drifted' ? 'drifted' : 'changed'}`;
    return [
      {
        stage: 'replace',
        action: value
          ? { kind: 'attach', device, what: { kind: 'device', value } }
          : { kind: 'detach', device },
        cause,
      },
    ];
  });
  return steps.toSorted((a, b) => Number(a.action.kind === 'attach') - Number(b.action.kind === 'attach'));
}

/**
 * What somebody has added to a container: neither the manifest nor what was last applied has it. Of config only that it
 * is there is told: the environment may have a secret.
 */
function additionsTo(app: DesiredApp, there: ActualApp | null): Difference[] {
  const known = { ...there?.applied?.facets.container, ...app.facets.container };
  const { config = [], devices = {} } = there?.added ?? {};
  const fields = [
    ...config.map((key) => [`config.${key}`, 'set'] as const),
    ...Object.entries(devices).map(([name, value]) => [`device.${name}`, inWords(value)] as const),
  ];
  return fields
    .filter(([field]) => !Object.hasOwn(known, field))
    .map(([field, from]) => ({ field, kind: 'added', from, to: null }));
}

/** `disk of /srv/x at /x`, `proxy from tcp:0.0.0.0:80 to tcp:127.0.0.1:80`. */
function inWords(device: Readonly<Record<string, string>>): string {
  const { type = '', source, pool, path, listen, connect } = device;
  if (type === 'proxy') return `proxy from ${listen ?? '?'} to ${connect ?? '?'}`;
  const what = pool === undefined ? (source ?? '?') : `volume ${source ?? '?'} of pool ${pool}`;
  return `${type} of ${what} at ${path ?? '?'}`;
}

/** Names of devices among additions. */
function addedDevices(additions: readonly Change[]): string[] {
  return additions.flatMap(({ field }) => nameIn(field, 'device') ?? []);
}
