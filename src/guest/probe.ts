import { askWithin, mustRun, TOO_LATE } from './ask.js';
import type { Patient } from './patient.js';
import { probeHttp, probeTcp } from './probe-port.js';
import { probeStable, probeUnit } from './probe-unit.js';
import { NO_RESTARTS, type Verdict } from './verdict.js';

const LEAST_MS = 1000;

/** One try. */
export async function probe(patient: Patient): Promise<Verdict> {
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
      return probeStable(patient);
  }
}

async function probeCommand(patient: Patient, command: readonly string[]): Promise<Verdict> {
  const limitMs = Math.max(LEAST_MS, patient.deadline - Date.now());
  const { exitCode, stdout, stderr } = await askWithin(patient, command, limitMs);
  const [program = ''] = command;
  if (exitCode === 0) return { note: `${program} exits with 0`, restarts: NO_RESTARTS };
  const log = `${stdout}\n${stderr}`.split('\n').filter((line) => line.trim() !== '');
  return {
    ill: exitCode === TOO_LATE ? `${program} does not end in time` : `${program} exits with ${exitCode}`,
    log,
  };
}
