import type { Facet, Facets } from '../domain/facet.js';
import type { ManifestApp } from '../domain/manifest.js';
import type { FacetDefinition } from './facet.js';
import { CONFIG_BACK } from './ways.js';

/** The config keys that have a field, the one that wins first. */
const KEYS: Readonly<Record<string, readonly string[]>> = {
  memory: ['limits.memory'],
  cpu: ['limits.cpu', 'limits.cpu.allowance'],
  autostart: ['boot.autostart'],
};

/** Memory, processors and whether it starts with the host. Incus applies them to a container that runs. */
export const limits: FacetDefinition = {
  wanted: ({ app }) => fieldsOf(app),
  configOf: (app) =>
    Object.fromEntries(Object.entries(fieldsOf(app)).map(([field, value]) => [keyFor(field, value), value])),
  seen: ({ instance }) => seenIn(instance.config),
  owns: () => true,
  changedBy: [{ verb: 'reconfigure', by: ['configure'] }],
  settingOf: (field) => ({ keys: KEYS[field] ?? [] }),
  back: [CONFIG_BACK],
  partOf: () => 'tried',
};

function fieldsOf({ limits: { memory, cpu }, autostart }: ManifestApp): Readonly<Record<string, string>> {
  return {
    ...(memory !== null && { memory }),
    ...(cpu !== null && { cpu }),
    ...(autostart !== null && { autostart: String(autostart) }),
  };
}

function keyFor(field: string, value: string): string {
  const [first = field, share = first] = KEYS[field] ?? [];
  return value.endsWith('%') ? share : first;
}

function seenIn(config: Readonly<Record<string, string>>): Facet {
  return Object.fromEntries(
    Object.entries(KEYS).map(([field, keys]) => [
      field,
      keys.map((key) => config[key]).find((value) => value !== undefined) ?? null,
    ]),
  );
}

export function memoryIn(facets: Facets): string | null {
  return facets.limits?.['memory'] ?? null;
}
