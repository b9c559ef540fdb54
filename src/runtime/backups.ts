import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { removeOlder, type Choose } from '../backup/folder.js';
import { Interrupted, type BackupTarget } from '../backup/subject.js';
import { takeBackup } from '../backup/take.js';
import type { Actual } from '../domain/actual.js';
import type { Sighting } from '../domain/alert.js';
import { printBackupRecord, type BackupRecord } from '../domain/backup-record.js';
import type { Manifest } from '../domain/manifest.js';
import type { AppName } from '../domain/names.js';
import { EXIT, problemOf, ProblemError, type ExitCode } from '../domain/problem.js';
import { expired, type Keep } from '../domain/retention.js';
import { keepSightings, tellSightings } from './alerts.js';
import { placeOf } from './backup-places.js';
import { workFor } from './data.js';
import type { Project } from './project-type.js';
import type { Runtime } from './runtime.js';
import { quietly } from './settle-updates.js';

export type BackingUp = {
  /** In place of where the manifest says; seen from the current folder. */
  readonly output?: string;
  /** So many of each app stay, however they were made; absent: as the manifest says. */
  readonly keep?: number;
  /** Limit for the boot after it, of an app that says nothing else, ms. */
  readonly timeout: number;
  /** Its schedule asks for it, and nobody is there. */
  readonly isScheduled: boolean;
};

/** What came of an app's backup: where it is, or why there is none, or not all that goes with it. */
export type BackedUp = {
  readonly app: AppName;
  readonly folder: string | null;
  readonly failure: ProblemError | null;
};

type Making = {
  readonly project: Project;
  readonly actual: Actual;
  readonly how: BackingUp;
  readonly stop: AbortSignal;
  /** Each that is whole, as it comes. */
  readonly onFolder: (folder: string) => void;
};

/** One after the other; one that fails leaves the others alone. What is wrong is kept, and told where nobody waits. */
export async function backUpAll(
  runtime: Runtime,
  subjects: readonly BackupTarget[],
  making: Making,
): Promise<readonly BackedUp[]> {
  const done: BackedUp[] = [];
  const { project, stop } = making;
  for (const subject of subjects) {
    try {
      if (stop.aborted) throw new Interrupted('interrupted; there is no new backup', stop);
      done.push({ app: subject.app, folder: await backUp(runtime, subject, making), failure: null });
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      done.push({ app: subject.app, folder: null, failure: error });
      if (!(error instanceof Interrupted)) continue;
      keepSightings(runtime, project, done.flatMap(sightingOf));
      return done;
    }
  }
  await tellBackups(runtime, project, done);
  return done;
}

export async function tellBackups(
  runtime: Runtime,
  project: Project,
  done: readonly BackedUp[],
): Promise<void> {
  await tellSightings(runtime, project, done.flatMap(sightingOf));
}

/** The signal that ended it; null: none did. */
export function interruptionOf(done: readonly BackedUp[]): Interrupted | null {
  const failure = done.at(-1)?.failure;
  return failure instanceof Interrupted ? failure : null;
}

/** How it ended: with which code the run, and what is told, in one line. */
export function endOfBackup({ app, folder, failure }: BackedUp): {
  readonly app: AppName;
  readonly result: 'backed-up' | 'failed' | 'interrupted';
  readonly words: string;
  readonly code: ExitCode;
} {
  if (failure === null) return { app, result: 'backed-up', words: folder ?? '', code: EXIT.ok };
  const words = problemOf(failure).message;
  return failure instanceof Interrupted
    ? { app, result: 'interrupted', words, code: failure.exitCode }
    : { app, result: 'failed', words, code: EXIT.failed };
}

function sightingOf({ app, failure }: BackedUp): Sighting[] {
  if (failure instanceof Interrupted) return [];
  if (failure === null) return [{ app, alert: null, mends: ['backup-failed', 'backup-late'], updated: null }];
  const alert = { kind: 'backup-failed' as const, message: problemOf(failure).message };
  return [{ app, alert, mends: [], updated: null }];
}

async function backUp(runtime: Runtime, subject: BackupTarget, making: Making): Promise<string> {
  const { project, actual, how, stop } = making;
  const { manifest } = project;
  const { app } = subject;
  const root = how.output === undefined ? placeOf(runtime, manifest, app) : resolve(runtime.cwd, how.output);
  const known = actual.apps.find(({ name }) => name === app)?.backup ?? null;
  const begun = new Date().toISOString();
  const record = (what: BackupRecord) => note(runtime, manifest, actual, app, what);
  const before = { at: known?.at ?? begun, last: known?.last ?? null };
  if (how.isScheduled) mustBeSamePlace(root, known);
  let isDown = false;
  const noteDown = async (down: boolean) => {
    isDown = down;
    const noted = record({ ...before, stopped: down });
    // That it runs again is no failure, whatever stands there.
    await (down ? noted : quietly(runtime, () => noted));
  };
  const facts = { ...subject.facts, ...(how.isScheduled && { scheduled: true as const }) };
  const work = workFor(runtime, { app, root, manifest, timeout: how.timeout });
  const context = { ...work, stop, ...(how.isScheduled && { noteDown }) };
  const { folder, backup } = await takeBackup({ ...subject, facts }, context).catch(
    async (error: unknown) => {
      // One that fails is not done again before its next time. Whoever ends the run wants one with the next.
      const at = error instanceof Interrupted ? before.at : begun;
      if (how.isScheduled) await quietly(runtime, () => record({ ...before, at, stopped: isDown }));
      throw error;
    },
  );
  const at = how.isScheduled ? begun : (known?.at ?? begun);
  // One that is taken elsewhere says nothing of where the others are.
  const place = how.output === undefined ? folder : (known?.last?.folder ?? folder);
  await quietly(runtime, () => record({ at, last: { at: backup.time, folder: place }, stopped: false }));
  making.onFolder(folder);
  await removeOld(runtime, join(root, app), app, making);
  return folder;
}

async function note(
  { daemons }: Runtime,
  { project }: Manifest,
  { apps }: Actual,
  app: AppName,
  record: BackupRecord,
): Promise<void> {
  // Of an app that is gone only volumes are left.
  if (!apps.some(({ name }) => name === app)) return;
  await daemons.of(app).incus(project).setConfig(app, printBackupRecord(record));
}

/**
 * Where the last backup was put there must still be: an empty mount point looks like a folder, and what is written
 * there fills another disk. Who moved the backups makes one by hand, and it goes on from there.
 */
function mustBeSamePlace(root: string, known: BackupRecord | null): void {
  const last = known?.last?.folder;
  if (last === undefined || !last.startsWith(`${root}/`) || existsSync(root)) return;
  throw new ProblemError({
    code: 'backup-failed',
    message: `the backups of before are not there any more: ${root} is gone, and the last one was ${last}`,
    hint: 'is it mounted? `pets backup` by hand begins anew where it is',
  });
}

async function removeOld(
  { output }: Runtime,
  root: string,
  app: AppName,
  { project: { manifest }, how }: Making,
): Promise<void> {
  const policy = manifest.apps.find(({ name }) => name === app)?.backup?.keep ?? null;
  const choose = chooserFor(how, policy);
  if (choose === null) return;
  const gone = await removeOlder(root, { project: manifest.project, app }, choose);
  if (gone.length === 0) return;
  const why = how.keep === undefined ? '`backup.keep` does not ask for it' : `${how.keep} are kept`;
  output.step(app, `deleted ${gone.join(', ')}: ${why}`);
}

/** Null: all stay. */
function chooserFor({ keep, isScheduled }: BackingUp, policy: Keep | null): Choose | null {
  if (keep !== undefined) return (own) => own.slice(0, -Math.max(1, keep));
  if (policy === null || !isScheduled) return null;
  return (own) => {
    const scheduled = own.filter(({ backup }) => backup.scheduled === true);
    const dated = scheduled.map((found) => ({ found, time: new Date(found.backup.time) }));
    return expired(dated, policy).map(({ found }) => found);
  };
}
