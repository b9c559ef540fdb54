import { dueBackups } from '../backup/due.js';
import type { BackupTarget } from '../backup/subject.js';
import type { Actual } from '../domain/actual.js';
import { printBackupRecord } from '../domain/backup-record.js';
import type { AppName } from '../domain/names.js';
import { startPlan } from '../planner/power.js';
import { carryOutUnattended } from './carry-out.js';
import { LOCAL } from './daemons.js';
import { backUpAll, type BackedUp } from './backups.js';
import { subjectOf } from './data.js';
import { everything, observeIdle, wantedBy } from './observe.js';
import { resolveDesired } from './project.js';
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
  const left = chosenOf(dueBackups(manifest.apps, found, new Date()).left, only);
  const actual = left.size === 0 ? found : await startLeft(runtime, project, left, options);
  await noteUnseen(runtime, project, actual);
  const subjects = dueSubjects(project, actual, only);
  const how = { timeout, isScheduled: true };
  return runtime.draining((stop) => backUpAll(runtime, subjects, { project, actual, how, stop, onFolder }));
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

function chosenOf(apps: readonly AppName[], only: ReadonlySet<AppName> | null): ReadonlySet<AppName> {
  return new Set(apps.filter((app) => only === null || only.has(app)));
}

/** What is there then. One that cannot be started keeps no other from being backed up, and is told by the next look. */
async function startLeft(
  runtime: Runtime,
  project: Project,
  apps: ReadonlySet<AppName>,
  options: LockOptions,
): Promise<Actual> {
  const desired = await resolveDesired(runtime, project, new Set());
  const actual = await observeIdle(runtime, desired.project, wantedBy(desired));
  for (const app of apps)
    runtime.output.step(app, 'was stopped for a backup that was killed, and is started');
  const work = { verb: 'start', ...startPlan(desired, actual, apps), project } as const;
  await carryOutUnattended(runtime, work, options);
  return observeIdle(runtime, project.manifest.project, everything);
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
