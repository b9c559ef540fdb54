import { describe, expect, test } from '@jest/globals';
import { revive } from '../../src/executor/expose.js';
import type { AppName } from '../../src/domain/names.js';
import { ProblemError } from '../../src/domain/problem.js';
import { desired } from '../planner/worlds.js';
import { recordingPorts, results, run } from './recording.js';

const NEW_PORT = { want: ['web 81'], have: ['web 80'] };

const OPENED = [
  'host.probe 127.0.0.1:80',
  'incus.setDevice web web tcp:127.0.0.1:80',
  'host.accepts 127.0.0.1:80',
];

/** Both have to let go first, so each has something to fall back on. */
const SWAP = { want: ['a 81', 'b 80'], have: ['a 80', 'b 81'] };

/** Of an exposure with everything to lose: two that were taken away, for two that are to come. */
const BOTH = {
  want: ['a 81 publish=6000-6009>1-10', 'b 80'],
  have: ['a 80 publish=6000-6001>1-2', 'b 81'],
};

const PROXY = { type: 'proxy', listen: 'tcp:127.0.0.1:80', connect: 'tcp:127.0.0.1:8080' };

describe('expose', () => {
  test('looks whether the port is free before the daemon is asked', async () => {
    const recorded = await run(NEW_PORT, { busy: { '127.0.0.1:81': 'is in use' } });
    expect(recorded.calls).toEqual(['host.probe 127.0.0.1:81']);
    expect(results(recorded)).toEqual(['web failed (web/expose:web-2: 127.0.0.1:81 is in use)']);
    expect(recorded.outcome.apps[0]?.failure?.problem.hint).toBe(
      'free it or change the manifest, then run `pets up web` again',
    );
  });

  test('keeps the old one until the new one answers', async () => {
    const recorded = await run(NEW_PORT, { fails: { 'host.accepts': 'nobody answers' } });
    expect(recorded.calls).not.toContain('incus.removeDevice web web');
  });

  test('that fails restores the one that was taken away for it, and says so', async () => {
    const recorded = await run(SWAP, { busy: { '127.0.0.1:81': 'is in use' } });
    expect(recorded.calls.filter((call) => call.startsWith('incus.') && call.includes(' a '))).toEqual([
      'incus.removeDevice a web',
      'incus.setDevice a web tcp:127.0.0.1:80',
    ]);
    expect(results(recorded)[0]).toBe(
      'a failed (a/expose:web-2: 127.0.0.1:81 is in use; 127.0.0.1:80 is exposed again as before)',
    );
  });

  test('that cannot restore it says that as well', async () => {
    const fails = { 'incus.setDevice a web tcp:127.0.0.1:80': 'address already in use' };
    const recorded = await run(SWAP, { fails, busy: { '127.0.0.1:81': 'is in use' } });
    expect(results(recorded)[0]).toBe(
      'a failed (a/expose:web-2: 127.0.0.1:81 is in use; and 127.0.0.1:80 could not be exposed again: address already in use)',
    );
  });
});

test('a device that the daemon only half adds is taken away and tried again', async () => {
  let tries = 0;
  const during = (call: string) => {
    if (call.startsWith('incus.setDevice') && ++tries < 3)
      throw new ProblemError({ code: 'daemon-refused', message: 'no' });
  };
  const recorded = await run(NEW_PORT, { during });
  expect(recorded.calls.filter((call) => / web web-2/.test(call))).toEqual([
    'incus.setDevice web web-2 tcp:127.0.0.1:81',
    'incus.removeDevice web web-2',
    'incus.setDevice web web-2 tcp:127.0.0.1:81',
    'incus.removeDevice web web-2',
    'incus.setDevice web web-2 tcp:127.0.0.1:81',
  ]);
  expect(results(recorded)).toEqual(['web done']);
});

test('three times are enough; the same one is no fallback, for it has just failed', async () => {
  const world = { want: ['web 80'], have: ['web 80 status=Stopped'] };
  const recorded = await run(world, { fails: { 'host.accepts': 'nobody answers' } });
  expect(recorded.calls).toEqual([
    'incus.removeDevice web web',
    'incus.start web',
    'guest.settle web /nix/store/zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz-a-nixos-25.11-x86_64-linux 1000',
    ...OPENED,
    'incus.removeDevice web web',
    ...OPENED,
    'incus.removeDevice web web',
    ...OPENED,
  ]);
  expect(results(recorded)).toEqual(['web failed (web/expose:web: nobody answers)']);
});

describe('what was taken away for an exposure that will not come', () => {
  test('is put back as it was, each by its own name and value', async () => {
    const { calls, devices } = await run(BOTH, { busy: { '127.0.0.1:81': 'is in use' } });
    expect(calls.filter((call) => call.startsWith('incus.setDevice a'))).toEqual([
      'incus.setDevice a web tcp:127.0.0.1:80',
      'incus.setDevice a publish-1 tcp:127.0.0.1:6000-6001',
    ]);
    expect(devices['a publish-1']).toEqual({
      type: 'proxy',
      listen: 'tcp:127.0.0.1:6000-6001',
      connect: 'tcp:127.0.0.1:1-2',
    });
  });

  test('is put back when taking away the next one failed', async () => {
    const recorded = await run(BOTH, { fails: { 'incus.removeDevice a publish-1': 'busy' } });
    expect(recorded.calls.filter((call) => call.startsWith('incus.setDevice a'))).toEqual([
      'incus.setDevice a web tcp:127.0.0.1:80',
    ]);
    expect(results(recorded)[0]).toBe('a failed (a/unexpose:publish-1: busy)');
  });

  test('stays away from a container that does not run', async () => {
    const world = { want: ['a 81 volumes=data:/x', 'b 80'], have: ['a 80', 'b 81'] };
    const recorded = await run(world, { fails: { 'incus.start a': 'it died' } });
    expect(recorded.calls.filter((call) => call.startsWith('incus.setDevice a web'))).toEqual([]);
    expect(results(recorded)[0]).toBe('a failed (a/start: it died)');
  });

  test('is put back in one that came up with a unit that failed', async () => {
    const world = { want: ['a 81 volumes=data:/x'], have: ['a 80'] };
    const { calls } = await run(world, { fails: { 'guest.settle a': 'x.service failed' } });
    expect(calls.slice(-2)).toEqual(['incus.setDevice a web tcp:127.0.0.1:80', 'host.accepts 127.0.0.1:80']);
  });
});

test('revive changes a key of the device that each Incus starts its forwarder again for, and waits for it', async () => {
  const { calls, devices } = await run({ want: ['web 80'], have: ['web 80 forwarder=dead'] });
  expect(calls).toEqual([
    'incus.setDevice web web tcp:127.0.0.1:80',
    'host.accepts 127.0.0.1:80',
    'incus.setConfig web',
  ]);
  expect(devices['web web']).toEqual({ ...PROXY, bind: 'host' });
});

test('a forwarder that cannot be revived is made anew, as often as any other', async () => {
  const refusals = ['Failed to start device', 'Failed to start device'];
  const during = (call: string) => {
    if (call.startsWith('incus.setDevice') && refusals.length > 0)
      throw new ProblemError({ code: 'daemon-refused', message: refusals.pop() ?? '' });
  };
  const recorded = await run({ want: ['web 80'], have: ['web 80 forwarder=dead'] }, { during });
  expect(recorded.calls).toEqual([
    'incus.setDevice web web tcp:127.0.0.1:80',
    ...['incus.removeDevice web web', 'host.probe 127.0.0.1:80', 'incus.setDevice web web tcp:127.0.0.1:80'],
    ...['incus.removeDevice web web', 'host.probe 127.0.0.1:80', 'incus.setDevice web web tcp:127.0.0.1:80'],
    'host.accepts 127.0.0.1:80',
    'incus.setConfig web',
  ]);
  expect(results(recorded)).toEqual(['web done']);
});

test('a second one changes it back: there is always a difference', async () => {
  const { ports, devices } = recordingPorts({});
  const exposure = desired(['web 80']).apps[0]?.exposures[0];
  if (!exposure) throw new Error('there is an exposure');
  for (const expected of [{ ...PROXY, bind: 'host' }, PROXY, { ...PROXY, bind: 'host' }]) {
    await revive('web' as AppName, { device: 'web', exposure }, ports);
    expect(devices['web web']).toEqual(expected);
  }
});

test('further exposures are made as Incus writes them', async () => {
  const publish = '[::]:53/udp>53,unix:/run/web.sock>8080@0660,6000-6010>1-11';
  const { calls, devices } = await run({ want: [`web - publish=${publish}`], have: ['web'] });
  expect(devices).toEqual({
    'web publish-1': { type: 'proxy', listen: 'udp:[::]:53', connect: 'udp:127.0.0.1:53' },
    'web publish-2': {
      type: 'proxy',
      listen: 'unix:/run/web.sock',
      connect: 'tcp:127.0.0.1:8080',
      mode: '0660',
    },
    'web publish-3': { type: 'proxy', listen: 'tcp:127.0.0.1:6000-6010', connect: 'tcp:127.0.0.1:1-11' },
  });
  expect(calls.filter((call) => call.startsWith('host.accepts'))).toEqual([
    'host.accepts [::]:53/udp',
    'host.accepts unix:/run/web.sock',
    'host.accepts 127.0.0.1:6000-6010',
  ]);
});
