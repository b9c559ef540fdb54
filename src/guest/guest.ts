import type { AppName } from '../model.js';
import type { Guest, GuestResult, Incus } from '../ports.js';
import { FailedProgram, ProblemError, TimeoutProblem } from '../problem.js';

const BIN = '/run/current-system/sw/bin';
const GRACE_MS = 30_000;
const POLL_MS = 100;
/** For a command that only asks. */
const COMMAND_MS = 30_000;
/** switch-to-configuration: active, but some unit failed or could not be reloaded. */
const ACTIVE_WITH_FAILURES = 4;

/** A pet from inside. `limitMs` bounds each switch and each boot. */
export function guestOver(incus: Incus, limitMs: number): Guest {
  return {
    activate: async (app, toplevel, say) => {
      const switched = await switchTo(incus, app, toplevel, limitMs, say).catch(async (error: unknown) => {
        // A guest that died before or during the switch boots into the new system: the profile is set.
        if ((await incus.status(app)) === 'Running') throw error;
        return { restart: true, reason: 'the container had stopped' } as const;
      });
      if (!switched.restart) return { warnings: switched.warnings };
      say(`${switched.reason}: restarting the container`);
      await incus.stop(app, GRACE_MS);
      await incus.start(app);
      return { warnings: [`${switched.reason}; the container was restarted instead`] };
    },

    settle: async (app, toplevel) => {
      const deadline = Date.now() + limitMs;
      await runsSystem(incus, app, toplevel, deadline);
      await hasBooted(incus, app, deadline);
      await noUnitFailed(incus, app, deadline);
    },
  };
}

type Switched =
  | { readonly restart: false; readonly warnings: readonly string[] }
  | { readonly restart: true; readonly reason: string };

async function switchTo(
  incus: Incus,
  app: AppName,
  toplevel: string,
  limitMs: number,
  say: (line: string) => void,
): Promise<Switched> {
  let result: GuestResult;
  try {
    result = await incus.exec(app, [`${toplevel}/bin/switch-to-configuration`, 'switch'], limitMs);
  } catch (error) {
    if (!(error instanceof TimeoutProblem)) throw error;
    return { restart: true, reason: `the switch did not end within ${Math.round(limitMs / 1000)} s` };
  }
  const lines = linesOf(result);
  for (const line of lines) say(line);
  if (result.exitCode === 0) return { restart: false, warnings: [] };
  if (result.exitCode === ACTIVE_WITH_FAILURES) {
    return {
      restart: false,
      warnings: [lines.find((l) => l.includes('failed')) ?? 'some unit failed during the switch'],
    };
  }
  const text = lines.join('\n');
  if (/Pre-switch check .*failed|switchInhibitors/.test(text))
    return { restart: true, reason: 'the system refuses to be switched to while it runs' };
  if (/Could not acquire lock/.test(text) || result.exitCode === 11)
    return { restart: true, reason: 'another switch holds the lock' };
  throw new FailedProgram(
    {
      app,
      message: `switch-to-configuration failed with exit code ${result.exitCode}`,
      hint: `fix the app's flake and run \`pets up ${app}\` again`,
    },
    lines,
  );
}

function linesOf(result: GuestResult): string[] {
  return `${result.stdout}\n${result.stderr}`.split('\n').filter((l) => l.trim() !== '');
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
    30_000,
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
