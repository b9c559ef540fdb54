import { formatDuration } from '../../lib/format.js';
import { parseProxyListen } from '../../domain/binding.js';
import type { DesiredApp, DesiredExposure } from '../../domain/desired.js';
import type { Facet } from '../../domain/facet.js';
import type { GuestPort, Health, NixValue } from '../../domain/manifest.js';
import type { Port } from '../../domain/names.js';
import { formatJson } from '../toml.js';

/** What the keys of `health` are when they are not written. */
export const HEALTH_DEFAULTS = {
  status: [200],
  port: 8080 as Port,
  timeoutMs: 60_000,
  intervalMs: 1000,
  successes: 2,
} as const;

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

/** Null where the key is absent: records that were made before there was one have none. */
export function healthFacet({ health }: Pick<DesiredApp, 'health'>): Facet | null {
  if (health === null) return { check: 'none' };
  const { check, timeoutMs, intervalMs, successes } = health;
  if (check.kind === 'stable') return null;
  return {
    check: checkField(check),
    ...(check.kind === 'http' && check.host !== undefined && { host: check.host }),
    ...(timeoutMs !== HEALTH_DEFAULTS.timeoutMs && { timeout: formatDuration(timeoutMs) }),
    ...(intervalMs !== HEALTH_DEFAULTS.intervalMs && { interval: formatDuration(intervalMs) }),
    ...(successes !== HEALTH_DEFAULTS.successes && { successes: String(successes) }),
  };
}

/** `http /healthz 200,204 :9000`; what is as it is by default is left out. */
function checkField(check: Exclude<Health['check'], { kind: 'stable' }>): string {
  switch (check.kind) {
    case 'http': {
      const status = check.status.join(',');
      const codes = status === HEALTH_DEFAULTS.status.join(',') ? '' : ` ${status}`;
      return `http ${check.path}${codes}${portField(check.port)}`;
    }
    case 'tcp':
      return `tcp${portField(check.port)}`;
    case 'unit':
      return `unit ${check.unit}`;
    case 'command':
      return `command ${formatJson(check.command)}`;
  }
}

function portField(port: Port): string {
  return port === HEALTH_DEFAULTS.port ? '' : ` :${port}`;
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
