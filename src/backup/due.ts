import { isWhole, type Actual, type ActualApp } from '../domain/actual.js';
import type { ManifestApp } from '../domain/manifest.js';
import type { AppName } from '../domain/names.js';
import { lastDue, type Schedule } from '../domain/schedule.js';
import { isStaged } from './names.js';

/** Apps whose backups have a schedule, by what is to become of them now. */
export type DueBackups = {
  /** Their schedule came since the last one was begun that came to an end. */
  readonly due: readonly ManifestApp[];
  /** Stopped for one that was killed before it had started them again, and not started since. */
  readonly left: readonly AppName[];
  /** Not looked at yet, which is to be noted: they wait for their next time. */
  readonly unseen: readonly AppName[];
};

/** What a run has left half done is no state to go back to: it waits until a run has ended it. */
export function dueBackups(apps: readonly ManifestApp[], actual: Actual, now: Date): DueBackups {
  const scheduled = scheduledIn(apps, actual);
  const isSeen = ({ found: { backup } }: Scheduled) => backup !== null && timeOf(backup) <= now.getTime();
  const isDue = ({ found: { backup }, schedule }: Scheduled) => {
    const last = lastDue(schedule, now);
    return backup !== null && last !== null && timeOf(backup) < last.getTime();
  };
  const isLeft = ({ found: { backup, status } }: Scheduled) =>
    backup?.stopped === true && status === 'Stopped';
  return {
    due: scheduled.filter((one) => isSeen(one) && isDue(one)).map(({ wanted }) => wanted),
    left: scheduled.filter(isLeft).map(({ found }) => found.name),
    // A time that is yet to come was noted by a clock that was wrong.
    unseen: scheduled.filter((one) => !isSeen(one)).map(({ found }) => found.name),
  };
}

/** Apps whose last backup is older than their schedule has it, a whole turn of it aside; in words. */
export function lateBackups(
  apps: readonly ManifestApp[],
  actual: Actual,
  now: Date,
): readonly { readonly app: AppName; readonly late: string | null }[] {
  return scheduledIn(apps, actual).map(({ found, schedule }) => {
    const due = lastDue(schedule, now);
    const before = due && lastDue(schedule, new Date(due.getTime() - 1));
    const { last, at } = found.backup ?? { last: null, at: found.since };
    const newest = last?.at ?? at;
    const isLate = before !== null && newest !== null && Date.parse(newest) < before.getTime();
    const since = last === null ? 'there is none yet' : `the last one is of ${minuteOf(last.at)}`;
    const words = `${since}, and its schedule is \`${schedule.written}\`; \`pets backup ${found.name}\` makes one`;
    return { app: found.name, late: isLate ? words : null };
  });
}

type Scheduled = {
  readonly wanted: ManifestApp;
  readonly found: ActualApp & { readonly since: string | null };
  readonly schedule: Schedule;
};

/** Those that are there and have something to be backed up. */
function scheduledIn(apps: readonly ManifestApp[], actual: Actual): Scheduled[] {
  const there = new Map(actual.apps.map((app) => [app.name, app]));
  return apps.flatMap((wanted): Scheduled[] => {
    const found = there.get(wanted.name);
    const schedule = wanted.backup?.schedule ?? null;
    const hasVolumes = actual.volumes.some((v) => v.app === wanted.name && !isStaged(v));
    if (schedule === null || !found || !isWhole(found) || !hasVolumes) return [];
    // Of one that nobody has noted yet: since the system that serves was found good.
    const since = found.generations.find(({ generation }) => generation === found.applied?.generation)?.at;
    return [{ wanted, found: { ...found, since: since ?? null }, schedule }];
  });
}

function timeOf({ at }: { readonly at: string }): number {
  return Date.parse(at);
}

/** `2026-01-31 23:59 UTC` */
function minuteOf(time: string): string {
  return `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
