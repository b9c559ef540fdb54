import type { AppName } from '../model.js';
import type { GuestResult, Incus } from '../ports.js';
import { FailedProgram, ProblemError, TimeoutProblem } from '../problem.js';

const BIN = '/run/current-system/sw/bin';
const POLL_MS = 100;
/** One command may take so long; then how the container is must be looked at. */
const SLICE_MS = 15_000;
/** A limit that has just run out still lets a command answer. */
const LEAST_MS = 3000;

/** Resolves when the guest has booted, runs `toplevel`, and no unit has failed. */
export async function settle(incus: Incus, app: AppName, toplevel: string, limitMs: number): Promise<void> {
  const deadline = Date.now() + limitMs;
  await runsSystem(incus, app, toplevel, deadline);
  await hasBooted(incus, app, deadline);
  await noUnitFailed(incus, app, deadline);
}

/** What answers must be the system that was asked for, not the one before. */
async function runsSystem(incus: Incus, app: AppName, toplevel: string, deadline: number): Promise<void> {
  for (;;) {
    const current = await incus.readLink(app, '/run/current-system');
    if (current === toplevel) return;
    await mustRun(incus, app);
    if (Date.now() > deadline) {
      throw new ProblemError({
        app,
        message: `the guest runs ${current ?? 'no system yet'} instead of ${toplevel}`,
        hint: `look inside: incus exec ${app} -- journalctl -b`,
      });
    }
    await pause();
  }
}

/** systemd says when the boot's jobs are done; before its bus is there it cannot be asked. */
async function hasBooted(incus: Incus, app: AppName, deadline: number): Promise<void> {
  for (;;) {
    const command = [`${BIN}/systemctl`, 'is-system-running', '--wait'];
    const state = (await ask(incus, app, command, deadline))?.stdout.trim() ?? 'nothing';
    if (state === 'running' || state === 'degraded') return;
    await mustRun(incus, app);
    if (Date.now() > deadline)
      throw new ProblemError({ app, message: `the system did not come up: systemd says \`${state}\`` });
    await pause();
  }
}

async function noUnitFailed(incus: Incus, app: AppName, deadline: number): Promise<void> {
  const units = (await failedUnits(incus, app, deadline))
    .split('\n')
    .map((line) => line.trim().split(/\s+/)[0] ?? '')
    .filter((unit) => unit !== '');
  const first = units[0];
  if (first === undefined) return;
  const command = [`${BIN}/journalctl`, '--unit', first, '--lines', '20', '--no-pager', '--output', 'cat'];
  const journal = await ask(incus, app, command, deadline);
  throw new FailedProgram(
    {
      app,
      message: `${units.join(', ')} failed`,
      hint: `look inside: incus exec ${app} -- journalctl -u ${first}`,
    },
    (journal?.stdout ?? '').split('\n').filter((l) => l !== ''),
  );
}

/** A bus that does not answer, as while it is reloaded, has not said that all is well. */
async function failedUnits(incus: Incus, app: AppName, deadline: number): Promise<string> {
  for (;;) {
    const command = [`${BIN}/systemctl`, 'list-units', '--failed', '--plain', '--no-legend'];
    const answer = await ask(incus, app, command, deadline);
    if (answer?.exitCode === 0) return answer.stdout;
    if (Date.now() > deadline) {
      const words = answer?.stderr.trim() ?? 'it says nothing';
      throw new ProblemError({ app, message: `systemd does not answer: ${words}` });
    }
    await pause();
  }
}

/** A command in the guest, within what is left of the limit; null when that, or a slice of it, was not enough. */
async function ask(
  incus: Incus,
  app: AppName,
  command: readonly string[],
  deadline: number,
): Promise<GuestResult | null> {
  const limitMs = Math.max(LEAST_MS, Math.min(SLICE_MS, deadline - Date.now()));
  try {
    return await incus.exec(app, command, limitMs);
  } catch (error) {
    await mustRun(incus, app);
    if (error instanceof TimeoutProblem) return null;
    throw error;
  }
}

/** A guest that was frozen or is dead explains why it does not answer. */
async function mustRun(incus: Incus, app: AppName): Promise<void> {
  const status = await incus.status(app);
  if (status === 'Running') return;
  if (status === 'Frozen') {
    const hint = `\`pets up ${app}\` thaws it`;
    throw new ProblemError({ app, message: 'somebody froze the container', hint });
  }
  throw new FailedProgram(
    { app, message: 'the container died while it booted', hint: `look at \`incus info --show-log ${app}\`` },
    await incus.consoleTail(app),
  );
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, POLL_MS));
}
