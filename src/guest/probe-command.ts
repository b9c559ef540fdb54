import { askWithin, BIN, TOO_LATE } from './ask.js';
import type { CheckOf, HealthTarget } from './health-target.js';
import { PRELUDE, UNITS } from './shell.js';
import { hasEnded, hasFailed, isAiling, isOwn, isYoung, unitsIn, type Unit } from './units.js';
import { restartsOf, type ProbeResult } from './verdict.js';

const LEAST_MS = 1000;

/** The units, then the command in place of the shell. */
const COMMAND = `${PRELUDE}${UNITS}units '*.service' '*.socket'
echo =
trap - PIPE
exec "$@"`;

export async function probeCommand(
  patient: HealthTarget,
  { command }: CheckOf<'command'>,
): Promise<ProbeResult> {
  const limitMs = Math.max(LEAST_MS, patient.deadline - Date.now());
  const shell = [`${BIN}/bash`, '-c', COMMAND, 'bash', ...command];
  const { exitCode, stdout, stderr } = await askWithin(patient, shell, limitMs, { isAlone: true });
  const [shown, ...printed] = stdout.split(/^=\n/m) as [string, ...string[]];
  const units = unitsIn(shown);
  const [program] = command;
  if (exitCode === 0) {
    const others = await unfailing(patient, units);
    const runs = new Map(others.map((unit) => [unit.id, restartsOf(unit)]));
    return {
      note: `${program} exits with 0`,
      runs,
      age: others.some(isUnsteady) ? 'young' : 'old',
      about: [],
      units,
    };
  }
  const log = `${printed.join('=\n')}\n${stderr}`.split('\n').filter((line) => line.trim() !== '');
  const ill = exitCode === TOO_LATE ? `${program} does not end in time` : `${program} exits with ${exitCode}`;
  return { ill, log, units };
}

/** Those that were well before the app was changed. */
async function unfailing(patient: HealthTarget, units: readonly Unit[]): Promise<readonly Unit[]> {
  if (!units.some(isAiling)) return units;
  const baseline = await patient.baseline();
  return units.filter(({ id }) => !baseline.has(id));
}

/**
 * One of the app's own that may end any moment, or has: it is one of those that serve for a moment, or is between two
 * of its runs and the command found the next one. What others start and end all the time is no such one.
 */
function isUnsteady(unit: Unit): boolean {
  if (!isOwn(unit) || unit.starters.length > 0 || hasFailed(unit)) return false;
  return isAiling(unit) || (unit.sub === 'running' && (isYoung(unit) || hasEnded(unit)));
}
