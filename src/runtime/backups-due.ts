import { dueBackups } from '../backup/due.js';
import type { BackupTarget } from '../backup/subject.js';
import type { Actual } from '../domain/actual.js';
import { printBackupRecord } from '../domain/backup-record.js';
import type { AppName } from '../domain/names.js';
import { LOCAL } from './daemons.js';
import { backUpAll, interruptionOf, tellBackups, type BackedUp } from './backups.js';
import { subjectOf } from './data.js';
import { startLeft } from './left-stopped.js';
import { everything, observeIdle } from './observe.js';
import type { LockOptions } from './project-lock.js';
import type { Project } from './project-type.js';
import type { Runtime } from './runtime.js';
import { quietly } from './settle-updates.js';

/** `only`: nobody else's; null: all. */
type Asked = LockOptions & {
  readonly only: ReadonlySet<AppName> | null;
  readonly timeout: number;
  readonly onFolder: (folder: string) => void;
};

/**
 * Backs up the apps whose schedule came since their last backup. Whose first time is yet to come are noted; whom a
 * backup that was killed has left stopped are started first, whatever becomes of the next one.
 */
export async function backUpDue(
  runtime: Runtime,
  project: Project,
  { only, timeout, onFolder, ...options }: Asked,
): Promise<readonly BackedUp[]> {
  const { manifest } = project;
  if (!manifest.apps.some(({ backup }) => backup?.schedule)) return [];
  const found = await observeIdle(runtime, manifest.project, everything);
  const { actual, failed } = await startLeft(runtime, project, found, { ...options, only });
  await tellBackups(runtime, project, failed);
  if (interruptionOf(failed) !== null) return failed;
  await noteUnseen(runtime, project, actual);
  const isDown = new Set(failed.map(({ app }) => app));
  const subjects = dueSubjects(project, actual, only).filter(({ app }) => !isDown.has(app));
  const how = { timeout, isScheduled: true };
  const done = await runtime.draining((stop) =>
    backUpAll(runtime, subjects, { project, actual, how, stop, onFolder }),
  );
  return [...failed, ...done];
}

async function noteUnseen(runtime: Runtime, { manifest }: Project, actual: Actual): Promise<void> {
  const now = new Date();
  const incus = runtime.daemons.get(LOCAL).incus(manifest.project);
  for (const app of dueBackups(manifest.apps, actual, now).unseen) {
    const last = actual.apps.find(({ name }) => name === app)?.backup?.last ?? null;
    const record = printBackupRecord({ at: now.toISOString(), last, stopped: false });
    await quietly(runtime, () => incus.setConfig(app, record));
  }
}

/** As a run that changes nothing has it too. */
export function dueSubjects(
  { manifest }: Project,
  actual: Actual,
  only: ReadonlySet<AppName> | null,
): readonly BackupTarget[] {
  const { due } = dueBackups(manifest.apps, actual, new Date());
  return due
    .filter(({ name }) => only === null || only.has(name))
    .map(({ name }) => subjectOf(name, manifest, actual));
}
