import type { AppName } from '../model.js';
import type { GuestResult, Incus } from '../ports.js';
import { FailedProgram, ProblemError } from '../problem.js';
import { ask, BIN, mustRun, pause, type Asked } from './ask.js';
import { baselineOf } from './baseline.js';
import { watchJobs } from './jobs.js';
import { journalOf, lookInside } from './journal.js';
import { PRELUDE } from './shell.js';

const POLL_MS = 100;

/**
 * Resolves when the guest has booted, runs `toplevel`, and no unit has failed but those that had before: these are
 * warnings.
 */
export async function settle(
  incus: Incus,
  app: AppName,
  toplevel: string,
  limitMs: number,
  waits: (what: string) => void,
): Promise<{ readonly warnings: readonly string[] }> {
  const guest = { incus, app, deadline: Date.now() + limitMs, during: 'while it booted' };
  await runsSystem(guest, toplevel);
  let waitsFor = '';
  const booted = failedOnceBooted(guest, () => waitsFor);
  const failed = await watchJobs(incus, app, booted, (what) => {
    waitsFor = `, and waits for ${what}`;
    waits(what);
  });
  return { warnings: await excused(guest, failed) };
}

/** What answers must be the system that was asked for, not the one before. */
async function runsSystem(guest: Asked, toplevel: string): Promise<void> {
  const { incus, app, deadline } = guest;
  for (;;) {
    const current = await incus.readLink(app, '/run/current-system');
    if (current === toplevel) return;
    await mustRun(guest);
    if (Date.now() > deadline) {
      const message = `the guest runs ${current ?? 'no system yet'} instead of ${toplevel}`;
      throw new FailedProgram({ app, message, hint: lookInside(app, null) }, []);
    }
    await pause(POLL_MS);
  }
}

/** The state of the system once the boot's jobs are done, then the units that have failed. */
const BOOT = `${PRELUDE}state=$(systemctl is-system-running --wait)
echo "$state"
case $state in
  running | degraded) systemctl list-units --failed --plain --no-legend --full ;;
esac`;

/** Before its bus is there systemd cannot be asked; one that does not answer has not said that all is well. */
async function failedOnceBooted(guest: Asked, waitsFor: () => string): Promise<string[]> {
  for (;;) {
    const answer = await ask(guest, [`${BIN}/bash`, '-c', BOOT]);
    const [state = '', ...lines] = (answer?.stdout ?? '').split('\n').map((line) => line.trim());
    const isUp = state === 'running' || state === 'degraded';
    if (isUp && answer?.exitCode === 0) return lines.flatMap((line) => line.split(/\s+/)[0] || []);
    await mustRun(guest);
    if (Date.now() > guest.deadline) throw notUp(guest.app, isUp, state, answer, waitsFor());
    await pause(POLL_MS);
  }
}

function notUp(
  app: AppName,
  isUp: boolean,
  state: string,
  answer: GuestResult | null,
  waitsFor: string,
): ProblemError {
  const words = answer?.stderr.trim() || 'it says nothing';
  if (isUp) return new ProblemError({ app, message: `systemd does not answer: ${words}` });
  const message = `the system did not come up: systemd says \`${state || 'nothing'}\`${waitsFor}`;
  return new FailedProgram({ app, message }, []);
}

/** A warning for each that had failed before as well; another one is a failure. */
async function excused(guest: Asked, failed: readonly string[]): Promise<string[]> {
  if (failed.length === 0) return [];
  const { app, incus } = guest;
  const baseline = await baselineOf(incus, app)();
  const others = failed.filter((unit) => !baseline.has(unit));
  const [first] = others;
  if (first !== undefined)
    throw new FailedProgram(
      { app, message: `${others.join(', ')} failed`, hint: lookInside(app, first) },
      await journalOf(guest, first),
    );
  return failed.map((unit) => `${unit} has failed, as it had before; ${lookInside(app, unit)}`);
}
