import { isWhole, type Actual, type ActualApp } from '../domain/actual.js';
import { flakesOf, type ManifestApp } from '../domain/manifest.js';
import type { AppName } from '../domain/names.js';
import { lastDue } from '../domain/schedule.js';

/** The URLs of an app that `pets.lock` pins. */
export function pinnedUrls(app: ManifestApp): string[] {
  const remote = flakesOf(app).filter(({ directory }) => directory === undefined);
  return [...new Set(remote.map(({ url }) => url))].sort();
}

/** Apps of the manifest that update themselves, by what is to become of them now. */
export type Due = {
  /** Their schedule came since they were updated last. */
  readonly due: readonly ManifestApp[];
  /** Not looked at yet, which is to be noted: they wait for their next time. */
  readonly unseen: readonly AppName[];
  /** A run that was cut short has left them half done, or stopped on the way. */
  readonly halfDone: readonly AppName[];
};

export function dueApps(apps: readonly ManifestApp[], actual: Actual, now: Date): Due {
  const there = new Map(actual.apps.map((app) => [app.name, app]));
  const automatic = apps.flatMap((wanted) => {
    const found = there.get(wanted.name);
    return wanted.update === null || !found?.applied ? [] : [{ wanted, found, update: wanted.update }];
  });
  const whole = automatic.filter(({ found }) => isWhole(found));
  const isSeen = ({ attempt }: ActualApp) => attempt !== null && Date.parse(attempt.at) <= now.getTime();
  const isDue = ({ found: { attempt, hold }, update }: (typeof automatic)[number]) => {
    const last = lastDue(update.schedule, now);
    return hold === null && attempt !== null && last !== null && Date.parse(attempt.at) < last.getTime();
  };
  return {
    due: whole.filter((one) => isSeen(one.found) && isDue(one)).map(({ wanted }) => wanted),
    // A time that is yet to come was noted by a clock that was wrong.
    unseen: whole.filter(({ found }) => !isSeen(found)).map(({ found }) => found.name),
    halfDone: automatic
      .filter(({ found }) => isLeft(found) && found.state !== 'creating' && found.hold === null)
      .map(({ found }) => found.name),
  };
}

function isLeft(app: ActualApp): boolean {
  return !isWhole(app) || (app.attempt !== null && app.attempt.move !== null);
}
