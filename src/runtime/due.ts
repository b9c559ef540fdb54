import type { Actual, ActualApp } from '../domain/actual.js';
import { DEPLOYED } from '../domain/labels.js';
import { EXIT, ProblemError } from '../domain/problem.js';
import type { Desired } from '../domain/desired.js';
import { flakesOf, type Lock, type Locked, type ManifestApp } from '../domain/manifest.js';
import type { AppName } from '../domain/names.js';
import { lastDue } from '../domain/schedule.js';
import { printAttempt, type Attempt, type Pins } from '../domain/update.js';
import { asks } from '../facets/index.js';
import { moveAll, movePins } from '../manifest/lock.js';
import type { ChangingLock } from '../nix/lock-file.js';
import { planOf } from '../planner/plan.js';
import { LOCAL } from './daemons.js';
import { resolveDesired } from './project.js';
import type { Project } from './project-type.js';
import type { Runtime } from './runtime.js';
import { lockFileOf } from './wire.js';

/** The URLs of an app that `pets.lock` pins. */
export function pinnedUrls(app: ManifestApp): string[] {
  const remote = flakesOf(app).filter(({ directory }) => directory === undefined);
  return [...new Set(remote.map(({ url }) => url))].sort();
}

/** The apps that a URL is for. */
function usersOf({ manifest }: Project, url: string): AppName[] {
  return manifest.apps.filter((app) => pinnedUrls(app).includes(url)).map(({ name }) => name);
}

/**
 * Apps of the manifest whose schedule came since they were updated last, by name. One that has not been looked at yet
 * waits for its next time: `unseen` are those, and for them that is to be noted.
 */
export function dueApps(
  apps: readonly ManifestApp[],
  actual: Actual,
  now: Date,
): { readonly due: readonly ManifestApp[]; readonly unseen: readonly AppName[] } {
  const there = new Map(actual.apps.filter(isWhole).map((app) => [app.name, app]));
  const automatic = apps.filter(({ name, update }) => update !== null && there.has(name));
  const attemptOf = ({ name }: ManifestApp): Attempt | null => there.get(name)?.attempt ?? null;
  const isDue = (app: ManifestApp) => {
    const [attempt, last] = [attemptOf(app), app.update && lastDue(app.update.schedule, now)];
    return attempt !== null && last !== null && Date.parse(attempt.at) < last.getTime();
  };
  return {
    due: automatic.filter((app) => there.get(app.name)?.hold === null && isDue(app)),
    unseen: automatic.filter((app) => attemptOf(app) === null).map(({ name }) => name),
  };
}

/** One that is to be made yet, or that a run has left half done, is for `pets up`. */
function isWhole({ state, applied }: ActualApp): boolean {
  return state === 'ready' && applied !== null;
}

export async function noteAttempt(
  runtime: Runtime,
  { manifest }: Project,
  app: AppName,
  pins: Pins | null,
): Promise<void> {
  const incus = runtime.daemons.get(LOCAL).incus(manifest.project);
  await incus.setConfig(app, printAttempt({ at: new Date().toISOString(), pins }));
}

/** A project, what it asks for, and what is there. */
export type Seen = { readonly project: Project; readonly desired: Desired; readonly actual: Actual };

/** `look`: observes. As `settleUpdates` has it, where there is anything to settle. */
export async function seeSettled(
  runtime: Runtime,
  project: Project,
  only: ReadonlySet<AppName> | null,
  { look, mayWrite }: { readonly look: (desired: Desired) => Promise<Actual>; readonly mayWrite: boolean },
): Promise<Seen> {
  const desired = await resolveDesired(runtime, project, only);
  const actual = await look(desired);
  const settled = await settleUpdates(runtime, project, actual, mayWrite);
  if (settled === project) return { project, desired, actual };
  return { project: settled, desired: await resolveDesired(runtime, settled, only), actual };
}

/**
 * The project with a lock that says what serves: a run that was killed may have brought an app to new pins, and not
 * have written them down. Without `mayWrite` nothing is.
 */
export async function settleUpdates(
  runtime: Runtime,
  project: Project,
  actual: Actual,
  mayWrite: boolean,
): Promise<Project> {
  let settled = project;
  for (const app of actual.apps) {
    const pins = app.attempt?.pins ?? null;
    if (pins === null || !project.manifest.apps.some(({ name }) => name === app.name)) continue;
    const next = { ...settled, lock: lockWith(settled, app.name, pins) };
    // One that is half done goes back to what the lock says, with its data.
    if (isWhole(app) && (await serves(runtime, next, app.name, actual))) settled = next;
    if (!mayWrite) continue;
    await writeLock(settled);
    await noteAttempt(runtime, project, app.name, null);
  }
  return settled;
}

/** The lock once an app has gone on to `pins`. */
export function lockWith(project: Project, app: AppName, pins: Pins): Lock {
  return movePins(project.lock, app, pins, (url) => usersOf(project, url));
}

/** For whoever the URL is for, as somebody who moves it by hand expects. */
export function movePinOfAll(file: ChangingLock, url: string, pin: Locked): Promise<void> {
  return file.change((lock) => moveAll(lock, url, pin));
}

/** Whether what an app runs is what it is to run by this lock. */
async function serves(runtime: Runtime, project: Project, app: AppName, actual: Actual): Promise<boolean> {
  const desired = await resolveDesired(runtime, project, new Set());
  const plan = planOf(desired, actual, { prune: false, recreate: false, retry: false, only: new Set([app]) });
  return plan.apps.every((one) => one.app !== app || !one.changes.some((change) => asks(change, 'build')));
}

export async function writeLock(project: Project): Promise<void> {
  await lockFileOf(project).change(() => project.lock);
}

/** Where pins are written. Rejects where there is no such place. */
export function lockPathOf({ lockPath, manifest }: Pick<Project, 'lockPath' | 'manifest'>): string {
  if (lockPath === null) throw notLocked(manifest.project);
  return lockPath;
}

function notLocked(project: string): ProblemError {
  if (project !== DEPLOYED) {
    const hint = 'name the lock of this manifest with --lock-file';
    return new ProblemError(
      { code: 'lock-missing', message: 'there is no lock to be updated', hint },
      EXIT.usage,
    );
  }
  const message = 'what was deployed without a manifest is not pinned: each deploy takes the newest revision';
  return new ProblemError(
    { code: 'lock-missing', message, hint: '`pets up --deployed` does that for all of them' },
    EXIT.usage,
  );
}
