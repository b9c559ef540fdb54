import { killWords, type Stopped } from '../domain/stop-timeout.js';
import type { AppName } from '../domain/names.js';
import type { DesiredSecret } from '../domain/desired.js';
import type { Protection, Volume } from '../domain/actual.js';
import type { GeneratedSecrets, Guest, Incus } from '../domain/services.js';
import { EXIT, problemOf, ProblemError, type ExitCode } from '../domain/problem.js';
import type { Tell } from '../lib/progress.js';
import { protectedProblem } from '../domain/protection.js';
import type { Facts } from './format.js';

/** The app whose data is moved, as it was found. */
export type BackupTarget = {
  readonly app: AppName;
  readonly facts: Omit<Facts, 'time'>;
  /** All that bear its marks, those of killed runs included. */
  readonly volumes: readonly Volume[];
  /** Where it has them mounted, by their names in Incus. */
  readonly paths: ReadonlyMap<string, string>;
  /** Those that the manifest has pets generate. */
  readonly secrets: readonly DesiredSecret[];
  /** Whether its instance ran, and is to run again. */
  readonly isUp: boolean;
  readonly protections: readonly Protection[];
  /** How long a stop may take before it is a kill, ms. */
  readonly graceMs: number;
  /** The system that it is up with; null: that was never recorded. */
  readonly toplevel: string | null;
};

export type BackupContext = {
  readonly incus: Incus;
  readonly guest: Guest;
  readonly secrets: GeneratedSecrets;
  /** Bound on a boot, ms. */
  readonly limitMs: number;
  /** The app's folder of backups. */
  readonly root: string;
  readonly now: () => Date;
  readonly say: (line: string) => void;
  readonly tell: Tell;
  /** Its reason is the exit code. */
  readonly stop: AbortSignal;
  /** Before an app that runs is stopped, and once it runs again: who is killed in between cannot start it. */
  readonly noteDown?: (isDown: boolean) => Promise<void>;
};

/** A signal came: what was begun has been put in order again. */
export class Interrupted extends ProblemError {
  constructor(message: string, { reason }: AbortSignal) {
    super({ code: 'interrupted', message }, reason as ExitCode);
    this.name = 'Interrupted';
  }
}

export function throwIfAborted({ stop }: BackupContext): void {
  if (stop.aborted) throw new Interrupted('interrupted; nothing was changed', stop);
}

/** Every volume that an app is attached to, and no other instance may write while it is moved. */
export function refuseOthers({ app, volumes }: BackupTarget): void {
  for (const { volume, usedBy } of volumes) {
    const other = usedBy.find((user) => user !== app);
    if (other === undefined) continue;
    throw new ProblemError({
      code: 'volume-in-use',
      data: { volume, instance: other },
      message: `the volume \`${volume}\` of \`${app}\` is attached to \`${other}\` too, which pets does not stop`,
      hint: 'detach it there, then run the same command again',
    });
  }
}

/** One that could not be started again is not stopped. */
export function refuseProtected({ app, isUp, protections }: BackupTarget): void {
  const found = protections.find(({ against }) => against === 'start');
  if (isUp && found)
    throw new ProblemError(protectedProblem(app, found, 'it is to be stopped and started'), EXIT.manifest);
}

/** Runs `act` with the app stopped; how that ended. One that was up is started again, whatever became of it. */
export async function whileStopped(
  subject: BackupTarget,
  work: BackupContext,
  act: () => Promise<void>,
): Promise<Stopped> {
  await noteFailing(subject, work);
  let end: Stopped;
  try {
    if (subject.isUp) await work.noteDown?.(true);
    end = await stopApp(subject, work);
    await act();
  } catch (error) {
    throw both(error, await startAgain(subject, work).then(() => null, asError));
  }
  await startAgain(subject, work);
  return end;
}

async function startAgain(subject: BackupTarget, work: BackupContext): Promise<void> {
  await startApp(subject, work);
  if (subject.isUp) await work.noteDown?.(false);
}

/** Before the first stop: what fails already is not to be put down to what comes. */
export async function noteFailing(
  { app, isUp }: BackupTarget,
  { guest, limitMs }: BackupContext,
): Promise<void> {
  if (isUp) await guest.takeBaseline(app, limitMs);
}

/** One that does not run has come to its end before. */
export async function stopApp(
  { app, isUp, graceMs }: BackupTarget,
  { incus, say }: BackupContext,
): Promise<Stopped> {
  if (!isUp) return { forced: null };
  say('stopping');
  const end = await incus.stop(app, graceMs);
  const killed = killWords(end);
  if (killed !== null) say(`warning: ${killed}`);
  return end;
}

export async function startApp({ app, isUp }: BackupTarget, { incus, say }: BackupContext): Promise<void> {
  if (!isUp) return;
  say('starting');
  await incus.start(app);
}

/** What went wrong, and what went wrong while it was put in order. */
export function both(first: unknown, second: Error | null): unknown {
  return second === null ? first : new ProblemError([problemOf(first), problemOf(second)]);
}

export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

/** Waits until an app that was up is up again. */
export async function settleApp(
  { app, isUp, toplevel }: BackupTarget,
  { guest, limitMs, say }: BackupContext,
): Promise<void> {
  if (!isUp || toplevel === null) return;
  say('waiting for the system');
  const { warnings } = await guest.settle(app, toplevel, limitMs, (what) => {
    say(`waiting for ${what}`);
  });
  for (const warning of warnings) say(`warning: ${warning}`);
}
