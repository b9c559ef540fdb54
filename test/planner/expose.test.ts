import { describe, expect, test } from '@jest/globals';
import { golden, shown } from './worlds.js';

describe('further exposures', () => {
  test('come one by one, each for its own reason', () => {
    expect(
      shown({
        want: ['web 81 publish=53/udp>53,unix:/run/w.sock>9'],
        have: ['web 80 publish=unix:/run/w.sock>9'],
      }),
    ).toBe(
      golden(`
        web: proxy-update
        [1] web/expose:web-2, exposure listen 127.0.0.1:80 → 127.0.0.1:81 !exposure
        [2] #1 web/expose:publish-2, publish.127.0.0.1:53/udp none → udp:127.0.0.1:53
        [3] #2 web/unexpose:web, 127.0.0.1:80 is not in the manifest any more !exposure
        [4] #3 web/record, as the manifest says: exposure
      `),
    );
  });

  test('that lead elsewhere cannot be there twice: break first', () => {
    expect(shown({ want: ['web - publish=53/udp>54'], have: ['web - publish=53/udp>53'] })).toBe(
      golden(`
        web: proxy-update
        [1] web/unexpose:publish-1, 127.0.0.1:53/udp is replaced !exposure
        [2] #1 web/expose:publish-2, publish.127.0.0.1:53/udp udp:127.0.0.1:53 → udp:127.0.0.1:54 !exposure
        [3] #2 web/record, as the manifest says: exposure
      `),
    );
  });

  test('a socket with other permissions', () => {
    expect(
      shown({
        want: ['web - publish=unix:/run/web.sock>8080@0666'],
        have: ['web - publish=unix:/run/web.sock>8080@0660'],
      }),
    ).toBe(
      golden(`
        web: proxy-update
        [1] web/unexpose:publish-1, unix:/run/web.sock is replaced !exposure
        [2] #1 web/expose:publish-2, publish.unix:/run/web.sock tcp:127.0.0.1:8080 mode=0660 → tcp:127.0.0.1:8080 mode=0666 !exposure
        [3] #2 web/record, as the manifest says: exposure
      `),
    );
  });

  test('two apps swap their ranges', () => {
    expect(
      shown({
        want: ['a - publish=7000-7009>1-10', 'b - publish=6000-6009>1-10'],
        have: ['a - publish=6000-6009>1-10', 'b - publish=7000-7009>1-10'],
      }),
    ).toBe(
      golden(`
        a: proxy-update
        b: proxy-update
        [1] a/unexpose:publish-1, 127.0.0.1:6000-6009 is not in the manifest any more !exposure
        [2] #1 #4 a/expose:publish-2, publish.127.0.0.1:7000-7009 none → tcp:127.0.0.1:1-10 !exposure
        [3] #2 a/record, as the manifest says: exposure
        [4] b/unexpose:publish-1, 127.0.0.1:7000-7009 is not in the manifest any more !exposure
        [5] #4 #1 b/expose:publish-2, publish.127.0.0.1:6000-6009 none → tcp:127.0.0.1:1-10 !exposure
        [6] #5 b/record, as the manifest says: exposure
      `),
    );
  });

  test('a range that one port is taken out of', () => {
    expect(shown({ want: ['web 82 publish=80-81>80-81'], have: ['web - publish=80-82>80-82'] })).toBe(
      golden(`
        web: proxy-update
        [1] web/unexpose:publish-1, 127.0.0.1:80-82 is not in the manifest any more !exposure
        [2] #1 web/expose:web, exposure listen none → 127.0.0.1:82
        [3] #2 web/expose:publish-2, publish.127.0.0.1:80-81 none → tcp:127.0.0.1:80-81 !exposure
        [4] #3 web/record, as the manifest says: exposure
      `),
    );
  });

  test('what becomes the main one gets its device', () => {
    expect(shown({ want: ['web 80'], have: ['web - publish=80>8080'] })).toBe(
      golden(`
        web: proxy-update
        [1] web/unexpose:publish-1, 127.0.0.1:80 is replaced !exposure
        [2] #1 web/expose:web, exposure listen none → 127.0.0.1:80
        [3] #2 web/record, as the manifest says: exposure
      `),
    );
  });

  test('udp beside tcp on the same port: two exposures that are not in each other’s way', () => {
    expect(shown({ want: ['dns 53 publish=53/udp>53'], have: ['dns - publish=53/udp>53'] })).toBe(
      golden(`
        dns: proxy-update
        [1] dns/expose:web, exposure listen none → 127.0.0.1:53
        [2] #1 dns/record, as the manifest says: exposure
      `),
    );
  });
});
