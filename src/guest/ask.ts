import { sleep } from '../lib/wait.js';
import type { AppName } from '../domain/names.js';
import type { GuestResult, Incus } from '../domain/services.js';
import { FailedProgram, ProblemError, TimeoutProblem } from '../domain/problem.js';

export const BIN = '/run/current-system/sw/bin';
/** One command may take so long; then how the container is must be looked at. */
const SLICE_MS = 15_000;
/** A limit that has just run out still lets a command answer. */
const LEAST_MS = 3000;

/** A guest, and until when it is asked. */
export type Asked = {
  readonly incus: Incus;
  readonly app: AppName;
  /** As `Date.now()` counts. */
  readonly deadline: number;
  /** What goes on meanwhile: `while it booted`. */
  readonly during: string;
  /** When what is looked at was started, as `Date.now()` counts; absent: nobody knows. */
  readonly since?: number | undefined;
};

/** A command in the guest, within what is left of the limit; null when that, or a slice of it, was not enough. */
export async function ask(
  guest: Asked,
  command: readonly string[],
  limitMs = Math.max(LEAST_MS, Math.min(SLICE_MS, guest.deadline - Date.now())),
  how: { readonly isAlone?: boolean } = {},
): Promise<GuestResult | null> {
  try {
    return await guest.incus.query(guest.app, command, limitMs, how);
  } catch (error) {
    if (!(error instanceof TimeoutProblem || isDying(error))) await mustStillRun(guest, error);
    await mustRun(guest);
    return null;
  }
}

/** What Incus says of a command that it was to begin in a guest which ends: on a busy machine that takes seconds. */
function isDying(error: unknown): boolean {
  return error instanceof ProblemError && /Failed to retrieve PID of executing child/.test(error.message);
}

const LOOKS = 10;
const LOOK_MS = 200;

/** A guest that has just died reads as running for a moment. One that goes on running has an error of its own. */
async function mustStillRun(guest: Asked, error: unknown): Promise<void> {
  for (let n = 0; n < LOOKS; n++) {
    await mustRun(guest);
    await sleep(LOOK_MS);
  }
  throw error;
}

/** What timeout(1) exits with. */
export const TOO_LATE = 124;
/** What ending a command takes, over its limit. */
const MARGIN_MS = 3000;

/** One that does not run on in the guest when its time is up: `TOO_LATE`. */
export async function askWithin(
  guest: Asked,
  command: readonly string[],
  limitMs: number,
  how: { readonly isAlone?: boolean } = {},
): Promise<GuestResult> {
  const limit = [`${BIN}/timeout`, '--kill-after=1', String(limitMs / 1000)];
  const answer = await ask(guest, [...limit, ...command], limitMs + MARGIN_MS, how);
  return answer ?? { exitCode: TOO_LATE, stdout: '', stderr: '' };
}

/** The system that a guest runs which answers, null where it does not say. */
export async function currentSystem(guest: Asked): Promise<string | null> {
  const answer = await ask(guest, [`${BIN}/readlink`, '/run/current-system']);
  return answer?.stdout.trim() || null;
}

/** A guest that was frozen or is dead explains why it does not answer. */
export async function mustRun({ incus, app, during }: Asked): Promise<void> {
  const status = await incus.status(app);
  if (status === 'Running') return;
  if (status === 'Frozen') {
    const hint = `\`pets up ${app}\` thaws it`;
    throw new ProblemError({ code: 'guest-frozen', app, message: 'somebody froze the container', hint });
  }
  throw new FailedProgram(
    {
      code: 'guest-died',
      app,
      message: `the container died ${during}`,
      hint: `look at \`incus info --show-log ${app}\``,
    },
    await incus.consoleTail(app),
  );
}
