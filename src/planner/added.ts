import type { ActualApp } from '../domain/actual.js';
import type { Change } from '../domain/plan.js';
import type { DesiredApp } from '../domain/desired.js';
import type { Problem } from '../domain/problem.js';
import type { Compared } from './compare.js';
import { mountsOf } from './mounts.js';

/**
 * What somebody has added to a container: neither the manifest nor what was last applied has it. Of config only that it
 * is there is told: the environment may have a secret.
 */
export function additionsTo(app: DesiredApp, there: ActualApp | null): Change[] {
  const known = { ...there?.applied?.facets.container, ...app.facets.container };
  const { config = [], devices = {} } = there?.added ?? {};
  const fields = [
    ...config.map((key) => [`config.${key}`, 'set'] as const),
    ...Object.entries(devices).map(([name, value]) => [`device.${name}`, inWords(value)] as const),
  ];
  return fields
    .filter(([field]) => !Object.hasOwn(known, field))
    .map(([field, from]) => ({ facet: 'container', field, kind: 'added', from, to: null }));
}

/** `disk of /srv/x at /x`, `proxy from tcp:0.0.0.0:80 to tcp:127.0.0.1:80`. */
function inWords({
  type = '',
  source,
  pool,
  path,
  listen,
  connect,
}: Readonly<Record<string, string>>): string {
  if (type === 'proxy') return `proxy from ${listen ?? '?'} to ${connect ?? '?'}`;
  const what = pool === undefined ? (source ?? '?') : `volume ${source ?? '?'} of pool ${pool}`;
  return `${type} of ${what} at ${path ?? '?'}`;
}

/** Names of devices among additions. */
export function addedDevices(additions: readonly Change[]): string[] {
  return additions.flatMap(({ field }) =>
    field.startsWith('device.') ? [field.slice('device.'.length)] : [],
  );
}

/** Config keys among additions. */
export function addedKeys(additions: readonly Change[]): string[] {
  return additions.flatMap(({ field }) =>
    field.startsWith('config.') ? [field.slice('config.'.length)] : [],
  );
}

/**
 * Incus lets no two disks be at one path, and takes a device of the same name for a change of it: what is in the way of a
 * device of ours is not replaced unasked.
 */
export function inTheWay({ app, actual, isStrict }: Compared): Problem[] {
  if (!actual || isStrict) return [];
  const wanted = [
    ...mountsOf(app, actual).map(({ device, what }) => ({
      device,
      path: what.path,
      key: [what.kind === 'volume' ? 'volumes' : 'binds'],
      value: null,
    })),
    ...Object.entries(app.devices).map(([device, value]) => ({
      device,
      path: value['type'] === 'disk' ? (value['path'] ?? null) : null,
      key: ['incus', 'devices', device],
      value,
    })),
  ];
  const applied = actual.applied?.facets.container ?? {};
  const others = Object.entries(actual.added.devices).filter(
    ([name]) => !Object.hasOwn(applied, `device.${name}`),
  );
  return others.flatMap(([name, value]) => {
    const ours = wanted.find((one) =>
      one.device === name ? !isSame(one.value, value) : isSamePath(one.path, value['path']),
    );
    if (!ours) return [];
    const why = ours.device === name ? 'has the name' : `is mounted at ${ours.path ?? ''}, the place`;
    return [
      {
        app: app.name,
        path: ['apps', app.name, ...ours.key],
        message: `the device \`${name}\` that somebody added to \`${actual.name}\` ${why} of the device \`${ours.device}\` of the manifest`,
        hint: `\`pets up --strict ${app.name}\` takes away what was added on the machine`,
      },
    ];
  });
}

type Device = Readonly<Record<string, string>>;

function isSame(wanted: Device | null, there: Device): boolean {
  if (wanted === null) return false;
  const keys = new Set([...Object.keys(wanted), ...Object.keys(there)]);
  return [...keys].every((key) => wanted[key] === there[key]);
}

function isSamePath(wanted: string | null, there: string | undefined): boolean {
  const plain = (path: string) => path.replace(/\/+$/, '');
  return wanted !== null && there !== undefined && plain(wanted) === plain(there);
}
