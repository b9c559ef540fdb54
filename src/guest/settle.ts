import { poll } from '../lib/wait.js';
import type { AppName } from '../domain/names.js';
import type { GuestResult, Incus } from '../domain/services.js';
import { FailedProgram, ProblemError } from '../domain/problem.js';
import { ask, BIN, mustRun, type Asked } from './ask.js';
import { baselineOf } from './baseline.js';
import { watchJobs } from './jobs.js';
import { journalOf, lookInside } from './journal.js';
import { PRELUDE } from './shell.js';

const POLL_MS = 100;
/** Of units that have failed in a boot that does not end. */
const SHOWN = 3;

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
  since?: number,
): Promise<{ readonly warnings: readonly string[] }> {
  const guest = { incus, app, deadline: Date.now() + limitMs, during: 'while it booted', since };
  await runsSystem(guest, toplevel);
  let waitsFor = '';
  const booted = failedOnceBooted(guest, () => waitsFor);
  const failed = await watchJobs(incus, app, booted, (what) => {
    waitsFor = `, and waits for ${what}`;
    waits(what);
  });
  return { warnings: await excuseFailed(guest, failed) };
}

/** What answers must be the system that was asked for, not the one before. */
async function runsSystem(guest: Asked, toplevel: string): Promise<void> {
  const { incus, app, deadline } = guest;
  const look = async () => {
    const current = await incus.readLink(app, '/run/current-system');
    if (current !== toplevel) await mustRun(guest);
    return current;
  };
  const current = await poll(look, (seen) => seen === toplevel, { deadline, everyMs: POLL_MS });
  if (current === toplevel) return;
  const message = `the guest runs ${current ?? 'no system yet'} instead of ${toplevel}`;
  throw new FailedProgram({ code: 'boot-failed', app, message, hint: lookInside(guest, null) }, []);
}

/** What systemd says of the system, then the units that have failed. */
const STATE = `echo "$state"
systemctl list-units --failed --plain --no-legend --full`;
const BOOTED = `${PRELUDE}state=$(systemctl is-system-running --wait)
${STATE}`;
const BY_NOW = `${PRELUDE}state=$(systemctl is-system-running)
${STATE}`;

type Said = {
  readonly state: string;
  readonly failed: readonly string[];
  readonly answer: GuestResult | null;
};

async function askState(guest: Asked, script: string): Promise<Said> {
  const answer = await ask(guest, [`${BIN}/bash`, '-c', script]);
  const [state = '', ...lines] = (answer?.stdout ?? '').split('\n').map((line) => line.trim());
  return { state, failed: lines.flatMap((line) => line.split(/\s+/)[0] || []), answer };
}

/** Before its bus is there systemd cannot be asked; one that does not answer has not said that all is well. */
async function failedOnceBooted(guest: Asked, waitsFor: () => string): Promise<readonly string[]> {
  const look = async () => {
    const said = await askState(guest, BOOTED);
    if (!hasBooted(said)) await mustRun(guest);
    return said;
  };
  const said = await poll(look, hasBooted, { deadline: guest.deadline, everyMs: POLL_MS });
  if (hasBooted(said)) return said.failed;
  throw isUp(said) ? deaf(guest.app, said.answer) : await notUp(guest, waitsFor());
}

function isUp({ state }: Said): boolean {
  return state === 'running' || state === 'degraded';
}

function hasBooted(said: Said): boolean {
  return isUp(said) && said.answer?.exitCode === 0;
}

function deaf(app: AppName, answer: GuestResult | null): ProblemError {
  return new ProblemError({
    code: 'guest-unanswering',
    app,
    message: `systemd does not answer: ${answer?.stderr.trim() || 'it says nothing'}`,
  });
}

/** What is waited for may be what needs a unit that has failed. */
async function notUp(guest: Asked, waitsFor: string): Promise<ProblemError> {
  const { app } = guest;
  const { state, failed } = await askState(guest, BY_NOW);
  const others = await notBefore(guest, failed);
  const [first] = others;
  const message = `the system did not come up: systemd says \`${state || 'nothing'}\`${waitsFor}`;
  if (first === undefined)
    return new FailedProgram({ code: 'boot-failed', app, message, hint: lookInside(guest, null) }, []);
  const more = others.length > SHOWN ? ` and ${others.length - SHOWN} more` : '';
  return new FailedProgram(
    {
      code: 'boot-failed',
      app,
      message: `${message}; ${others.slice(0, SHOWN).join(', ')}${more} failed`,
      hint: lookInside(guest, first),
    },
    await journalOf(guest, first),
  );
}

async function notBefore({ incus, app }: Asked, failed: readonly string[]): Promise<readonly string[]> {
  const before = failed.length === 0 ? new Set<string>() : await baselineOf(incus, app)();
  return failed.filter((unit) => !before.has(unit));
}

/** A warning for each that had failed before as well; another one is a failure. */
async function excuseFailed(guest: Asked, failed: readonly string[]): Promise<string[]> {
  if (failed.length === 0) return [];
  const { app } = guest;
  const others = await notBefore(guest, failed);
  const [first] = others;
  if (first !== undefined)
    throw new FailedProgram(
      {
        code: 'unit-failed',
        data: { unit: others.join(' ') },
        app,
        message: `${others.join(', ')} failed`,
        hint: lookInside(guest, first),
      },
      await journalOf(guest, first),
    );
  return failed.map((unit) => `${unit} has failed, as it had before; ${lookInside(guest, unit)}`);
}
