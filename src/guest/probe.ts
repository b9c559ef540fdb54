import { currentSystem, mustRun } from './ask.js';
import type { HealthTarget } from './health-target.js';
import { probeCommand } from './probe-command.js';
import { probeHttp } from './probe-http.js';
import { probeStable } from './probe-stable.js';
import { probeTcp } from './probe-tcp.js';
import { probeUnit } from './probe-unit.js';
import type { ProbeResult } from './verdict.js';

/** One try. */
export async function probe(patient: HealthTarget): Promise<ProbeResult> {
  const { toplevel, health } = patient;
  const current = await currentSystem(patient);
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
      return probeCommand(patient, check);
    case 'stable':
      return probeStable(patient, check);
  }
}
