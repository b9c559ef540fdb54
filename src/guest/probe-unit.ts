import { ask, BIN } from './ask.js';
import { originOf } from './origin.js';
import type { Patient } from './patient.js';
import { processesIn } from './processes.js';
import { DESCRIBE, PRELUDE, UNITS } from './shell.js';
import { hasFailed, isAiling, unitsIn, waitsForRestart } from './units.js';
import { ageOf, NO_ANSWER, restartsOf, runOf, type Verdict } from './verdict.js';

/** The main process of a unit, then that unit and all others. */
const OF_UNIT = `${PRELUDE}${UNITS}${DESCRIBE}pid=$(systemctl show --property=MainPID --value -- "$1")
[ "\${pid:-0}" = 0 ] || describe "$pid"
echo =
units "$1" '*.service' '*.socket'`;

export async function probeUnit(patient: Patient, name: string): Promise<Verdict> {
  const answer = await ask(patient, [`${BIN}/bash`, '-c', OF_UNIT, 'bash', name]);
  const [described = '', shown = ''] = (answer?.stdout ?? '').split(/^=\n/m);
  const units = answer?.exitCode === 0 ? unitsIn(shown) : [];
  const [unit] = units;
  if (!unit) return NO_ANSWER;
  if (unit.load === 'not-found') {
    const hint = `what there is: \`pets exec ${patient.app} -- systemctl list-units\``;
    return { ill: `there is no unit ${name} in the guest`, hint, isFinal: true };
  }
  if (hasFailed(unit)) return { ill: `${name} has failed`, unit: name, isFinal: true };
  if (unit.active !== 'active')
    return { ill: `${name} is ${unit.active} (${unit.sub})`, unit: name, units, about: [unit.id] };
  const processes = processesIn(described).filter(({ pid }) => pid === unit.pid);
  const origin = await originOf(processes, patient.closure);
  if (typeof origin !== 'string') return origin;
  const runs = new Map([[name, runOf(unit)]]);
  return {
    note: `${name} is active ${origin}`,
    runs,
    age: unit.pid === 0 ? 'old' : ageOf(processes),
    about: [unit.id],
  };
}

const NOTHING: ReadonlySet<string> = new Set();
const ALL = `${PRELUDE}${UNITS}units "$@"`;

/** Nothing is known of the app itself. */
export async function probeStable(patient: Patient): Promise<Verdict> {
  const answer = await ask(patient, [`${BIN}/bash`, '-c', ALL, 'bash', '*']);
  const units = answer?.exitCode === 0 ? unitsIn(answer.stdout) : [];
  if (units.length === 0) return NO_ANSWER;
  const known = units.some(isAiling) ? await patient.baseline() : NOTHING;
  const others = units.filter(({ id }) => !known.has(id));
  const failed = others.filter(hasFailed).map(({ id }) => id);
  if (failed[0] !== undefined) {
    const verb = failed.length === 1 ? 'has' : 'have';
    return { ill: `${failed.join(', ')} ${verb} failed`, unit: failed[0], isFinal: true };
  }
  const waiting = others.find(waitsForRestart)?.id;
  if (waiting !== undefined) return { ill: `${waiting} has ended and waits for its restart`, unit: waiting };
  const { successes, intervalMs } = patient.health;
  const seconds = ((successes - 1) * intervalMs) / 1000;
  const excused = units.filter((unit) => known.has(unit.id) && isAiling(unit)).map(({ id }) => id);
  const but = excused.length === 0 ? '' : `, but for ${excused.sort().join(', ')}, as before`;
  const runs = new Map(others.map((unit) => [unit.id, restartsOf(unit)]));
  return { note: `no unit failed or restarted for ${seconds} s${but}`, runs, age: 'old', about: [] };
}
