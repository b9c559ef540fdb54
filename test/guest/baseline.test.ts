import { describe, expect, test } from '@jest/globals';
import { baselineOf, takeBaseline } from '../../src/guest/baseline.js';
import type { AppName } from '../../src/domain/names.js';
import type { Incus } from '../../src/domain/services.js';

const APP = 'web' as AppName;
const KEY = 'user.pets.failing';

/** An instance with this baseline, whose guest shows these units, or does not answer; what is written. */
async function taken(before: string | null, shown: readonly string[] | Error) {
  const written: Readonly<Record<string, string>>[] = [];
  const incus = {
    query: () =>
      shown instanceof Error
        ? Promise.reject(shown)
        : Promise.resolve({ exitCode: 0, stdout: shown.join('\n\n'), stderr: '' }),
    instance: () => Promise.resolve({ config: before === null ? {} : { [KEY]: before } }),
    setConfig: (_: string, config: Readonly<Record<string, string>>) =>
      Promise.resolve(void written.push(config)),
  } as unknown as Incus;
  await takeBaseline(incus, APP, 60_000);
  return written;
}

const unit = (name: string, active: string, sub = active, more = '') =>
  `Id=${name}.service\nActiveState=${active}\nSubState=${sub}\n${more}`;

describe('the baseline', () => {
  test('is what has failed, waits for a restart, or is restarted all the time', async () => {
    const shown = [
      unit('login', 'failed'),
      unit('again', 'activating', 'auto-restart'),
      unit('loop', 'active', 'running', 'NRestarts=9\nMainPID=7\nAge=120'),
      unit('gone', 'active', 'running', 'NRestarts=9\nMainPID=6'),
      unit('between', 'inactive', 'dead', 'NRestarts=9\nResult=exit-code'),
      unit('starts', 'activating', 'start-pre', 'NRestarts=9\nMainPID=0'),
      unit('ended', 'inactive', 'dead', 'NRestarts=1\nResult=success'),
      unit('daemon', 'active', 'running', 'NRestarts=1\nMainPID=0'),
      unit('once', 'active', 'running', 'NRestarts=1\nMainPID=8\nAge=900000'),
      unit('fresh', 'active', 'running', 'NRestarts=0\nMainPID=9\nAge=5'),
    ];
    const failing = ['again', 'between', 'gone', 'login', 'loop', 'starts'];
    expect(await taken(null, shown)).toEqual([{ [KEY]: failing.map((name) => `${name}.service`).join(' ') }]);
  });

  test('is written only where it is another', async () => {
    expect(await taken(null, [unit('web', 'active')])).toEqual([]);
    expect(await taken('login.service', [unit('login', 'failed')])).toEqual([]);
    expect(await taken('login.service', [unit('login', 'active', 'running')])).toEqual([{ [KEY]: '' }]);
  });

  test('stays as it is where the guest does not answer', async () => {
    expect(await taken('login.service', new Error('no bus'))).toEqual([]);
  });

  test('has names of units and nothing else, and not any number of them', async () => {
    expect(await taken(null, [unit('a b', 'failed'), unit('\x1b[31m', 'failed')])).toEqual([]);
    const many = Array.from({ length: 200 }, (_, i) => unit(`u${i}`, 'failed'));
    const [written] = await taken(null, many);
    expect(written?.[KEY]?.split(' ')).toHaveLength(50);
  });

  test('is read once', async () => {
    let reads = 0;
    const instance = () => {
      reads++;
      return Promise.resolve({ config: { [KEY]: 'a.service b.service' } });
    };
    const baseline = baselineOf({ instance } as unknown as Incus, APP);
    expect([...(await baseline()), ...(await baseline())]).toHaveLength(4);
    expect(reads).toBe(1);
  });
});
