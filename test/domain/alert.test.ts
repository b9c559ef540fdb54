import { expect, test } from '@jest/globals';
import { alertsAfter, type Alert, type Sighting } from '../../src/domain/alert.js';
import type { AppName } from '../../src/domain/names.js';

const AT = '2026-11-27T03:00:00.000Z';
const web = 'web' as AppName;
const failed = (message = 'no route'): Sighting => ({
  ...{ app: web, mends: [], updated: null },
  alert: { kind: 'failed', message },
});
const well = (updated: string | null = null): Sighting => ({
  ...{ app: web, alert: null, updated },
  mends: ['failed', 'rolled-back'],
});
const open: Alert = { kind: 'failed', app: web, since: '2026-11-26T03:00:00.000Z', message: 'before' };

test('an alert opens once, however often it is seen', () => {
  const first = alertsAfter([], [failed(), failed('otherwise')], AT);
  expect(first).toEqual({
    open: [{ kind: 'failed', app: web, since: AT, message: 'no route' }],
    notices: [{ kind: 'failed', app: web, at: AT, message: 'no route' }],
  });
  const { notices, open: left } = alertsAfter(first.open, [failed('later')], 'later');
  expect({ notices, left }).toEqual({ notices: [], left: first.open });
});

test('what is mended closes it, and that is told once; of another app or another kind nothing is', () => {
  expect(alertsAfter([open], [well()], AT)).toEqual({
    open: [],
    notices: [
      { kind: 'mended', app: web, at: AT, message: 'failed since 2026-11-26T03:00:00.000Z: that is over' },
    ],
  });
  const others: Alert[] = [
    { ...open, app: 'db' as AppName },
    { ...open, kind: 'backup-failed' },
  ];
  expect(alertsAfter(others, [well()], AT)).toEqual({ open: others, notices: [] });
});

test('a version that serves in place of another is told, and is no alert', () => {
  const { open: left, notices } = alertsAfter([], [well('another version serves')], AT);
  expect({ left, kinds: notices.map(({ kind }) => kind) }).toEqual({ left: [], kinds: ['updated'] });
});

test('one that is about more than the open one names is another, and takes its place', () => {
  const full = (...about: string[]): Sighting => ({
    ...{ app: null, mends: [], updated: null },
    alert: { kind: 'disk-full', message: `${about.join(' and ')} are full`, about },
  });
  const { open: left, notices } = alertsAfter([], [full('/a', '/b'), full('/b'), full('/b', '/c')], AT);
  expect(left.map(({ message }) => message)).toEqual(['/b and /c are full']);
  expect(notices.map(({ message }) => message)).toEqual(['/a and /b are full', '/b and /c are full']);
});

test('what is wrong is one line, of a length that a phone shows', () => {
  const messageOf = (message: string) => {
    const told = alertsAfter([], [failed(message)], AT);
    expect(told.open[0]?.message).toBe(told.notices[0]?.message);
    return told.notices[0]?.message;
  };
  expect(messageOf('first\n\u001b[2J second\t')).toBe('first [2J second');
  expect(messageOf('x'.repeat(10_000))).toHaveLength(500);
});
