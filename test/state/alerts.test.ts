import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdtempSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Alerts } from '../../src/domain/alert.js';
import type { AppName } from '../../src/domain/names.js';
import { KeptAlerts } from '../../src/state/alerts.js';

const at = '2026-11-27T03:00:00.000Z';
const app = 'web' as AppName;
const some: Alerts = {
  open: [{ kind: 'failed', app, since: at, message: 'why\u001b[2J' }],
  outbox: [{ kind: 'failed', app, at, message: 'why', to: ['url'] }],
};
let folder = '';
let path = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pets-alerts-'));
  path = join(folder, 'project/alerts.json');
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

test('what is written is read again; where nothing is, nothing is wrong', () => {
  const kept = new KeptAlerts(path);
  expect(kept.read()).toEqual({ open: [], outbox: [] });
  kept.write(some);
  expect(kept.read()).toEqual(some);
  expect([statSync(path).mode & 0o777, statSync(join(folder, 'project')).mode & 0o777]).toEqual([
    0o600, 0o700,
  ]);
});

test('what nobody takes does not grow without end: the newest stay', () => {
  const kept = new KeptAlerts(path);
  const outbox = Array.from({ length: 1000 }, (_, n) => ({
    ...{ kind: 'failed' as const, app, at, to: ['url' as const] },
    message: String(n),
  }));
  kept.write({ open: [], outbox });
  const { outbox: left } = kept.read();
  expect([left.length, left.at(-1)?.message]).toEqual([200, '999']);
});

test.each([
  '',
  'null',
  '[]',
  '{"version":2,"open":[],"outbox":[]}',
  '{"version":1,"open":[{"kind":"failed","app":"../x","since":"2026-11-27T03:00:00.000Z","message":""}],"outbox":[]}',
  '{"version":1,"open":[{"kind":"failed","app":"web","since":"never","message":""}],"outbox":[]}',
  '{"version":1,"open":[],"outbox":[{"kind":"test"}]}',
])('of anything else it is not said that nothing is wrong: %s', (text) => {
  mkdirSync(join(folder, 'project'));
  writeFileSync(path, text);
  expect(() => new KeptAlerts(path).read()).toThrow('what is kept of alerts cannot be read');
  expect(readFileSync(path, 'utf8')).toBe(text);
});

test('nor of what is no file', () => {
  mkdirSync(path, { recursive: true });
  expect(() => new KeptAlerts(path).read()).toThrow('is a folder');
});
