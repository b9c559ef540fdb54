import type { AppName } from '../model.js';
import type { Incus } from '../ports.js';
import { FailedProgram, ProblemError } from '../problem.js';

const BIN = '/run/current-system/sw/bin';
const POLL_MS = 100;
/** For a command that only asks. */
const COMMAND_MS = 30_000;

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
    if ((await incus.status(app)) !== 'Running') throw await died(incus, app);
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

async function died(incus: Incus, app: AppName): Promise<FailedProgram> {
  return new FailedProgram(
    { app, message: 'the container died while it booted', hint: `look at \`incus info --show-log ${app}\`` },
    await incus.consoleTail(app),
  );
}

/** systemd says when the boot's jobs are done; before its bus is there it cannot be asked. */
async function hasBooted(incus: Incus, app: AppName, deadline: number): Promise<void> {
  for (;;) {
    const left = Math.max(1000, deadline - Date.now());
    const { stdout } = await incus.exec(app, [`${BIN}/systemctl`, 'is-system-running', '--wait'], left);
    const state = stdout.trim();
    if (state === 'running' || state === 'degraded') return;
    if ((await incus.status(app)) !== 'Running') throw await died(incus, app);
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
  const journal = await incus.exec(
    app,
    [`${BIN}/journalctl`, '--unit', first, '--lines', '20', '--no-pager', '--output', 'cat'],
    COMMAND_MS,
  );
  throw new FailedProgram(
    {
      app,
      message: `${units.join(', ')} failed`,
      hint: `look inside: incus exec ${app} -- journalctl -u ${first}`,
    },
    journal.stdout.split('\n').filter((l) => l !== ''),
  );
}

/** A bus that does not answer, as while it is reloaded, has not said that all is well. */
async function failedUnits(incus: Incus, app: AppName, deadline: number): Promise<string> {
  for (;;) {
    const command = [`${BIN}/systemctl`, 'list-units', '--failed', '--plain', '--no-legend'];
    const { exitCode, stdout, stderr } = await incus.exec(app, command, COMMAND_MS);
    if (exitCode === 0) return stdout;
    if (Date.now() > deadline)
      throw new ProblemError({ app, message: `systemd does not answer: ${stderr.trim()}` });
    await pause();
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, POLL_MS));
}
