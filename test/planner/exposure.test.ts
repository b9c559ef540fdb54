import { describe, expect, test } from '@jest/globals';
import { formatBinding } from '../../src/domain/binding.js';
import { planOf } from '../../src/planner/plan.js';
import { printPlan } from '../../src/planner/print.js';
import { actual, desired, found, golden, planned, seenAs, shown, type World } from './worlds.js';

const NOTHING_SAID = { prune: false, recreate: false, retry: false, only: null };

/** What each new exposure is to be replaced with should it fail. */
function fallbacks(world: World): string[] {
  return planned(world).operations.flatMap(({ id, action }) => {
    if (action.kind !== 'expose') return [];
    const old = action.fallback?.binding;
    return [`${id}: ${old ? formatBinding(old) : 'none'}`];
  });
}

test('a port change makes before it breaks, and touches nothing else', () => {
  const world = { want: ['web 7701'], have: ['web 7700'] };
  expect(shown(world)).toBe(
    golden(`
      web: proxy-update
      [1] web/expose:web-2, exposure listen 127.0.0.1:7700 → 127.0.0.1:7701 !exposure
      [2] #1 web/unexpose:web, 127.0.0.1:7700 is not in the manifest any more !exposure
      [3] #2 web/record, as the manifest says: exposure
    `),
  );
  expect(fallbacks(world)).toEqual(['web/expose:web-2: none']);
});

test('the next change takes the first device name that is free', () => {
  expect(shown({ want: ['web 82'], have: ['web 81 devices=web-2:81'] })).toBe(
    golden(`
      web: proxy-update
      [1] web/expose:web, exposure listen 127.0.0.1:81 → 127.0.0.1:82 !exposure
      [2] #1 web/unexpose:web-2, 127.0.0.1:81 is not in the manifest any more !exposure
      [3] #2 web/record, as the manifest says: exposure
    `),
  );
});

test('a swap removes both before it adds either; each has its old one to fall back on', () => {
  const world = { want: ['a 81', 'b 80'], have: ['a 80', 'b 81'] };
  expect(shown(world)).toBe(
    golden(`
      a: proxy-update
      b: proxy-update
      [1] a/unexpose:web, 127.0.0.1:80 is not in the manifest any more !exposure
      [2] #1 #4 a/expose:web-2, exposure listen 127.0.0.1:80 → 127.0.0.1:81 !exposure
      [3] #2 a/record, as the manifest says: exposure
      [4] b/unexpose:web, 127.0.0.1:81 is not in the manifest any more !exposure
      [5] #4 #1 b/expose:web-2, exposure listen 127.0.0.1:81 → 127.0.0.1:80 !exposure
      [6] #5 b/record, as the manifest says: exposure
    `),
  );
  expect(fallbacks(world)).toEqual(['a/expose:web-2: 127.0.0.1:80', 'b/expose:web-2: 127.0.0.1:81']);
});

test('a chain frees its end first; nobody has to break first', () => {
  const world = { want: ['a 81', 'b 82', 'c 83'], have: ['a 80', 'b 81', 'c 82'] };
  expect(shown(world)).toBe(
    golden(`
      a: proxy-update
      b: proxy-update
      c: proxy-update
      [1] #5 a/expose:web-2, exposure listen 127.0.0.1:80 → 127.0.0.1:81 !exposure
      [2] #1 a/unexpose:web, 127.0.0.1:80 is not in the manifest any more !exposure
      [3] #2 a/record, as the manifest says: exposure
      [4] #8 b/expose:web-2, exposure listen 127.0.0.1:81 → 127.0.0.1:82 !exposure
      [5] #4 b/unexpose:web, 127.0.0.1:81 is not in the manifest any more !exposure
      [6] #5 b/record, as the manifest says: exposure
      [7] c/expose:web-2, exposure listen 127.0.0.1:82 → 127.0.0.1:83 !exposure
      [8] #7 c/unexpose:web, 127.0.0.1:82 is not in the manifest any more !exposure
      [9] #8 c/record, as the manifest says: exposure
    `),
  );
  expect(fallbacks(world)).toEqual(['a/expose:web-2: none', 'b/expose:web-2: none', 'c/expose:web-2: none']);
});

test('who only waits for a ring does not break first', () => {
  const world = {
    want: ['a 81', 'b 82', 'c 127.0.0.1:80', 'd 10.0.0.5:80'],
    have: ['a 0.0.0.0:80', 'b 81', 'c 82', 'd 83'],
  };
  expect(fallbacks(world)).toEqual([
    'a/expose:web-2: 0.0.0.0:80',
    'b/expose:web-2: 127.0.0.1:81',
    'c/expose:web-2: 127.0.0.1:82',
    'd/expose:web-2: none',
  ]);
});

test.each([
  ['127.0.0.1:80', '0.0.0.0:80'],
  ['0.0.0.0:80', '127.0.0.1:80'],
  ['[::1]:80', '[::]:80'],
  ['10.0.0.5:80', '[::]:80'],
])('%s → %s cannot be open together: break first', (from, to) => {
  const world = { want: [`a ${to}`], have: [`a ${from}`], addresses: ['::1', '10.0.0.5'] };
  expect(shown(world)).toBe(
    [
      'a: proxy-update',
      `[1] a/unexpose:web, ${from} is not in the manifest any more !exposure`,
      `[2] #1 a/expose:web-2, exposure listen ${from} → ${to} !exposure`,
      '[3] #2 a/record, as the manifest says: exposure',
    ].join('\n'),
  );
  expect(fallbacks(world)).toEqual([`a/expose:web-2: ${from}`]);
});

test('another address with the same port is no obstacle', () => {
  expect(fallbacks({ want: ['a 10.0.0.5:80'], have: ['a 80'] })).toEqual(['a/expose:web-2: none']);
});

test('a wildcard waits for everybody on that port', () => {
  const world = { want: ['a 0.0.0.0:80', 'b 81', 'c 82'], have: ['b 127.0.0.2:80', 'c 10.0.0.5:80', 'a'] };
  expect(shown(world)).toBe(
    golden(`
      a: proxy-update
      b: proxy-update
      c: proxy-update
      [1] #4 #7 a/expose:web, exposure listen none → 0.0.0.0:80
      [2] #1 a/record, as the manifest says: exposure
      [3] b/expose:web-2, exposure listen 127.0.0.2:80 → 127.0.0.1:81 !exposure
      [4] #3 b/unexpose:web, 127.0.0.2:80 is not in the manifest any more !exposure
      [5] #4 b/record, as the manifest says: exposure
      [6] c/expose:web-2, exposure listen 10.0.0.5:80 → 127.0.0.1:82 !exposure
      [7] #6 c/unexpose:web, 10.0.0.5:80 is not in the manifest any more !exposure
      [8] #7 c/record, as the manifest says: exposure
    `),
  );
});

test('a port that is no longer wanted is closed', () => {
  expect(shown({ want: ['web'], have: ['web 80'] })).toBe(
    golden(`
      web: proxy-update
      [1] web/unexpose:web, 127.0.0.1:80 is not in the manifest any more !exposure
      [2] #1 web/record, as the manifest says: exposure
    `),
  );
});

describe('what an interrupted run left', () => {
  test('an old device beside the right one is removed', () => {
    const have = ['web 81 devices=web:80,web-2:81'];
    expect(shown({ want: ['web 81'], have })).toBe(
      golden(`
        web: proxy-update
        [1] web/unexpose:web, 127.0.0.1:80 is not in the manifest any more !exposure
        [2] #1 web/record, as the manifest says: exposure
      `),
    );
  });

  test('a device whose address pets would not write is replaced, without a way back', () => {
    const connect = 'tcp:127.0.0.1:8080';
    const value = { type: 'proxy', listen: 'tcp:localhost:80-90', connect };
    const odd = { device: 'web', role: 'web', binding: null, connect, value } as const;
    const web = seenAs({ ...found('web 80'), exposures: [odd] }, []);
    const plan = planOf(desired(['web 80']), actual([], { apps: [web] }), NOTHING_SAID);
    expect(printPlan(plan)).toBe(
      golden(`
        web: proxy-update
        [1] web/unexpose:web, tcp:localhost:80-90 to tcp:127.0.0.1:8080 is not in the manifest any more !exposure
        [2] #1 web/expose:web-2, exposure listen drifted tcp:localhost:80-90 to tcp:127.0.0.1:8080 → 127.0.0.1:80 !exposure
        [3] #2 web/record, as the manifest says: exposure
      `),
    );
  });
});

describe('an app that does not run', () => {
  test('has its old exposure cleared away before it starts, and gets the new one when it is up', () => {
    expect(shown({ want: ['web 81'], have: ['web 80 status=Stopped'] })).toBe(
      golden(`
        web: start
        [1] web/unexpose:web, 127.0.0.1:80 is not in the manifest any more
        [2] #1 web/start, it is stopped
        [3] #2 web/settle, the app must run the system it was given
        [4] #3 web/expose:web-2, exposure listen 127.0.0.1:80 → 127.0.0.1:81
        [5] #4 web/record, as the manifest says: power, exposure
      `),
    );
  });

  test('starts without what it keeps, too', () => {
    expect(
      shown({ want: ['web 80 publish=53/udp>53'], have: ['web 80 publish=53/udp>53 status=Stopped'] }),
    ).toBe(
      golden(`
        web: start
        [1] web/unexpose:web, 127.0.0.1:80 opens when the system is up
        [2] #1 web/unexpose:publish-1, 127.0.0.1:53/udp opens when the system is up
        [3] #2 web/start, it is stopped
        [4] #3 web/settle, the app must run the system it was given
        [5] #4 web/expose:web, its system is up
        [6] #5 web/expose:publish-1, its system is up
        [7] #6 web/record, as the manifest says: power
      `),
    );
  });

  test('and is thawed keeps what it has: it opens again by itself', () => {
    expect(shown({ want: ['web 80'], have: ['web 80 status=Frozen'] })).toBe(
      golden(`
        web: start
        [1] web/start, it is frozen
        [2] #1 web/settle, the app must run the system it was given
        [3] #2 web/record, as the manifest says: power
      `),
    );
  });

  test('and whose port has moved on gets it from the one that has it', () => {
    const world = { want: ['a 80', 'b 81'], have: ['a 80 status=Stopped', 'b 80'] };
    expect(planned(world).operations.find(({ id }) => id === 'a/expose:web')?.needs).toEqual([
      'a/settle',
      'b/unexpose:web',
    ]);
  });

  test('swaps with one that runs', () => {
    const world = { want: ['a 81', 'b 80'], have: ['a 80 status=Stopped', 'b 81'] };
    expect(shown(world)).toBe(
      golden(`
        a: start
        b: proxy-update
        [1] a/unexpose:web, 127.0.0.1:80 is not in the manifest any more
        [2] #1 a/start, it is stopped
        [3] #2 a/settle, the app must run the system it was given
        [4] #3 #6 a/expose:web-2, exposure listen 127.0.0.1:80 → 127.0.0.1:81
        [5] #4 a/record, as the manifest says: power, exposure
        [6] b/unexpose:web, 127.0.0.1:81 is not in the manifest any more !exposure
        [7] #6 #1 b/expose:web-2, exposure listen 127.0.0.1:81 → 127.0.0.1:80 !exposure
        [8] #7 b/record, as the manifest says: exposure
      `),
    );
  });
});
