import type { Patient } from './patient.js';
import { listenersOn } from './processes.js';
import { hasFailed, unitsLike, waitsForRestart } from './units.js';

/** The unit that an app's ill health is most likely about; null: who knows. */
export async function suspectOf(patient: Patient): Promise<string | null> {
  const { health, app } = patient;
  const { check } = health;
  if (check.kind === 'unit') return check.unit;
  if (check.kind === 'http' || check.kind === 'tcp') {
    const listeners = (await listenersOn(patient, check.port)) ?? [];
    const unit = listeners.find((listener) => listener.unit !== null)?.unit;
    if (unit != null) return unit;
  }
  const units = (await unitsLike(patient, '*')) ?? [];
  const own = units.find(({ id, load }) => id === `${app}.service` && load === 'loaded');
  return (units.find(hasFailed) ?? units.find(waitsForRestart) ?? own)?.id ?? null;
}
