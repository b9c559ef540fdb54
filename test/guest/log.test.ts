import { describe, expect, test } from '@jest/globals';
import { entryIn, isOwnUnit, journalCommand } from '../../src/guest/log.js';

const entry = (more: object) =>
  entryIn(JSON.stringify({ __REALTIME_TIMESTAMP: '1795300767566852', __CURSOR: 's=1', ...more }));

test('an entry of a service', () => {
  const json = { MESSAGE: 'ready', _PID: '12', _COMM: 'nginx', PRIORITY: '4', _SYSTEMD_UNIT: 'web.service' };
  expect(entry(json)).toEqual({
    cursor: 's=1',
    at: 1795300767566.852,
    unit: 'web.service',
    source: 'nginx[12]',
    priority: 4,
    message: 'ready',
    isEnd: false,
  });
});

test('what systemd says of a unit is about that unit', () => {
  const said = { UNIT: 'web.service', _SYSTEMD_UNIT: 'init.scope', SYSLOG_IDENTIFIER: 'systemd' };
  expect(entry(said)).toMatchObject({ unit: 'web.service', source: 'systemd', priority: 6, isEnd: false });
  expect(entry({ UNIT: 'multi-user.target', JOB_TYPE: 'stop' })).toMatchObject({ isEnd: true });
  expect(entry({ UNIT: 'multi-user.target', JOB_TYPE: 'start' })).toMatchObject({ isEnd: false });
});

test.each([
  [[104, 105, 27], 'hi\u001b'],
  [['one', 'two'], 'two'],
  [null, ''],
])('a message as journald may give it: %j', (MESSAGE, message) => {
  expect(entry({ MESSAGE })).toMatchObject({ message });
});

test.each(['', '{', '-- No entries --', '{}', 'null', '[]'])('%j is no entry', (line) => {
  expect(entryIn(line)).toBeNull();
});

test.each(['systemd-journald', 'dbus-broker', 'nscd', 'getty@tty1', 'console-getty', 'user@0', 'nix-daemon'])(
  '%s is of the system',
  (name) => {
    expect(isOwnUnit(`${name}.service`)).toBe(false);
  },
);

test.each(['web', 'nginx', 'nix-serve', 'dbuser', 'network', 'postgresql', 'user'])(
  '%s is the app’s own',
  (name) => {
    expect(isOwnUnit(`${name}.service`)).toBe(name !== 'dbuser');
    expect(isOwnUnit(`${name}.timer`)).toBe(false);
  },
);

describe('the command', () => {
  const query = { units: null, since: null, tail: null, after: null, follow: false };
  const options = (more: Partial<typeof query> | object) => journalCommand({ ...query, ...more }).slice(5);

  test('passes each option on as one word', () => {
    expect(options({ units: ['a b', '--x'], since: 1500, tail: 3 })).toEqual([
      '--unit=a b',
      '--unit=--x',
      '--since=@1',
      '--lines=3',
    ]);
  });

  test('follows from where it was', () => {
    expect(options({ follow: true, after: 's=1' })).toEqual(['--after-cursor=s=1', '--follow', '--no-tail']);
    expect(options({})).toEqual([]);
  });
});
