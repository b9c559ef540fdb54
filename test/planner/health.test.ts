import { describe, expect, test } from '@jest/globals';
import { golden, shown } from './worlds.js';

describe('health', () => {
  test('is checked last, and once more on the way back, as it was told then', () => {
    expect(
      shown({ want: ['web 80 source=b health=http:/new'], have: ['web 80 health=http:/old kept=1'] }),
    ).toBe(
      golden(`
        web: rebuild
        [1] web/evaluate, source changed
        [2] #1 web/build, source changed
        [3] #2 web/mark, should this be cut short
        [4] #3 ~2 web/set-profile, source changed
        [5] #4 ~2 web/activate, source changed !service
        [6] #5 web/settle, the app must run the system it was given
        [7] #6 web/check, healthy means something else now
        [8] #7 web/record, as the manifest says: system, health
        [9] #8 web/collect, 5 are kept
        [10-18] ?5-7 web back to generation 1: condemn stop return?4-7 unexpose:web mark?3-7 start settle expose:web check
      `),
    );
  });

  test('of a first deploy: there is no way back', () => {
    expect(shown({ want: ['web - health=stable'] })).toBe(
      golden(`
        web: create
        [1] web/evaluate, not there yet
        [2] #1 web/build, not there yet
        [3] #2 web/set-profile, not there yet
        [4] #3 web/create, not there yet
        [5] #4 web/start, just created
        [6] #5 web/settle, the app must run the system it was given
        [7] #6 web/check, what serves must be healthy
        [8] #7 web/record, as the manifest says: power, system, health, meta
      `),
    );
  });

  test('is not looked at for a port', () => {
    expect(shown({ want: ['web 81 health=stable'], have: ['web 80 health=stable kept=1'] })).toBe(
      golden(`
        web: proxy-update
        [1] web/expose:web-2, exposure listen 127.0.0.1:80 → 127.0.0.1:81 !exposure
        [2] #1 web/unexpose:web, 127.0.0.1:80 is not in the manifest any more !exposure
        [3] #2 web/record, as the manifest says: exposure
      `),
    );
  });

  test('is looked at where an exposure leads to another port of the guest, that nobody has looked at', () => {
    const listens = 'web/check, something must listen where it leads now';
    const have = ['web 80 health=stable kept=1'];
    expect(shown({ want: ['web 80 publish=81>9000 health=stable'], have })).toContain(listens);
    expect(shown({ want: ['web 80 publish=81>8080 health=stable'], have })).not.toContain(listens);
    expect(
      shown({ want: ['web 80 publish=81>9000 health=unit:x'], have: ['web 80 health=unit:x kept=1'] }),
    ).not.toContain(listens);
  });

  test('that means something else is checked, and nothing else is done', () => {
    expect(shown({ want: ['web - health=unit:web.service'], have: ['web - health=stable kept=1'] })).toBe(
      golden(`
        web: metadata
        [1] web/check, healthy means something else now
        [2] #1 web/record, as the manifest says: health
      `),
    );
  });

  test('= false: nobody looks, but the way back to what was looked at does', () => {
    expect(shown({ want: ['web - source=b'], have: ['web - health=stable kept=1'] })).toBe(
      golden(`
        web: rebuild
        [1] web/evaluate, source changed
        [2] #1 web/build, source changed
        [3] #2 web/mark, should this be cut short
        [4] #3 ~2 web/set-profile, source changed
        [5] #4 ~2 web/activate, source changed !service
        [6] #5 web/settle, the app must run the system it was given
        [7] #6 web/record, as the manifest says: system, health
        [8] #7 web/collect, 5 are kept
        [9-15] ?5-6 web back to generation 1: condemn stop return?4-6 mark?3-6 start settle check
      `),
    );
  });

  test('is checked when secrets have changed', () => {
    expect(
      shown({
        want: ['web - health=stable secrets=db:2'],
        have: ['web - health=stable secrets=db:1 kept=1'],
      }),
    ).toBe(
      golden(`
        web: secrets
        [1] web/push-secrets, secret db changed
        [2] #1 web/restart-units, secret db changed !service
        [3] #2 web/settle, the app must run the system it was given
        [4] #3 web/check, what serves must be healthy
        [5] #4 web/record, as the manifest says: secrets
        [6-11] ?2-4 web back to generation 1: condemn stop revert-secrets?1-4 start settle check
      `),
    );
  });
});
