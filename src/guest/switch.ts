import type { AppName } from '../domain/names.js';
import type { GuestDeed, Incus } from '../domain/services.js';
import { FailedProgram, TimeoutProblem } from '../domain/problem.js';
import { currentSystem } from './ask.js';
import { isAwake } from './awake.js';
import { watchJobs } from './jobs.js';
import { noteStarts } from './starts.js';
import { judgeSwitch, refuseSwitch, type Refused } from './switch-exit.js';

export type Switched = { readonly kind: 'switched'; readonly warnings: readonly string[] } | Refused;

type Switching = {
  readonly limitMs: number;
  readonly say: (line: string) => void;
  readonly waits: (what: string) => void;
};

/** How long a guest that was started a moment ago may take until its systemd can be asked. */
const AWAKE_MS = 30_000;

/** One `switch`. A failure that a restart would not mend is a FailedProgram. */
export async function switchTo(
  incus: Incus,
  app: AppName,
  toplevel: string,
  { limitMs, say, waits }: Switching,
): Promise<Switched> {
  const deadline = Date.now() + Math.min(limitMs, AWAKE_MS);
  if (!(await isAwake({ incus, app, deadline, during: 'before it switched' })))
    return refuseSwitch('systemd does not answer in the guest', `see \`pets logs ${app}\``);
  await noteStarts(incus, app);
  const command = [`${toplevel}/bin/switch-to-configuration`, 'switch'];
  let waitsFor = '';
  let result: GuestDeed;
  try {
    result = await watchJobs(incus, app, incus.exec(app, command, limitMs), (what) => {
      waitsFor = `, waiting for ${what}`;
      waits(what);
    });
  } catch (error) {
    if (!(error instanceof TimeoutProblem)) throw error;
    const seconds = Math.round(limitMs / 1000);
    const advice = `it may still be running in the guest: see \`pets exec ${app} -- ps ax\``;
    return refuseSwitch(`the switch did not end within ${seconds} s${waitsFor}`, advice);
  }
  const exit = judgeSwitch(app, result);
  for (const line of exit.log) say(line);
  if (exit.kind === 'refused') return exit;
  if (exit.kind === 'failed')
    throw switchFailed(app, `switch-to-configuration failed with exit code ${result.exitCode}`, exit.log);
  if (exit.warnings.length > 0) await mustBeCurrent({ incus, app, toplevel }, exit.log);
  return { kind: 'switched', warnings: exit.warnings };
}

/** A snippet that exits ends the whole activation, and that makes the system the current one last. */
async function mustBeCurrent(
  { incus, app, toplevel }: { readonly incus: Incus; readonly app: AppName; readonly toplevel: string },
  log: readonly string[],
): Promise<void> {
  const guest = { incus, app, deadline: Date.now() + AWAKE_MS, during: 'while it switched' };
  const current = await currentSystem(guest);
  if (current === toplevel) return;
  const message = `the activation script broke off: the guest still runs ${current ?? 'no system'}`;
  throw switchFailed(app, message, log);
}

function switchFailed(app: AppName, message: string, log: readonly string[]): FailedProgram {
  return new FailedProgram(
    { code: 'switch-failed', app, message, hint: `fix the app's system and run \`pets up ${app}\` again` },
    log,
  );
}
