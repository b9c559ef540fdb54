import { generationIn, type Labels } from '../../domain/labels.js';
import type { Generation, Volume } from '../../domain/actual.js';
import { parseGeneration } from '../../domain/records.js';
import { attachmentsOf, exposuresOf } from './devices.js';

/** The generations that are recorded on an instance, the newest first. One that cannot be read is none. */
export function generationsOf(labels: Labels, volumes: readonly Volume[]): readonly Generation[] {
  const found = Object.entries(labels).flatMap(([key, text]): Generation[] => {
    const generation = generationIn(key);
    const record = generation === null ? null : parseGeneration(text);
    if (generation === null || !record) return [];
    const { devices } = record;
    const [exposures, attachments] = [exposuresOf({ devices }), attachmentsOf({ devices }, volumes)];
    return [{ ...record, generation, exposures, attachments }];
  });
  return found.sort((a, b) => b.generation - a.generation);
}
