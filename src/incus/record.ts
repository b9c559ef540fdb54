import { generationIn } from '../marks.js';
import type {
  Applied,
  Condemned,
  Facet,
  Facets,
  Generation,
  Health,
  Passthrough,
  StorePath,
  Volume,
} from '../model.js';
import { attachmentsOf, exposuresOf } from './devices.js';

/** A record that cannot be read is none: the next `up` finds out what is there and writes a new one. */
export function parseApplied(text: string | undefined): Applied | null {
  const value = tableIn(text);
  if (value?.['v'] !== 1) return null;
  const { toplevel, generation, facets } = value;
  if (typeof toplevel !== 'string' || typeof generation !== 'number' || !isTable(facets)) return null;
  return { v: 1, toplevel: toplevel as StorePath, generation, facets: facetsFrom(facets) };
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
  const { at, toplevel, facets, health, healthy, profiles } = value;
  if (typeof at !== 'string' || typeof toplevel !== 'string' || !isTable(facets)) return [];
  const devices = devicesFrom(value['devices']);
  return [
    {
      ...{ generation, at, toplevel: toplevel as StorePath, facets: facetsFrom(facets), devices },
      health: isTable(health) && isTable(health['check']) ? (health as Health) : null,
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
  if (typeof at !== 'string' || typeof why !== 'string' || !isTable(facets)) return null;
  return { at, why, facets: facetsFrom(facets), byHand: byHand === true };
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
