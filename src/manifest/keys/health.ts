import { formatDuration } from '../../lib/format.js';
import { parseProxyListen } from '../../domain/binding.js';
import type { DesiredExposure } from '../../domain/desired.js';
import type { GuestPort, Health, NixValue } from '../../domain/manifest.js';
import { HEALTH_DEFAULTS } from '../../facets/health.js';

/** What an app without `health` has: four looks, of which the last is three seconds after the first. */
export const STABLE: Health = {
  check: { kind: 'stable' },
  timeoutMs: HEALTH_DEFAULTS.timeoutMs,
  intervalMs: HEALTH_DEFAULTS.intervalMs,
  successes: 4,
};

/** Without the key something must at least listen where its exposures lead. Of a range it may be any part, or none yet. */
export function healthOf(health: Health | null, exposures: readonly DesiredExposure[]): Health | null {
  if (health?.check.kind !== 'stable') return health;
  const led = exposures.flatMap(({ connect }) => parseProxyListen(connect) ?? []);
  const ports = led.flatMap((to): GuestPort[] =>
    to.protocol !== 'unix' && to.first === to.last ? [{ protocol: to.protocol, port: to.first }] : [],
  );
  const listens = [...new Map(ports.map((one) => [`${one.protocol} ${one.port}`, one])).values()];
  return listens.length === 0 ? health : { ...health, check: { kind: 'stable', listens } };
}

type Table = { readonly [key: string]: NixValue };

/** The key as it is written; null: it is not. */
export function writtenHealth(health: Health | null): Table | false | null {
  if (health === null) return false;
  const check = writtenCheck(health.check);
  return (
    check && {
      ...check,
      timeout: formatDuration(health.timeoutMs),
      interval: formatDuration(health.intervalMs),
      successes: health.successes,
    }
  );
}

function writtenCheck(check: Health['check']): Table | null {
  switch (check.kind) {
    case 'http':
      return {
        ...{ path: check.path, status: check.status, port: check.port },
        ...(check.host !== undefined && { host: check.host }),
      };
    case 'tcp':
      return { tcp: true, port: check.port };
    case 'unit':
      return { unit: check.unit };
    case 'command':
      return { command: check.command };
    case 'stable':
      return null;
  }
}
