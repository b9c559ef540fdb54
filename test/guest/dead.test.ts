import { describe, expect, test } from '@jest/globals';
import { deadAmong, deathOf } from '../../src/guest/dead.js';
import { unitsIn, type Unit } from '../../src/guest/units.js';

/** `web failed`, `web active/running`, `web activating/auto-restart`, and then `Result=oom-kill` and the like. */
function units(...words: readonly string[]): Unit[] {
  return words.flatMap((text) => {
    const [name = '', state = '', ...more] = text.split(' ');
    const [active = '', sub = active] = state.split('/');
    const id = name.includes('.') ? name : `${name}.service`;
    return unitsIn([`Id=${id}`, `ActiveState=${active}`, `SubState=${sub}`, ...more].join('\n'));
  });
}

const dead = (list: readonly Unit[], about: readonly string[] = [], baseline: readonly string[] = []) =>
  deadAmong(list, new Set(about), new Set(baseline)).map(({ id }) => id);

describe('a unit is to blame for good', () => {
  test('when nothing of the app’s own is left that could bring it about', () => {
    expect(dead(units('web failed'))).toEqual(['web.service']);
    expect(dead(units('web failed', 'setup active/exited', 'job inactive/dead'))).toEqual(['web.service']);
    expect(dead(units('web failed', 'dbus active/running', 'getty@tty1 active/running'))).toEqual([
      'web.service',
    ]);
    expect(dead(units('web.socket failed'))).toEqual(['web.socket']);
  });

  test('not as long as something else may: it runs, starts, or waits for its restart', () => {
    for (const state of ['active/running', 'activating/start', 'activating/auto-restart', 'reloading/reload'])
      expect(dead(units('telemetry failed', `web ${state}`))).toEqual([]);
    expect(dead(units('telemetry failed', 'web.socket active/listening'))).toEqual([]);
  });

  test('when it is the one that is asked about, whatever else runs', () => {
    expect(dead(units('web failed', 'worker active/running'), ['web.service'])).toEqual(['web.service']);
  });

  test('when what is asked about needs it', () => {
    const front = 'front active/running Requires=db.service Wants=cache.service';
    const list = units(front, 'db failed', 'cache failed', 'telemetry failed');
    expect(dead(list, ['front.service'])).toEqual(['db.service', 'cache.service']);
  });

  test('not one that something starts again, one of the system, or one that had failed before', () => {
    expect(dead(units('backup failed TriggeredBy=backup.timer'))).toEqual([]);
    expect(dead(units('web failed UpheldBy=multi-user.target'))).toEqual([]);
    expect(dead(units('systemd-networkd-wait-online failed'))).toEqual([]);
    expect(dead(units('login failed'), [], ['login.service'])).toEqual([]);
    expect(dead(units('web activating/auto-restart'))).toEqual([]);
  });
});

test('it is told with why, and after how many restarts', () => {
  const words = (...more: string[]) => units(['web failed', ...more].join(' ')).map(deathOf)[0];
  expect(words('Result=exit-code', 'NRestarts=4')).toBe(
    'web.service is dead for good (exit-code, after 4 restarts)',
  );
  expect(words('Result=signal', 'NRestarts=1')).toBe(
    'web.service is dead for good (signal, after 1 restart)',
  );
  expect(words('Result=oom-kill')).toBe('web.service is dead for good (oom-kill)');
});
