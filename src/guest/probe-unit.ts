import { ask, BIN } from './ask.js';
import { originOf } from './origin.js';
import type { HealthTarget } from './health-target.js';
import { processesIn } from './processes.js';
import { DESCRIBE, PRELUDE, UNITS } from './shell.js';
import { LEFT } from './starts.js';
import { hasFailed, unitsIn } from './units.js';
import { ageOf, NO_ANSWER, runOf, type ProbeResult } from './verdict.js';

/** A unit's name where a switch has left it running as it was, its main process, then that unit and all others. */
const OF_UNIT = `${PRELUDE}${UNITS}${DESCRIBE}${LEFT}left "$1"
echo =
pid=$(systemctl show --property=MainPID --value -- "$1")
[ "\${pid:-0}" = 0 ] || describe "$pid"
echo =
units "$1" '*.service' '*.socket'`;

export async function probeUnit(patient: HealthTarget, name: string): Promise<ProbeResult> {
  const answer = await ask(patient, [`${BIN}/bash`, '-c', OF_UNIT, 'bash', name]);
  const [left = '', described = '', shown = ''] = (answer?.stdout ?? '').split(/^=\n/m);
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
  const origin = await originOf(processes, left.trim() === '' ? [] : [name], patient.closure);
  if (typeof origin !== 'string') return origin;
  const runs = new Map([[name, runOf(unit)]]);
  return {
    note: `${name} is active ${origin}`,
    runs,
    age: unit.pid === 0 ? 'old' : ageOf(processes),
    about: [unit.id],
    units,
  };
}
