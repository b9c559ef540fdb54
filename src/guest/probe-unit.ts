import { originOf } from './origin.js';
import type { Patient } from './patient.js';
import { processOf } from './processes.js';
import { hasFailed, unitsLike, waitsForRestart } from './units.js';
import type { Ill, Verdict } from './verdict.js';

const NO_ANSWER: Ill = { ill: 'systemd does not answer' };

export async function probeUnit(patient: Patient, name: string): Promise<Verdict> {
  const [unit] = (await unitsLike(patient, name)) ?? [];
  if (!unit) return NO_ANSWER;
  if (unit.load === 'not-found') {
    const hint = `what there is: incus exec ${patient.app} -- systemctl list-units`;
    return { ill: `there is no unit ${name} in the guest`, hint, isFinal: true };
  }
  if (hasFailed(unit)) return { ill: `${name} has failed`, unit: name, isFinal: true };
  if (unit.active !== 'active') return { ill: `${name} is ${unit.active} (${unit.sub})`, unit: name };
  const processes = unit.pid === 0 ? [] : await processOf(patient, unit.pid);
  const origin = await originOf(processes, patient.closure);
  if (typeof origin !== 'string') return origin;
  return { note: `${name} is active ${origin}`, restarts: new Map([[name, unit.restarts]]) };
}

/** Nothing is known of the app itself. */
export async function probeStable(patient: Patient): Promise<Verdict> {
  const units = (await unitsLike(patient, '*')) ?? [];
  if (units.length === 0) return NO_ANSWER;
  const failed = units.filter(hasFailed).map(({ id }) => id);
  if (failed[0] !== undefined) {
    const verb = failed.length === 1 ? 'has' : 'have';
    return { ill: `${failed.join(', ')} ${verb} failed`, unit: failed[0], isFinal: true };
  }
  const waiting = units.find(waitsForRestart)?.id;
  if (waiting !== undefined) return { ill: `${waiting} has ended and waits for its restart`, unit: waiting };
  const { successes, intervalMs } = patient.health;
  return {
    note: `no unit failed or restarted for ${((successes - 1) * intervalMs) / 1000} s`,
    restarts: new Map(units.map(({ id, restarts }) => [id, restarts])),
  };
}
