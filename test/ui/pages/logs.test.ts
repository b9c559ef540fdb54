import { expect, test } from '@jest/globals';
import { logPrinter } from '../../../src/ui/pages/logs.js';

const entry = { app: 'web', at: new Date(2026, 0, 2, 3, 4, 5).getTime(), source: 'nginx[12]', priority: 6 };

test('one app needs no prefix; of several each line has one', () => {
  const message = 'one\ntwo';
  expect(logPrinter(['web'], false)({ ...entry, message })).toBe(
    '2026-01-02 03:04:05 nginx[12]: one\n2026-01-02 03:04:05 nginx[12]: two\n',
  );
  expect(logPrinter(['web', 'db-long'], false)({ ...entry, message })).toBe(
    'web     | 2026-01-02 03:04:05 nginx[12]: one\nweb     | 2026-01-02 03:04:05 nginx[12]: two\n',
  );
});

test('a guest does not get at the terminal', () => {
  const text = logPrinter(
    ['web'],
    false,
  )({ ...entry, source: 'x\u001b[2J', message: '\u001b]0;title\u0007\u001b[31mred' });
  expect(text).toBe('2026-01-02 03:04:05 x: red\n');
});

test('apps have colours of their own, and so have errors', () => {
  const print = logPrinter(['web', 'db'], true);
  const prefix = (app: string) => print({ ...entry, app, message: 'x' }).slice(0, 5);
  expect(prefix('web')).not.toBe(prefix('db'));
  expect(print({ ...entry, priority: 3, message: 'bad' })).toContain('\u001b[31mbad');
});
