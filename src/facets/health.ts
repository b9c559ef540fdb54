import type { Listen } from '../domain/binding.js';
import type { DesiredApp } from '../domain/desired.js';
import type { Facet } from '../domain/facet.js';
import type { Health } from '../domain/manifest.js';
import type { Port } from '../domain/names.js';
import { formatJson } from '../domain/nix-value.js';
import { formatDuration } from '../lib/format.js';
import type { FacetDefinition, Failed, StepBack } from './facet.js';

/** How an app is told healthy. Nothing of it is to be seen: a change is another question. */
export const health: FacetDefinition = {
  wanted: ({ app }) => fieldsOf(app),
  asks: 'check',
  changedBy: [{ verb: 'metadata', by: ['check'] }],
  back: [{ undoes: [], turn: 'judge', stepsOf: checkSteps }],
};

/** What the keys of `health` are when they are not written. */
export const HEALTH_DEFAULTS = {
  status: [200],
  port: 8080 as Port,
  timeoutMs: 60_000,
  intervalMs: 1000,
  successes: 2,
} as const;

/** Null where the key is absent: records that were made before there was one have none. */
function fieldsOf({ health: wanted }: Pick<DesiredApp, 'health'>): Facet | null {
  if (wanted === null) return { check: 'none' };
  const { check, timeoutMs, intervalMs, successes } = wanted;
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

/** Where the main exposure leads. */
const GUEST_PORT = 8080;

/** Where http must answer on the host: the main exposure, where it leads to the port that is asked. */
export function throughOf({ check }: Health, listen: Listen | null): readonly Listen[] {
  return listen && check.kind === 'http' && Number(check.port) === GUEST_PORT ? [listen] : [];
}

/** What serves again is to be as healthy as it was. */
function checkSteps({ last, system, due, cause }: Failed): StepBack[] {
  const { health: before, exposures } = last;
  if (!before) return [];
  const web = exposures.find(({ role }) => role === 'web')?.binding ?? null;
  const listen = web && web.protocol !== 'unix' ? { address: web.address, port: web.first } : null;
  const through = throughOf(before, listen);
  return [{ action: { kind: 'check', system, health: before, through }, cause, rescues: due.stopped }];
}
