import { describe, expect, test } from '@jest/globals';
import { parseApplied, parseCondemned } from '../../src/domain/records.js';
import { generationsOf } from '../../src/incus/observe/record.js';
import { FailedProgram, ProblemError } from '../../src/domain/problem.js';
import type { World } from '../planner/worlds.js';
import { results, run, said, type RunScript } from './recording.js';

const STATEFUL = {
  want: ['web 81 source=b volumes=data:/x health=stable limits=memory:1GiB'],
  have: ['web 80 volumes=data:/x health=stable kept=1'],
};
const HOT = { want: ['web 81 source=b health=stable'], have: ['web 80 health=stable kept=1'] };
const OLD = '/nix/store/zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz-a-nixos-25.11-x86_64-linux';

/** Lets that call fail, and no other, as a program or as a daemon does. */
function failingAt(call: number, isProgram = true): RunScript {
  let count = 0;
  return {
    during: () => {
      if (count++ !== call) return;
      const problem = { code: 'health-failed' as const, message: 'no' };
      throw isProgram ? new FailedProgram(problem, ['its words']) : new ProblemError(problem);
    },
  };
}

/** For each operation: what is carried out of the way back when it fails. */
async function waysBack(world: World): Promise<Record<string, string>> {
  const { calls } = await run(world);
  const ways: Record<string, string> = {};
  for (const call of calls.keys()) {
    const recorded = await run(world, failingAt(call));
    const [app] = recorded.outcome.apps;
    const back = said(recorded, 'started').filter((op) => op.endsWith('~back'));
    const steps = back.map((op) => op.replace('web/', '').replace('~back', ''));
    // What was tried again, and worked then, makes nothing due.
    if (!app?.failure) continue;
    ways[app.failure.op] = [`${app.result}:`, ...steps].join(' ');
  }
  return ways;
}

/** The last call that begins so, in a run where nothing fails. */
async function callOf(world: World, start: string): Promise<number> {
  const { calls } = await run(world);
  return calls.findLastIndex((call) => call.startsWith(start));
}

describe('whatever fails, the steps that it makes due are gone, in order, and no others', () => {
  test('of an upgrade with data', async () => {
    const whole = 'unexpose:web unexpose:web-2 mark start settle expose:web check';
    const shut = 'unexpose:web unexpose:web-2 start settle expose:web check';
    expect(await waysBack(STATEFUL)).toEqual({
      'web/evaluate': 'failed:',
      'web/build': 'failed:',
      'web/configure': 'rolled-back: configure',
      'web/stop': `rolled-back: stop configure ${shut}`,
      'web/snapshot': `rolled-back: stop configure ${shut}`,
      'web/mark': `rolled-back: stop restore configure ${whole}`,
      'web/set-profile': `rolled-back: stop restore return configure ${whole}`,
      'web/unexpose:web': `rolled-back: stop restore return configure ${whole}`,
      'web/start': `rolled-back: condemn stop restore return configure ${whole}`,
      'web/settle': `rolled-back: condemn stop restore return configure ${whole}`,
      'web/expose:web-2': `rolled-back: stop restore return configure ${whole}`,
      'web/check': `rolled-back: condemn stop restore return configure ${whole}`,
      // It is as it should be, and only not written down: the next run does that.
      'web/record': 'failed:',
      'web/collect': 'failed:',
    });
  });

  test('of a switch', async () => {
    const whole = 'stop return unexpose:web unexpose:web-2 mark start settle expose:web check';
    expect(await waysBack(HOT)).toEqual({
      'web/evaluate': 'failed:',
      'web/build': 'failed:',
      'web/mark': 'rolled-back: mark',
      'web/set-profile': 'rolled-back: return mark',
      'web/activate': `rolled-back: condemn ${whole}`,
      'web/settle': `rolled-back: condemn ${whole}`,
      'web/expose:web-2': `rolled-back: ${whole}`,
      'web/unexpose:web': `rolled-back: ${whole}`,
      'web/check': `rolled-back: condemn ${whole}`,
      'web/record': 'failed:',
      'web/collect': 'failed:',
    });
  });

  test('by these calls', async () => {
    const at = await callOf(STATEFUL, 'guest.check');
    const { calls, configured } = await run(STATEFUL, failingAt(at));
    expect(calls.slice(at + 1)).toEqual([
      ...['incus.setConfig web', 'incus.stop web'],
      ...['incus.setConfig web', 'incus.restoreVolume data pets-1', 'incus.setConfig web'],
      ...[`shared.returnTo web 1 ${OLD}`, 'incus.setConfig web'],
      ...['incus.removeDevice web web', 'incus.removeDevice web web-2', 'incus.setConfig web'],
      ...['incus.start web', `guest.settle web ${OLD} 1000`],
      ...['host.probe 127.0.0.1:80', 'incus.setDevice web web tcp:127.0.0.1:80', 'host.accepts 127.0.0.1:80'],
      `guest.check web ${OLD} stable`,
    ]);
    const [condemned, ...others] = configured.slice(-5);
    expect(parseCondemned(condemned?.['user.pets.condemned'])).toMatchObject({
      facets: { system: { source: 'b' }, exposure: { listen: '127.0.0.1:81' } },
      why: 'no',
    });
    expect(others).toEqual([
      { 'user.pets.state': 'restoring' },
      { 'user.pets.state': 'upgrading' },
      { 'limits.memory': '' },
      { 'user.pets.state': 'ready' },
    ]);
  });
});

test('where nothing fails nobody hears of it', async () => {
  const { events } = await run(STATEFUL);
  expect(JSON.stringify(events.slice(1))).not.toContain('~back');
});

test('an app that is back says what serves, what failed, and with its last words', async () => {
  const { outcome } = await run(HOT, failingAt(await callOf(HOT, 'guest.check')));
  expect(outcome.apps).toMatchObject([
    {
      ...{ result: 'rolled-back', because: 'generation 1 serves', url: 'http://127.0.0.1:80', notes: [] },
      failure: { op: 'web/check', log: ['its words'] },
    },
  ]);
});

describe('a step of the way back that fails', () => {
  const failing = (start: string) => ({
    fails: {
      'guest.check': new FailedProgram({ code: 'health-failed', message: 'no' }, []),
      [start]: 'gone',
    },
  });

  test('leaves an app that failed: nothing is known of what serves', async () => {
    const recorded = await run(HOT, failing('incus.start web'));
    expect(recorded.outcome.apps).toMatchObject([
      { result: 'failed', because: 'it is down: starting failed: gone', failure: { op: 'web/check' } },
    ]);
    expect(recorded.outcome.apps[0]?.url).toBeNull();
    expect(said(recorded, 'failed')).toEqual(['web/check', 'web/start~back']);
    expect(said(recorded, 'skipped').filter((op) => op.endsWith('~back'))).toEqual([
      ...['web/settle~back', 'web/expose:web~back', 'web/check~back'],
    ]);
  });

  test.each([
    [
      'an exposure',
      'incus.setDevice web web tcp:127.0.0.1:80',
      'web/expose:web~back',
      ['web/check~back'],
      '127.0.0.1:80 is not exposed: gone',
    ],
    [
      'what is added before it runs',
      'incus.removeDevice web web-2',
      'web/unexpose:web-2~back',
      ['web/start~back', 'web/settle~back', 'web/expose:web~back', 'web/check~back'],
      'removing the old exposure failed: gone',
    ],
    [
      'a unit',
      'guest.settle web /nix/store/zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz-a-',
      'web/settle~back',
      ['web/expose:web~back', 'web/check~back'],
      'gone',
    ],
  ])('ends nothing but itself, and is told: %s', async (_, call, failed, gone, missing) => {
    const checks = {
      'guest.check web /nix/store/wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww-web': new FailedProgram(
        { code: 'health-failed', message: 'no' },
        [],
      ),
    };
    const recorded = await run(HOT, { fails: { ...checks, [call]: 'gone' } });
    expect(said(recorded, 'failed')).toEqual(['web/check', failed]);
    expect(said(recorded, 'finished')).toEqual(expect.arrayContaining(gone));
    const url = failed === 'web/expose:web~back' ? null : 'http://127.0.0.1:80';
    expect(recorded.outcome.apps).toMatchObject([
      { result: 'failed', because: `generation 1 serves, but ${missing}`, url },
    ]);
  });

  test('of data ends it: a container is not started with volumes that are half restored', async () => {
    const checks = {
      'guest.check web /nix/store/wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww-web': new FailedProgram(
        { code: 'health-failed', message: 'no' },
        [],
      ),
    };
    const recorded = await run(STATEFUL, { fails: { ...checks, 'incus.restoreVolume': 'gone' } });
    expect(said(recorded, 'failed')).toEqual(['web/check', 'web/restore~back']);
    expect(said(recorded, 'finished').filter((op) => op.endsWith('~back'))).toEqual([
      ...['web/condemn~back', 'web/stop~back'],
    ]);
  });

  test('does not keep it from serving when it is only that nobody remembers why', async () => {
    const during = (call: string) => {
      if (call === 'incus.stop web') isBack = true;
      if (call === 'incus.setConfig web' && !isBack && isTried)
        throw new ProblemError({ code: 'health-failed', message: 'gone' });
      if (call.startsWith('guest.check')) isTried = true;
    };
    let [isTried, isBack] = [false, false];
    const fails = {
      'guest.check web /nix/store/wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww-web': new FailedProgram(
        { code: 'health-failed', message: 'no' },
        [],
      ),
    };
    const recorded = await run(HOT, { during, fails });
    expect(said(recorded, 'failed')).toEqual(['web/check', 'web/condemn~back']);
    expect(results(recorded)).toEqual(['web rolled-back (web/check: no)']);
  });
});

test.each([
  ['a daemon that fails says nothing about a system: it is tried again', false, undefined],
  ['a system that fails is remembered', true, 'no'],
])('%s', async (_, isProgram, why) => {
  const { configured } = await run(HOT, failingAt(await callOf(HOT, 'guest.check'), isProgram));
  const texts = configured.flatMap((config) => config['user.pets.condemned'] ?? []);
  // The upgrade began by forgetting what was before it.
  expect(texts[0]).toBe('');
  expect(parseCondemned(texts[1])?.why).toBe(why);
});

describe('a run that is stopped in the middle of an upgrade', () => {
  const stopAt = (start: string, more: RunScript = {}) => {
    const stop = new AbortController();
    const during = (call: string) => {
      if (call.startsWith(start)) stop.abort();
    };
    return { ...more, stop: stop.signal, during };
  };

  test('starts nothing more; what has not failed is not taken back', async () => {
    const recorded = await run(STATEFUL, stopAt('incus.start'));
    expect(said(recorded, 'started').at(-1)).toBe('web/start');
    expect(results(recorded)).toEqual(['web interrupted (the run was stopped)']);
    expect(said(recorded, 'skipped').filter((op) => op.endsWith('~back'))).toEqual([]);
  });

  test('takes back what has failed', async () => {
    const fails = { 'guest.settle web /nix/store/wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww-web': 'no' };
    const recorded = await run(
      STATEFUL,
      stopAt('guest.settle web /nix/store/wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww-web', { fails }),
    );
    expect(recorded.calls.at(-1)).toBe(`guest.check web ${OLD} stable`);
    expect(recorded.outcome).toMatchObject({ interrupted: true, apps: [{ result: 'rolled-back' }] });
  });
});

test('--fail-fast: the one that failed is taken back, the other is not begun', async () => {
  const world = {
    want: ['a - source=b', 'b - source=b after=a'],
    have: ['a - kept=1', 'b - kept=1'],
  };
  const recorded = await run(world, { fails: { 'guest.activate a': 'no' }, failFast: true });
  expect(
    said(recorded, 'started')
      .filter((op) => op.startsWith('a/'))
      .at(-1),
  ).toBe('a/settle~back');
  expect(recorded.calls.filter((call) => call.startsWith('guest.activate b'))).toEqual([]);
  expect(results(recorded)[0]).toBe('a rolled-back (a/activate: no)');
});

describe('a generation', () => {
  test('is read back as it was recorded', async () => {
    const world = {
      want: [
        'web [::1]:80 source=b health=http:/up limits=memory:1GiB plug=card:gpu secrets=db:abc profiles=default',
      ],
    };
    const before = Date.now();
    const { configs, devices } = await run(world, {
      config: { web: { 'limits.memory': '1GiB', 'volatile.x': '1' } },
    });
    const after = Date.now();
    const config = configs['web'] ?? {};
    const [generation, ...others] = generationsOf(config, []);
    const applied = parseApplied(config['user.pets.applied']);
    expect(others).toEqual([]);
    const { secrets, ...facets } = applied?.facets ?? {};
    expect(Object.keys(secrets ?? {})).toEqual(['secret.db']);
    expect(generation).toMatchObject({
      ...{
        generation: 7,
        toplevel: '/nix/store/wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww-web',
        facets,
        secrets,
        healthy: 'all is well',
      },
      health: { check: { kind: 'http', path: '/up' } },
      ...{ config: { 'limits.memory': '1GiB' }, profiles: ['default'] },
      devices: { web: devices['web web'] },
      exposures: [{ device: 'web', role: 'web', binding: { address: '::1', first: 80 } }],
    });
    const at = new Date(generation?.at ?? '').getTime();
    expect(at).toBeGreaterThanOrEqual(before);
    expect(at).toBeLessThanOrEqual(after);
  });

  test.each(['{', '"x"', '[]', 'null', '{"at":1,"healthy":{}}'])(
    'that somebody has overwritten with %s is recorded anew',
    async (text) => {
      const config = { web: { 'user.pets.generation.1': text } };
      const { configs, outcome } = await run({ want: ['web 81'], have: ['web 80'] }, { config });
      expect(outcome.apps).toMatchObject([{ result: 'done' }]);
      expect(generationsOf(configs['web'] ?? {}, [])).toMatchObject([
        { generation: 1, toplevel: OLD, healthy: null },
      ]);
    },
  );

  test('keeps when it was found good', async () => {
    const before = JSON.stringify({ at: '2026-01-02T03:04:05.000Z', healthy: 'it answered' });
    const config = { web: { 'user.pets.generation.1': before } };
    const { configs } = await run({ want: ['web 81'], have: ['web 80'] }, { config });
    expect(generationsOf(configs['web'] ?? {}, [])).toMatchObject([
      { at: '2026-01-02T03:04:05.000Z', healthy: 'it answered' },
    ]);
  });
});

describe('collect', () => {
  const recorded = (...numbers: number[]) =>
    Object.fromEntries(numbers.map((n) => [`user.pets.generation.${n}`, '{}'])) as Record<string, string>;
  const world = {
    want: ['web - source=b volumes=data:/x keep=2'],
    have: ['web - volumes=data:/x keep=2 kept=5'],
  };

  test('keeps the newest good ones; records go first, and copies with what they are of', async () => {
    const snapshots = { data: ['pets-2', 'pets-undone-2-3', 'pets-4', 'pets-5', 'pets-undone-5', 'by-hand'] };
    // 3, 4 and 6 have failed: nothing is recorded of them.
    const { calls, configured } = await run(world, { config: { web: recorded(1, 2, 5) }, snapshots });
    // Should it be cut short, nothing of what is half gone is offered to return to.
    expect(calls.slice(calls.findLastIndex((call) => call === 'incus.setConfig web'))).toEqual([
      'incus.setConfig web',
      'incus.removeSnapshot data pets-2',
      'incus.removeSnapshot data pets-undone-2-3',
      'incus.removeSnapshot data pets-4',
      'shared.collect web 7 5',
    ]);
    expect(configured.at(-1)).toEqual({ 'user.pets.generation.1': '', 'user.pets.generation.2': '' });
  });

  test('keeps what serves, however old', async () => {
    const config = { web: { ...recorded(3, 8, 9), 'user.pets.applied': '{"generation":3}' } };
    const { calls } = await run({ want: ['web - source=b'], have: ['web'] }, { config });
    expect(calls.at(-1)).toBe('shared.collect web 9 8 7 3');
  });
});

test('a copy of what is taken back replaces no other', async () => {
  const world = {
    want: ['web - volumes=data:/x,more:/y'],
    have: ['web - volumes=data:/x,more:/y kept=1 state=upgrading top=/nix/store/b'],
  };
  const copies = async (snapshots: Record<string, string[]>) =>
    (await run(world, { snapshots })).calls.filter((call) => /Volume/.test(call));
  expect(await copies({ data: ['pets-1'], more: [] })).toEqual([
    'incus.snapshotVolume data pets-undone-1',
    'incus.snapshotVolume more pets-undone-1',
    'incus.restoreVolume data pets-1',
  ]);
  expect(
    (await copies({ data: ['pets-1', 'pets-undone-1'], more: ['pets-undone-1-4', 'pets-undone-11'] }))[0],
  ).toBe('incus.snapshotVolume data pets-undone-1-5');
});
