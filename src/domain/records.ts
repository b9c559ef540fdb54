import type { Applied, Rejected, Generation } from './actual.js';
import { parseHold } from './hold.js';
import { GENERATION_PREFIX, LABEL, generationIn, type Labels } from './labels.js';
import {
  devicesFrom,
  facetFrom,
  facetsFrom,
  healthFrom,
  isGeneration,
  isSystem,
  isTable,
  isTime,
  stringsIn,
  tableIn,
  type Table,
} from './record-values.js';

/**
 * The records that pets keeps on an instance, as text and back. Users' instances have what older releases wrote: what is
 * written and what is read stays as it is. One that cannot be read is none: the next `up` finds out what is there and
 * writes a new one.
 */

/** What is recorded of a generation; its number is in the key. */
export type GenerationRecord = Omit<Generation, 'generation' | 'exposures' | 'attachments'>;

export function printApplied({ v, generation, toplevel, facets }: Applied): string {
  return JSON.stringify({ v, generation, toplevel, facets });
}

export function parseApplied(text: string | undefined): Applied | null {
  const value = tableIn(text);
  if (value?.['v'] !== 1) return null;
  const { toplevel, generation, facets } = value;
  if (!isSystem(toplevel) || !isGeneration(generation) || !isTable(facets)) return null;
  return { v: 1, toplevel, generation, facets: facetsFrom(facets) };
}

export function printCondemned({ at, facets, why, byHand }: Rejected): string {
  return JSON.stringify({ at, facets, why, byHand });
}

export function parseCondemned(text: string | undefined): Rejected | null {
  const { at, why, facets, byHand } = tableIn(text) ?? {};
  if (!isTime(at) || typeof why !== 'string' || !isTable(facets)) return null;
  return { at, why, facets: facetsFrom(facets), byHand: byHand === true };
}

export function printGeneration(record: GenerationRecord): string {
  const { toplevel, facets, secrets, health, config, devices, profiles, at, healthy } = record;
  return JSON.stringify({
    ...{ toplevel, facets },
    ...(secrets && { secrets }),
    ...{ health, config, devices, profiles, at, healthy },
  });
}

export function parseGeneration(text: string | undefined): GenerationRecord | null {
  const value = tableIn(text) ?? {};
  const { toplevel, facets, secrets, profiles } = value;
  const { at, healthy } = foundGoodIn(value);
  const health = healthFrom(value['health']);
  if (at === null || !isSystem(toplevel) || !isTable(facets) || health === undefined) return null;
  return {
    ...{ at, toplevel, facets: facetsFrom(facets), health, healthy },
    secrets: isTable(secrets) ? facetFrom(secrets) : null,
    config: stringsIn(value['config']),
    devices: devicesFrom(value['devices']),
    profiles: Array.isArray(profiles) ? profiles.filter((name) => typeof name === 'string') : [],
  };
}

/** When and how a generation was found good: that much is known of a record whose rest cannot be read, too. */
export function parseFoundGood(text: string | undefined): FoundGood {
  return foundGoodIn(tableIn(text) ?? {});
}

type FoundGood = { readonly at: string | null; readonly healthy: string | null };

function foundGoodIn({ at, healthy }: Table): FoundGood {
  return { at: isTime(at) ? at : null, healthy: typeof healthy === 'string' ? healthy : null };
}

/** The keys of records that are there and are not what pets writes: somebody else has been at them. */
export function unreadableIn(labels: Labels): readonly string[] {
  return Object.entries(labels)
    .filter(([key, text]) => text !== '' && isBroken(key, text))
    .map(([key]) => key)
    .sort();
}

function isBroken(key: string, text: string): boolean {
  if (key === LABEL.applied) return parseApplied(text) === null;
  if (key === LABEL.rejected) return parseCondemned(text) === null;
  if (key === LABEL.hold) return parseHold(text) === null;
  return key.startsWith(GENERATION_PREFIX) && (generationIn(key) === null || parseGeneration(text) === null);
}
