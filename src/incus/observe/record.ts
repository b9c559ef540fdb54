import { GENERATION_PREFIX, LABEL, generationIn } from '../../domain/labels.js';
import type { Applied, Condemned, Generation, Volume } from '../../domain/actual.js';
import type { Facet, Facets } from '../../domain/facet.js';
import type { Passthrough } from '../../domain/manifest.js';
import { type StorePath, isStorePath } from '../../domain/names.js';
import { attachmentsOf, exposuresOf } from './devices.js';
import { healthFrom } from './health-mark.js';

/** A record that cannot be read is none: the next `up` finds out what is there and writes a new one. */
export function parseApplied(text: string | undefined): Applied | null {
  const value = tableIn(text);
  if (value?.['v'] !== 1) return null;
  const { toplevel, generation, facets } = value;
  if (!isSystem(toplevel) || !isNumber(generation) || !isTable(facets)) return null;
  return { v: 1, toplevel, generation, facets: facetsFrom(facets) };
}

/** The generations that are recorded on an instance, the newest first. One that cannot be read is none. */
export function generationsOf(
  config: Readonly<Record<string, string>>,
  volumes: readonly Volume[],
): readonly Generation[] {
  const found = Object.entries(config).flatMap(([key, text]): Generation[] => {
    const generation = generationIn(key);
    const value = generation === null ? null : tableIn(text);
    return generation !== null && value ? generationFrom(generation, value, volumes) : [];
  });
  return found.sort((a, b) => b.generation - a.generation);
}

type Table = Readonly<Record<string, unknown>>;

function generationFrom(generation: number, value: Table, volumes: readonly Volume[]): Generation[] {
  const { at, toplevel, facets, healthy, profiles } = value;
  const health = healthFrom(value['health']);
  if (!isTime(at) || !isSystem(toplevel) || !isTable(facets) || health === undefined) return [];
  const devices = devicesFrom(value['devices']);
  return [
    {
      ...{ generation, at, toplevel, facets: facetsFrom(facets), devices },
      secrets: isTable(value['secrets']) ? facetFrom(value['secrets']) : null,
      health,
      healthy: typeof healthy === 'string' ? healthy : null,
      config: stringsIn(value['config']),
      profiles: Array.isArray(profiles) ? profiles.filter((name) => typeof name === 'string') : [],
      exposures: exposuresOf({ devices }),
      attachments: attachmentsOf({ devices }, volumes),
    },
  ];
}

export function parseCondemned(text: string | undefined): Condemned | null {
  const { at, why, facets, byHand } = tableIn(text) ?? {};
  if (!isTime(at) || typeof why !== 'string' || !isTable(facets)) return null;
  return { at, why, facets: facetsFrom(facets), byHand: byHand === true };
}

/** The keys of records that are there and are not what pets writes: somebody else has been at them. */
export function unreadableIn(config: Readonly<Record<string, string>>): readonly string[] {
  const isBroken = ([key, text]: [string, string]) => {
    if (text === '') return false;
    if (key === LABEL.applied) return parseApplied(text) === null;
    if (key === LABEL.rejected) return parseCondemned(text) === null;
    const generation = key.startsWith(GENERATION_PREFIX) ? generationIn(key) : undefined;
    if (generation === undefined) return false;
    return generation === null || generationFrom(generation, tableIn(text) ?? {}, []).length === 0;
  };
  return Object.entries(config)
    .filter(isBroken)
    .map(([key]) => key)
    .sort();
}

function isSystem(value: unknown): value is StorePath {
  return typeof value === 'string' && isStorePath(value);
}

/** The number of a generation. */
function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0;
}

/** As `toISOString` writes it, with or without a fraction of a second. */
function isTime(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    /^\d{4}-\d\d-\d\dT[\d:.]{8,12}Z$/.test(value) &&
    !Number.isNaN(Date.parse(value))
  );
}

function tableIn(text: string | undefined): Table | null {
  try {
    const value: unknown = JSON.parse(text ?? 'null');
    return isTable(value) ? value : null;
  } catch {
    return null;
  }
}

function facetsFrom(facets: Table): Facets {
  return mapTable(facets, facetFrom);
}

function devicesFrom(value: unknown): Passthrough['devices'] {
  return Object.fromEntries(
    Object.entries(isTable(value) ? value : {}).map(([name, device]) => [name, stringsIn(device)]),
  );
}

function stringsIn(value: unknown): Readonly<Record<string, string>> {
  const entries = Object.entries(isTable(value) ? value : {});
  return Object.fromEntries(entries.filter((e): e is [string, string] => typeof e[1] === 'string'));
}

/** Only what pets itself writes: whoever may edit the instance may have put anything there. */
function facetFrom(value: unknown): Facet {
  return mapTable(isTable(value) ? value : {}, (field) => (typeof field === 'string' ? field : null));
}

/** `listen`, `publish.127.0.0.1:7700`: after the first dot a field's name is the manifest's. */
const FIELD_NAME = /^[a-z][a-z-]*(?:\.[^\p{Cc}]*)?$/u;

function mapTable<T>(table: Readonly<Record<string, unknown>>, to: (value: unknown) => T): Record<string, T> {
  const entries = Object.entries(table).filter(([name]) => FIELD_NAME.test(name));
  return Object.fromEntries(entries.map(([name, value]) => [name, to(value)]));
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
