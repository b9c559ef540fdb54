import type { AppName } from '../model.js';
import type { Incus } from '../ports.js';
import { FailedProgram, ProblemError } from '../problem.js';
import { ask, BIN, mustRun, pause, type Asked } from './ask.js';
import { watchJobs } from './jobs.js';
import { journalOf, lookInside } from './journal.js';

const POLL_MS = 100;

/** Resolves when the guest has booted, runs `toplevel`, and no unit has failed. */
export async function settle(
  incus: Incus,
  app: AppName,
  toplevel: string,
  limitMs: number,
  waits: (what: string) => void,
): Promise<void> {
  const guest = { incus, app, deadline: Date.now() + limitMs, during: 'while it booted' };
  await runsSystem(guest, toplevel);
  let waitsFor = '';
  const booted = hasBooted(guest, () => waitsFor);
  await watchJobs(incus, app, booted, (what) => {
    waitsFor = `, and waits for ${what}`;
    waits(what);
  });
  await noUnitFailed(guest);
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

/** systemd says when the boot's jobs are done; before its bus is there it cannot be asked. */
async function hasBooted(guest: Asked, waitsFor: () => string): Promise<void> {
  for (;;) {
    const state = (await ask(guest, [`${BIN}/systemctl`, 'is-system-running', '--wait']))?.stdout.trim();
    if (state === 'running' || state === 'degraded') return;
    await mustRun(guest);
    if (Date.now() > guest.deadline) {
      const message = `the system did not come up: systemd says \`${state ?? 'nothing'}\`${waitsFor()}`;
      throw new FailedProgram({ app: guest.app, message }, []);
    }
    await pause(POLL_MS);
  }
}

async function noUnitFailed(guest: Asked): Promise<void> {
  const { app } = guest;
  const units = (await failedUnits(guest))
    .split('\n')
    .map((line) => line.trim().split(/\s+/)[0] ?? '')
    .filter((unit) => unit !== '');
  const first = units[0];
  if (first === undefined) return;
  throw new FailedProgram(
    { app, message: `${units.join(', ')} failed`, hint: lookInside(app, first) },
    await journalOf(guest, first),
  );
}

/** A bus that does not answer, as while it is reloaded, has not said that all is well. */
async function failedUnits(guest: Asked): Promise<string> {
  for (;;) {
    const command = [`${BIN}/systemctl`, 'list-units', '--failed', '--plain', '--no-legend'];
    const answer = await ask(guest, command);
    if (answer?.exitCode === 0) return answer.stdout;
    if (Date.now() > guest.deadline) {
      const words = answer?.stderr.trim() ?? 'it says nothing';
      throw new ProblemError({ app: guest.app, message: `systemd does not answer: ${words}` });
    }
    await pause(POLL_MS);
  }
}
