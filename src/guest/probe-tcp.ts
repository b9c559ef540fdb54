import { knockAt, nothingListens, stillToCome, whoAnswers } from './knock.js';
import type { CheckOf, HealthTarget } from './health-target.js';
import type { ProbeResult } from './verdict.js';

export async function probeTcp(patient: HealthTarget, { port }: CheckOf<'tcp'>): Promise<ProbeResult> {
  const knock = await knockAt(patient, port);
  if (knock === null) return { ill: `port ${port} of the guest accepts no connection` };
  if (!knock.isOpen) return { ill: nothingListens(port), units: stillToCome(knock) };
  return whoAnswers(patient, knock, `port ${port} accepts connections`);
}
