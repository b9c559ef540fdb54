import { describe, expect, test } from '@jest/globals';
import { golden, planned, shown } from './worlds.js';

test('an app that is not there is created, exposed once it is up, and recorded last', () => {
  expect(shown({ want: ['web 7700'] })).toBe(
    golden(`
      web: create
      [1] web/evaluate, not there yet
      [2] #1 web/build, not there yet
      [3] #2 web/set-profile, not there yet
      [4] #3 web/create, not there yet
      [5] #4 web/start, just created
      [6] #5 web/settle, the app must run the system it was given
      [7] #6 web/expose:web, not there yet
      [8] #7 web/record, as the manifest says: power, system, exposure, meta
    `),
  );
});

test('remote flakes without a pin are locked first; an app without a port is never exposed', () => {
  const want = ['worker - source=github:o/worker nixpkgs=github:nixos/nixpkgs'];
  expect(shown({ want })).toBe(
    golden(`
      worker: create
      [1] worker/lock, not in pets.lock yet
      [2] #1 worker/evaluate, not there yet
      [3] #2 worker/build, not there yet
      [4] #3 worker/set-profile, not there yet
      [5] #4 worker/create, not there yet
      [6] #5 worker/start, just created
      [7] #6 worker/settle, the app must run the system it was given
      [8] #7 worker/record, as the manifest says: power, system, meta
    `),
  );
  expect(planned({ want }).operations[0]?.action).toEqual({
    kind: 'lock',
    urls: ['github:o/worker', 'github:nixos/nixpkgs'],
  });
});

test('what is as the manifest says is left alone', () => {
  const apps = ['web 7700', 'wiki 0.0.0.0:80', 'worker'];
  expect(shown({ want: apps, have: apps })).toBe(
    golden(`
      web: unchanged
      wiki: unchanged
      worker: unchanged
    `),
  );
});

test('all builds come before the first change to any running app', () => {
  const want = ['a 80', 'c 82 source=new', 'd 83'];
  expect(shown({ want, have: ['c 82', 'd 93'] })).toBe(
    golden(`
      a: create
      c: rebuild
      d: proxy-update
      [1] a/evaluate, not there yet
      [2] #1 a/build, not there yet
      [3] #2 a/set-profile, not there yet
      [4] #3 a/create, not there yet
      [5] #4 a/start, just created
      [6] #5 a/settle, the app must run the system it was given
      [7] #6 a/expose:web, not there yet
      [8] #7 a/record, as the manifest says: power, system, exposure, meta
      [9] c/evaluate, source changed
      [10] #9 c/build, source changed
      [11] #10 ~2 c/set-profile, source changed
      [12] #11 ~2 ~10 c/activate, source changed !service
      [13] #12 c/settle, the app must run the system it was given
      [14] #13 c/record, as the manifest says: system
      [15] #14 c/collect, 5 are kept
      [16] ~2 ~10 d/expose:web-2, exposure listen 127.0.0.1:93 → 127.0.0.1:83 !exposure
      [17] #16 ~2 ~10 d/unexpose:web, 127.0.0.1:93 is not in the manifest any more !exposure
      [18] #17 d/record, as the manifest says: exposure
    `),
  );
});

describe('apps that are gone from the manifest', () => {
  const have = ['old 80', 'asleep 81 status=Stopped'];

  test('are listed and left', () => {
    expect(shown({ want: [], have })).toBe(
      golden(`
        asleep: destroy (held: no longer in the manifest; \`pets up --prune\` destroys it)
        old: destroy (held: no longer in the manifest; \`pets up --prune\` destroys it)
      `),
    );
  });

  test('are destroyed with --prune', () => {
    expect(shown({ want: [], have, prune: true })).toBe(
      golden(`
        asleep: destroy
        old: destroy
        [1] old/stop, no longer in the manifest !container
        [2] #1 old/delete, no longer in the manifest !container
        [3] #2 old/drop-profile, no longer in the manifest
        [4] asleep/delete, no longer in the manifest !container
        [5] #4 asleep/drop-profile, no longer in the manifest
      `),
    );
  });

  test('give their port to another: after the delete', () => {
    expect(shown({ want: ['web 80'], have: ['old 80', 'web 81'], prune: true })).toBe(
      golden(`
        old: destroy
        web: proxy-update
        [1] #5 web/expose:web-2, exposure listen 127.0.0.1:81 → 127.0.0.1:80 !exposure
        [2] #1 web/unexpose:web, 127.0.0.1:81 is not in the manifest any more !exposure
        [3] #2 web/record, as the manifest says: exposure
        [4] old/stop, no longer in the manifest !container
        [5] #4 old/delete, no longer in the manifest !container
        [6] #5 old/drop-profile, no longer in the manifest
      `),
    );
  });

  test('keep their port while they are held', () => {
    expect(
      shown({ want: ['web 80'], have: ['old 80'] })
        .split('\n')
        .at(-1),
    ).toBe(
      `problem: 127.0.0.1:80 is taken: \`old\`, which is no longer in the manifest (\`pets up --prune\` destroys it)`,
    );
  });
});

describe('a selection', () => {
  test('never prunes, and leaves the others alone', () => {
    const world = { want: ['a 80', 'b 81'], have: ['a 90', 'b 91', 'gone 83'], only: ['a'] };
    expect(shown({ ...world, prune: true })).toBe(
      golden(`
        a: proxy-update
        [1] a/expose:web-2, exposure listen 127.0.0.1:90 → 127.0.0.1:80 !exposure
        [2] #1 a/unexpose:web, 127.0.0.1:90 is not in the manifest any more !exposure
        [3] #2 a/record, as the manifest says: exposure
      `),
    );
  });

  test.each(['b 80', 'b 80 status=Stopped', 'b 0.0.0.0:80'])(
    'is in conflict with what was not selected: %s',
    (other) => {
      const { problems } = planned({ want: ['a 80', 'b 81'], have: [other], only: ['a'] });
      expect(problems).toMatchObject([
        { message: '127.0.0.1:80 is taken: app `b`', path: ['apps', 'a', 'port'] },
      ]);
    },
  );

  test('of an app whose port a gone one has names that one', () => {
    const { problems } = planned({ want: ['a 80'], have: ['gone 80'], only: ['a'], prune: true });
    expect(problems.map((p) => p.message)).toEqual([
      '127.0.0.1:80 is taken: `gone`, which is no longer in the manifest (`pets up --prune` destroys it)',
    ]);
  });
});

test('the summary of an app says what it costs and where it will be', () => {
  const { apps } = planned({
    want: ['a 81', 'b 0.0.0.0:90 source=new', 'c', 'd 93'],
    have: ['a 80', 'b 0.0.0.0:90', 'c', 'z 99'],
    prune: true,
  });
  expect(apps.map((a) => [a.app, a.verb, a.interrupts, a.url])).toEqual([
    ['a', 'proxy-update', 'exposure', 'http://127.0.0.1:81'],
    ['b', 'rebuild', 'service', 'http://127.0.0.1:90'],
    ['c', 'unchanged', 'nothing', null],
    ['d', 'create', 'nothing', 'http://127.0.0.1:93'],
    ['z', 'destroy', 'container', null],
  ]);
});
