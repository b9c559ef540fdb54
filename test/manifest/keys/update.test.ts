import { expect, test } from '@jest/globals';
import { readManifest } from '../../../src/manifest/read.js';

function updateOf(lines: string, defaults = '') {
  const text = `project = "x"\n[defaults]\n${defaults}\n[apps.web]\nflake-ref = "."\n${lines}\n`;
  const read = readManifest(text, { file: 'pets.toml', directory: '/srv/homelab' });
  if (!read.ok) return read.problems.map(({ message }) => message);
  const update = read.manifest.apps[0]?.update;
  return update ? { schedule: update.schedule.written, allowMajor: update.allowMajor } : null;
}

const NIGHT = { schedule: '03:00', allowMajor: false };

test.each([
  ['', null],
  ['update = false', null],
  ['update = { auto = false, schedule = "daily" }', null],
  ['update = { auto = true }', NIGHT],
  ['update = { auto = true, schedule = "Sun 04:00" }', { ...NIGHT, schedule: 'Sun 04:00' }],
  ['update = { auto = true, allow-major = true }', { ...NIGHT, allowMajor: true }],
])('%s', (lines, update) => {
  expect(updateOf(lines)).toEqual(update);
});

test('an app has its own whole in place of that of [defaults]', () => {
  const defaults = 'update = { auto = true, schedule = "Sun 04:00", allow-major = true }';
  expect(updateOf('', defaults)).toEqual({ schedule: 'Sun 04:00', allowMajor: true });
  expect(updateOf('update = { auto = true }', defaults)).toEqual(NIGHT);
  expect(updateOf('update = false', defaults)).toBeNull();
});

test.each([
  ['update = false', null],
  ['update = { auto = true }', null],
  ['update = { auto = false, rehearse = true }', { network: false }],
  ['update = { auto = true, rehearse = false }', null],
  ['update = { auto = false, rehearse = {} }', { network: false }],
  ['update = { auto = false, rehearse = { network = true } }', { network: true }],
])('%s: rehearsed', (lines, rehearsal) => {
  const text = `project = "x"\n[apps.web]\nflake-ref = "."\n${lines}\n`;
  const read = readManifest(text, { file: 'pets.toml', directory: '/srv/homelab' });
  expect(read).toMatchObject({ manifest: { apps: [{ rehearsal }] } });
});

test.each([
  [
    'update = { auto = true, rehearse = "yes" }',
    'expected true, false, or a table such as { network = true }, got "yes"',
  ],
  ['update = true', 'expected false, or a table such as { auto = true, schedule = "Sun 04:00" }, got true'],
  ['update = { schedule = "daily" }', '`auto` is missing'],
  ['update = { auto = true, schedule = "dayly" }', 'expected a time that comes again and again, got "dayly"'],
  ['update = { auto = true, when = "daily" }', 'unknown key'],
])('%s: %s', (lines, message) => {
  expect(updateOf(lines)).toEqual([expect.stringContaining(message)]);
});
