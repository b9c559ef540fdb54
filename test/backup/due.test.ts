import { describe, expect, test } from '@jest/globals';
import { dueBackups, lateBackups } from '../../src/backup/due.js';
import type { Actual, ActualApp, Volume } from '../../src/domain/actual.js';
import type { ManifestApp } from '../../src/domain/manifest.js';
import { parseSchedule } from '../../src/domain/schedule.js';

const NOW = new Date('2026-11-27T10:00:00Z');
const LAST = '2026-11-26T12:00:00.000Z';

function app(name: string, schedule: string | null): ManifestApp {
  const backup =
    schedule === null ? null : { schedule: parseSchedule(`${schedule} UTC`), keep: null, to: null };
  return { name, backup } as ManifestApp;
}

function there(name: string, of: Partial<ActualApp> = {}): ActualApp {
  const applied = { generation: 1 };
  const generations = [{ generation: 1, at: LAST }];
  const backup = { at: LAST, last: null, stopped: false };
  return { name, state: 'ready', applied, generations, backup, ...of } as unknown as ActualApp;
}

function actual(
  apps: readonly ActualApp[],
  volumes = apps.map(({ name }) => [String(name), 'data']),
): Actual {
  const all = volumes.map(([of = '', volume = '']) => ({ app: of, volume }) as Volume);
  return { apps, volumes: all } as unknown as Actual;
}

function dueOf(schedule: string | null, found: ActualApp[], volumes?: string[][]) {
  const { due, ...others } = dueBackups([app('web', schedule)], actual(found, volumes), NOW);
  return { due: due.map(({ name }) => name), ...others };
}

describe('a backup is due', () => {
  test('once its time has come since the last one was begun', () => {
    expect(dueOf('03:00', [there('web')])).toEqual({ due: ['web'], left: [], unseen: [] });
    expect(dueOf('10:01', [there('web')]).due).toEqual([]);
    const just = { at: NOW.toISOString(), last: null, stopped: false };
    expect(dueOf('*:00', [there('web', { backup: just })]).due).toEqual([]);
  });

  test('not before the app was looked at, nor where a clock was ahead', () => {
    expect(dueOf('03:00', [there('web', { backup: null })])).toEqual({ due: [], left: [], unseen: ['web'] });
    const ahead = { at: '2027-01-01T00:00:00.000Z', last: null, stopped: false };
    expect(dueOf('03:00', [there('web', { backup: ahead })])).toEqual({ due: [], left: [], unseen: ['web'] });
  });

  test('whom one that was killed has left stopped is to be started, and nobody else', () => {
    const backup = { at: LAST, last: null, stopped: true };
    const leftOf = (of: Partial<ActualApp>) => dueOf('03:00', [there('web', of)]);
    expect(leftOf({ backup, status: 'Stopped' })).toEqual({ due: ['web'], left: ['web'], unseen: [] });
    expect(leftOf({ backup, status: 'Running' })).toMatchObject({ due: ['web'], left: [] });
    expect(leftOf({ status: 'Stopped' })).toMatchObject({ left: [] });
  });

  test('not without a schedule or a volume, nor of what is half done or not there', () => {
    const none = { due: [], left: [], unseen: [] };
    expect(dueOf(null, [there('web')])).toEqual(none);
    expect(dueOf('03:00', [there('web')], [])).toEqual(none);
    expect(dueOf('03:00', [there('web')], [['web', 'data.copy-20260131-235959']])).toEqual(none);
    expect(dueOf('03:00', [there('web', { state: 'upgrading' })])).toEqual(none);
    expect(dueOf('03:00', [])).toEqual(none);
  });
});

describe('backups are late', () => {
  const late = (backup: ActualApp['backup'], of: Partial<ActualApp> = {}) =>
    lateBackups([app('web', 'daily')], actual([there('web', { backup, ...of })]), NOW).map((one) => one.late);
  const made = (at: string) => ({ at, last: { at, folder: '/x' }, stopped: false });

  test('when a whole turn of the schedule has gone by without one', () => {
    expect(late(made('2026-11-27T00:00:01.000Z'))).toEqual([null]);
    expect(late(made('2026-11-26T00:00:01.000Z'))).toEqual([null]);
    expect(late(made('2026-11-25T23:59:59.000Z'))).toEqual([
      'the last one is of 2026-11-25 23:59 UTC, and its schedule is `daily UTC`; `pets backup web` makes one',
    ]);
  });

  test('also where they fail since it was first seen, and where nobody ever looked', () => {
    const failing = { ...made('2026-11-20T00:00:00.000Z'), at: NOW.toISOString() };
    expect(late(failing)).toEqual([expect.stringContaining('2026-11-20 00:00 UTC')]);
    expect(late(null)).toEqual([null]);
    const generations = [
      { generation: 1, at: '2026-11-01T00:00:00.000Z' },
    ] as unknown as ActualApp['generations'];
    expect(late(null, { generations })).toEqual([expect.stringContaining('there is none yet')]);
    expect(late(null, { generations: [] })).toEqual([null]);
  });
});
