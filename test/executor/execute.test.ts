import { describe, expect, test } from '@jest/globals';
import { FailedProgram, type Problem } from '../../src/domain/problem.js';
import { results, run, said } from './recording.js';

const THREE = { want: ['a 80 source=b', 'b 81 source=b', 'c 82 source=b'], have: ['a 80', 'b 81', 'c 82'] };

test('a create, from evaluation to record', async () => {
  const { calls, outcome } = await run({ want: ['web 80'] });
  expect(calls).toEqual([
    'nix.evaluate web',
    'nix.build web',
    'shared.setProfile web /nix/store/wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww-web',
    'incus.create web',
    'incus.start web',
    'guest.settle web /nix/store/wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww-web 1000',
    'host.probe 127.0.0.1:80',
    'incus.setDevice web web tcp:127.0.0.1:80',
    'host.accepts 127.0.0.1:80',
    'incus.setConfig web',
  ]);
  expect(outcome).toMatchObject({ interrupted: false, apps: [{ verb: 'create', result: 'done' }] });
});

test('nothing to do: nothing is asked for, and it is said to be unchanged', async () => {
  const recorded = await run({ want: ['web 80'], have: ['web 80'] });
  expect(recorded.calls).toEqual([]);
  expect(recorded.events.map((event) => event.kind)).toEqual(['run-started', 'run-ended']);
  expect(results(recorded)).toEqual(['web unchanged']);
});

test('each operation is told from its start to its end, with its output and its note', async () => {
  const { events } = await run({ want: ['web 80'] });
  const told = events.flatMap((event) => {
    if (!('op' in event)) return [event.kind];
    const words =
      event.kind === 'output' ? [event.line] : event.kind === 'finished' && event.note ? [event.note] : [];
    return [[event.kind, event.op, ...words].join(' ')];
  });
  expect(told).toEqual([
    'run-started',
    'started web/evaluate',
    'finished web/evaluate',
    'started web/build',
    'output web/build building /nix/store/wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww-web',
    'finished web/build',
    'started web/set-profile',
    'finished web/set-profile generation 7',
    'started web/create',
    'finished web/create',
    'started web/start',
    'finished web/start',
    'started web/settle',
    'finished web/settle',
    'started web/expose:web',
    'finished web/expose:web 127.0.0.1:80',
    'started web/record',
    'finished web/record',
    'run-ended',
  ]);
});

describe('a failure', () => {
  test('stops its own app and no other', async () => {
    const recorded = await run(THREE, { fails: { 'guest.activate b': 'exit code 1' } });
    expect(results(recorded)).toEqual(['a done', 'b failed (b/activate: exit code 1)', 'c done']);
    expect(said(recorded, 'skipped')).toEqual(['b/settle', 'b/record', 'b/collect']);
  });

  test('of a build comes before anything that runs is touched, and then the others go on', async () => {
    const beforeItFailed: string[] = [];
    let failed = false;
    const during = async (call: string) => {
      if (!failed) beforeItFailed.push(call);
      if (call !== 'nix.build b') return;
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
      failed = true;
    };
    const recorded = await run(THREE, { fails: { 'nix.build b': 'hash mismatch' }, during });
    expect(beforeItFailed.filter((call) => !call.startsWith('nix.'))).toEqual([]);
    expect(recorded.calls.filter((call) => call.startsWith('guest.activate'))).toHaveLength(2);
    expect(results(recorded)).toEqual(['a done', 'b failed (b/build: hash mismatch)', 'c done']);
  });

  test('of an app skips those that need it, and says whom', async () => {
    const swap = { want: ['a 81', 'b 80', 'c 82'], have: ['a 80', 'b 81', 'c 92'] };
    const recorded = await run(swap, { fails: { 'incus.removeDevice b web': 'busy' } });
    expect(results(recorded)).toEqual([
      'a skipped (needs b/unexpose:web; 127.0.0.1:80 is exposed again as before)',
      'b failed (b/unexpose:web: busy)',
      'c done',
    ]);
  });

  test('carries the last lines of what the program said', async () => {
    const log = Array.from({ length: 30 }, (_, i) => `line ${i}`);
    const failure = new FailedProgram(
      { code: 'build-failed', message: 'builder failed', hint: 'read the log' },
      log,
    );
    const { outcome, events } = await run({ want: ['web'] }, { fails: { 'nix.build': failure } });
    const failed = {
      op: 'web/build',
      problem: { app: 'web', code: 'build-failed', message: 'builder failed', hint: 'read the log' },
      log: log.slice(10),
    };
    expect(outcome.apps[0]?.failure).toEqual(failed);
    expect(events.find((event) => event.kind === 'failed')).toMatchObject(failed);
  });

  test('is told with its place in the manifest', async () => {
    const place = { file: 'pets.toml', line: 3, column: 8 };
    const locate = (problem: Problem) => ({ ...problem, place });
    const { outcome, events } = await run(
      { want: ['web'] },
      { fails: { 'nix.build': 'no such option' }, locate },
    );
    const problem = { app: 'web', code: 'daemon-refused', message: 'no such option', place };
    expect(outcome.apps[0]?.failure?.problem).toEqual(problem);
    expect(events.find((event) => event.kind === 'failed')).toMatchObject({ problem });
  });

  test('of an app that another comes after skips that one', async () => {
    const world = {
      want: ['db - source=b', 'web - source=b after=db', 'x - source=b'],
      have: ['db', 'web', 'x'],
    };
    const recorded = await run(world, { fails: { 'guest.settle db': 'postgresql.service failed' } });
    expect(results(recorded)).toEqual([
      'db failed (db/settle: postgresql.service failed)',
      'web skipped (needs db/settle)',
      'x done',
    ]);
    expect(recorded.calls.filter((call) => call.startsWith('guest.activate web'))).toEqual([]);
  });

  test('that is a bug of ours is an outcome too', async () => {
    const { outcome } = await run(
      { want: ['web'] },
      { fails: { 'nix.build': new TypeError('x is undefined') } },
    );
    expect(outcome.apps[0]?.failure?.problem).toMatchObject({
      message: 'unexpected: x is undefined',
      hint: expect.stringContaining('bug in pets'),
    });
  });
});

describe('--fail-fast', () => {
  test('starts nothing more; what runs goes on', async () => {
    const fails = { 'nix.evaluate a': 'syntax error' };
    const recorded = await run(THREE, { fails, failFast: true });
    expect(recorded.calls).toEqual(['nix.evaluate a', 'nix.evaluate b', 'nix.evaluate c']);
    expect(results(recorded)).toEqual([
      'a failed (a/evaluate: syntax error)',
      'b skipped (an app failed (--fail-fast))',
      'c skipped (an app failed (--fail-fast))',
    ]);
    expect(recorded.outcome.interrupted).toBe(false);
  });

  test('holds for what already stands in the queue', async () => {
    const script = { fails: { 'nix.evaluate a': 'syntax error' }, failFast: true, limits: { evaluate: 1 } };
    expect((await run(THREE, script)).calls).toEqual(['nix.evaluate a']);
  });
});

describe('limits', () => {
  const apps = Array.from({ length: 6 }, (_, i) => `app${i} ${8000 + i}`);

  test('hold for each slot on its own', async () => {
    const { peak } = await run({ want: apps }, { limits: { evaluate: 2, incus: 1 } });
    expect(peak.get('nix.evaluate')).toBe(2);
    expect(peak.get('incus.create')).toBe(1);
  });

  test('are made use of', async () => {
    const { peak } = await run({ want: apps }, { limits: { evaluate: 6, build: 3, incus: 4 } });
    expect(peak.get('nix.build')).toBe(3);
    expect(peak.get('incus.create')).toBe(3);
    expect((await run({ want: apps })).peak.get('incus.create')).toBe(6);
  });

  test('count all writes to Incus together', async () => {
    let active = 0;
    let most = 0;
    const during = async (call: string) => {
      if (!/^(incus|shared)\./.test(call)) return;
      most = Math.max(most, ++active);
      await new Promise((resolve) => setImmediate(resolve));
      active--;
    };
    await run({ want: apps, have: ['gone 99'], prune: true }, { during, limits: { incus: 2 } });
    expect(most).toBe(2);
  });

  test('do not hold for waiting: a guest that boots keeps nobody from anything', async () => {
    const { peak } = await run(
      { want: apps },
      { limits: { evaluate: 6, build: 6, incus: 1 }, during: allSettle(6) },
    );
    expect(peak.get('guest.settle')).toBe(6);
  });
});

/** Lets no guest settle before that many wait for it. */
function allSettle(count: number): (call: string) => Promise<void> {
  let waiting = 0;
  let open: () => void = () => undefined;
  const all = new Promise<void>((resolve) => {
    open = resolve;
  });
  return async (call) => {
    if (!call.startsWith('guest.settle')) return;
    if (++waiting === count) open();
    await all;
  };
}
