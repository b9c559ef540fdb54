import { askWithin, BIN, mustRun, TOO_LATE } from './ask.js';
import type { HealthTarget } from './health-target.js';
import { probeHttp } from './probe-http.js';
import { probeStable } from './probe-stable.js';
import { probeTcp } from './probe-tcp.js';
import { probeUnit } from './probe-unit.js';
import { PRELUDE, UNITS } from './shell.js';
import { isAiling, isOwn, isYoung, unitsIn, type Unit } from './units.js';
import { restartsOf, type ProbeResult } from './verdict.js';

const LEAST_MS = 1000;

/** One try. */
export async function probe(patient: HealthTarget): Promise<ProbeResult> {
  const { incus, app, toplevel, health } = patient;
  const current = await incus.readLink(app, '/run/current-system');
  if (current !== toplevel) {
    await mustRun(patient);
    return { ill: `the guest runs ${current ?? 'no system'} instead of ${toplevel}` };
  }
  const { check } = health;
  switch (check.kind) {
    case 'http':
      return probeHttp(patient, check);
    case 'tcp':
      return probeTcp(patient, check);
    case 'unit':
      return probeUnit(patient, check.unit);
    case 'command':
      return probeCommand(patient, check.command);
    case 'stable':
      return probeStable(patient, check);
  }
}

/** The units, then the command in place of the shell. */
const COMMAND = `${PRELUDE}${UNITS}units '*.service' '*.socket'
echo =
trap - PIPE
exec "$@"`;

async function probeCommand(patient: HealthTarget, command: readonly string[]): Promise<ProbeResult> {
  const limitMs = Math.max(LEAST_MS, patient.deadline - Date.now());
  const shell = [`${BIN}/bash`, '-c', COMMAND, 'bash', ...command];
  const { exitCode, stdout, stderr } = await askWithin(patient, shell, limitMs);
  const [shown = '', ...printed] = stdout.split(/^=\n/m);
  const units = unitsIn(shown);
  const [program = ''] = command;
  if (exitCode === 0) {
    const others = await unfailing(patient, units);
    const runs = new Map(others.map((unit) => [unit.id, restartsOf(unit)]));
    return { note: `${program} exits with 0`, runs, age: others.some(isNew) ? 'young' : 'old', about: [] };
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

/** One of the app's own that may end any moment. What others start and end all the time is no such one. */
function isNew(unit: Unit): boolean {
  return isOwn(unit) && unit.sub === 'running' && unit.starters.length === 0 && isYoung(unit);
}
