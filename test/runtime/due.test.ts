import { describe, expect, test } from '@jest/globals';
import type { Actual, ActualApp } from '../../src/domain/actual.js';
import type { ManifestApp } from '../../src/domain/manifest.js';
import { parseSchedule } from '../../src/domain/schedule.js';
import { dueApps } from '../../src/runtime/due.js';

const NOW = new Date('2026-11-27T10:00:00Z');

function app(name: string, schedule: string | null): ManifestApp {
  const update = schedule === null ? null : { schedule: parseSchedule(`${schedule} UTC`), allowMajor: false };
  return { name, update } as ManifestApp;
}

const LAST = '2026-11-26T12:00:00.000Z';

function there(name: string, of: Partial<ActualApp> = {}): ActualApp {
  return {
    name,
    state: 'ready',
    applied: {},
    hold: null,
    attempt: { at: LAST, move: null },
    ...of,
  } as ActualApp;
}

function dueOf(apps: readonly ManifestApp[], ...actual: readonly ActualApp[]) {
  const { due, unseen, halfDone } = dueApps(apps, { apps: actual } as unknown as Actual, NOW);
  return { due: due.map(({ name }) => name), unseen, ...(halfDone.length > 0 && { halfDone }) };
}

describe('an app is due', () => {
  test('once its time has come since it was updated last', () => {
    expect(dueOf([app('web', '03:00')], there('web'))).toEqual({ due: ['web'], unseen: [] });
    expect(dueOf([app('web', '10:00')], there('web')).due).toEqual(['web']);
    expect(dueOf([app('web', '10:01')], there('web')).due).toEqual([]);
    expect(dueOf([app('web', 'Mon 03:00')], there('web')).due).toEqual([]);
  });

  test('once, however often its time came meanwhile', () => {
    const attempt = { at: '2026-11-20T00:00:00.000Z', move: null };
    expect(dueOf([app('web', '*:00')], there('web', { attempt })).due).toEqual(['web']);
    const just = { at: '2026-11-27T10:00:00.000Z', move: null };
    expect(dueOf([app('web', '*:00')], there('web', { attempt: just })).due).toEqual([]);
  });

  test('not before it was looked at, and that is told', () => {
    expect(dueOf([app('web', '03:00')], there('web', { attempt: null }))).toEqual({
      due: [],
      unseen: ['web'],
    });
  });

  test('not where nobody asked for it, where it is held, half done or not there', () => {
    const hold = { at: LAST, until: null, because: null };
    expect(dueOf([app('web', null)], there('web', { attempt: null }))).toEqual({ due: [], unseen: [] });
    expect(dueOf([app('web', '03:00')], there('web', { hold }))).toEqual({ due: [], unseen: [] });
    expect(dueOf([app('web', '03:00')], there('web', { applied: null })).due).toEqual([]);
    expect(dueOf([app('web', '03:00')])).toEqual({ due: [], unseen: [] });
  });

  test('a time that is yet to come was noted by a clock that was wrong', () => {
    const attempt = { at: '2031-01-01T00:00:00.000Z', move: null };
    expect(dueOf([app('web', '03:00')], there('web', { attempt }))).toEqual({ due: [], unseen: ['web'] });
  });
});

test('what a run has left half done is to be finished, unless it is held or was never whole', () => {
  const hold = { at: LAST, until: null, because: null };
  const left = { due: [], unseen: [] };
  for (const state of ['upgrading', 'returning', 'restoring'] as const)
    expect(dueOf([app('web', '03:00')], there('web', { state }))).toEqual({ ...left, halfDone: ['web'] });
  const attempt = { at: LAST, move: { from: {}, to: {} } };
  expect(dueOf([app('web', 'Mon 03:00')], there('web', { attempt }))).toEqual({ ...left, halfDone: ['web'] });
  expect(dueOf([app('web', '03:00')], there('web', { state: 'upgrading', hold }))).toEqual(left);
  expect(dueOf([app('web', null)], there('web', { state: 'upgrading' }))).toEqual(left);
  expect(dueOf([app('web', '03:00')], there('web', { state: 'creating', applied: null }))).toEqual(left);
});
