import type { HealthTarget } from './health-target.js';
import type { Row } from './row.js';
import { hasFailed, waitsForRestart } from './units.js';

/** The unit that an app's ill health is most likely about; null: who knows. */
export function suspectOf({ app, health: { check } }: HealthTarget, { ill, about }: Row): string | null {
  if (check.kind === 'unit') return check.unit;
  const units = ill?.units ?? [];
  const [answers] = ill?.about ?? [];
  if (answers !== undefined) return answers;
  const failing = units.find(hasFailed) ?? units.find(waitsForRestart);
  const own = units.find(({ id, load }) => id === `${app}.service` && load === 'loaded');
  return failing?.id ?? [...about][0] ?? own?.id ?? null;
}
