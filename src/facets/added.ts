import type { ActualApp } from '../domain/actual.js';
import type { DesiredApp } from '../domain/desired.js';
import type { Change } from '../domain/plan.js';
import { nameIn, type Difference } from './facet.js';

/**
 * What somebody has added to a container: neither the manifest nor what was last applied has it. Of config only that it
 * is there is told: the environment may have a secret.
 */
export function additionsTo(app: DesiredApp, there: ActualApp | null): Difference[] {
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
export function addedDevices(additions: readonly Change[]): string[] {
  return additions.flatMap(({ field }) => nameIn(field, 'device') ?? []);
}
