import type { Problem } from '../domain/problem.js';
import type { Compared } from './compare.js';
import { hasDevice } from '../facets/container.js';
import { mountsOf } from '../facets/mounts.js';

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
  const others = Object.entries(actual.added.devices).filter(
    ([name]) => !hasDevice(actual.applied?.facets, name),
  );
  return others.flatMap(([name, value]) => {
    const ours = wanted.find((one) =>
      one.device === name ? !isSame(one.value, value) : isSamePath(one.path, value['path']),
    );
    if (!ours) return [];
    const why = ours.device === name ? 'has the name' : `is mounted at ${ours.path ?? ''}, the place`;
    return [
      {
        code: 'device-clash',
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
