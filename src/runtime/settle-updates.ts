import { isWhole, type Actual, type ActualApp } from '../domain/actual.js';
import type { Desired } from '../domain/desired.js';
import { DEPLOYED } from '../domain/labels.js';
import type { Lock, Locked, ManifestApp } from '../domain/manifest.js';
import type { AppName } from '../domain/names.js';
import { EXIT, problemOf, ProblemError } from '../domain/problem.js';
import { printAttempt, type Attempt, type PinMove, type Pins } from '../domain/update.js';
import { nixpkgsIdentityIn, sourceIn } from '../facets/system.js';
import { moveAll, movePins, pinOf } from '../manifest/lock.js';
import type { ChangingLock } from '../nix/lock-file.js';
import { LOCAL } from './daemons.js';
import { pinnedUrls } from './due.js';
import { lockAt, resolveDesired } from './project.js';
import type { Project } from './project-type.js';
import type { Runtime } from './runtime.js';
import { lockFileOf } from './wire.js';

async function noteAttempt(
  runtime: Runtime,
  { manifest }: Project,
  app: AppName,
  attempt: Attempt,
): Promise<void> {
  await runtime.daemons.get(LOCAL).incus(manifest.project).setConfig(app, printAttempt(attempt));
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
  for (const there of actual.apps) {
    const { attempt } = there;
    const app = project.manifest.apps.find(({ name, was }) => name === there.name || was === there.name);
    if (!app || attempt === null || attempt.move === null) continue;
    try {
      const isThere = await serves(runtime, settled, { app, there, attempt });
      if (isThere)
        settled = mayWrite
          ? await writePins(settled, app.name, attempt.move.to)
          : withPins(settled, app.name, attempt.move.to);
      // One that is down is still to be finished, and whoever is at it may be cut short as well.
      const isOver = isThere || (isWhole(there) && there.status === 'Running');
      if (mayWrite && isOver) await noteAttempt(runtime, project, there.name, { ...attempt, move: null });
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      // One that cannot be written to must not keep the others from being brought up.
      runtime.output.notice(
        'warning',
        `what an update of ${app.name} came to is not settled: ${problemOf(error).message}`,
      );
    }
  }
  return settled;
}

type Moving = { readonly app: ManifestApp; readonly there: ActualApp; readonly attempt: Attempt };

/**
 * Whether an app is whole and runs from the sources that it was being brought to, and the lock is as it was then: whoever
 * has changed it since wants something else. One that is half done goes back to what the lock says, with its data.
 */
async function serves(runtime: Runtime, project: Project, { app, there, attempt }: Moving): Promise<boolean> {
  const { from = {}, to = {} } = attempt.move ?? {};
  const urls = Object.keys(to);
  const own = new Set(pinnedUrls(app));
  if (!isWhole(there) || !urls.every((url) => own.has(url))) return false;
  if (!urls.every((url) => pinOf(project.lock, app.name, url)?.locked === from[url]?.locked)) return false;
  const desired = await resolveDesired(runtime, withPins(project, app.name, to), new Set());
  const facets = desired.apps.find(({ name }) => name === app.name)?.facets;
  const serving = there.applied?.facets;
  return sourceIn(facets) === sourceIn(serving) && nixpkgsIdentityIn(facets) === nixpkgsIdentityIn(serving);
}

/** The project once an app has gone on to `pins`; nothing is written. */
export function withPins(project: Project, app: AppName, pins: Pins): Project {
  return { ...project, lock: moved(project.lock, project, app, pins) };
}

function moved(lock: Lock, { manifest }: Project, app: AppName, pins: Pins): Lock {
  const usersOf = (url: string) =>
    manifest.apps.filter((one) => pinnedUrls(one).includes(url)).map(({ name }) => name);
  return movePins(lock, app, pins, usersOf);
}

/** The same, written. Somebody may have changed the file since it was read, and is not overwritten. */
export async function writePins(project: Project, app: AppName, pins: Pins): Promise<Project> {
  const { lockPath, manifest } = project;
  if (lockPath === null) return withPins(project, app, pins);
  const lock = moved(lockAt(lockPath, manifest), project, app, pins);
  await lockFileOf(project).change(() => lock);
  return { ...project, lock };
}

export function pinsIn({ lock }: Project, app: AppName, urls: readonly string[]): Pins {
  return Object.fromEntries(
    urls.flatMap((url) => {
      const pin = pinOf(lock, app, url);
      return pin === null ? [] : [[url, pin] as const];
    }),
  );
}

export function note(runtime: Runtime, project: Project, app: AppName, move: PinMove | null): Promise<void> {
  return noteAttempt(runtime, project, app, { at: new Date().toISOString(), move });
}

/** What cannot be noted is a warning: the next run settles it. */
export async function quietly(runtime: Runtime, work: () => Promise<void>): Promise<void> {
  await work().catch((error: unknown) => {
    if (!(error instanceof ProblemError)) throw error;
    runtime.output.notice('warning', problemOf(error).message);
  });
}

/** For apps that are looked at for the first time. */
export async function noteFirst(runtime: Runtime, project: Project, apps: readonly AppName[]): Promise<void> {
  for (const app of apps) await quietly(runtime, () => note(runtime, project, app, null));
}

/** For whoever the URL is for, as somebody who moves it by hand expects. */
export function movePinOfAll(file: ChangingLock, url: string, pin: Locked): Promise<void> {
  return file.change((lock) => moveAll(lock, url, pin));
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
