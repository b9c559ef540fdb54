import { describe, expect, test } from '@jest/globals';
import { golden, shown } from './worlds.js';

describe('an app that comes after another', () => {
  test('is started when that one is up', () => {
    expect(shown({ want: ['db 81', 'web 80 after=db'] })).toBe(
      golden(`
        db: create
        web: create
        [1] db/evaluate, not there yet
        [2] #1 db/build, not there yet
        [3] #2 db/set-profile, not there yet
        [4] #3 db/create, not there yet
        [5] #4 db/start, just created
        [6] #5 db/settle, the app must run the system it was given
        [7] #6 db/expose:web, not there yet
        [8] #7 db/record, as the manifest says: power, system, exposure, meta
        [9] web/evaluate, not there yet
        [10] #9 web/build, not there yet
        [11] #10 web/set-profile, not there yet
        [12] #11 web/create, not there yet
        [13] #12 #6 web/start, just created
        [14] #13 web/settle, the app must run the system it was given
        [15] #14 web/expose:web, not there yet
        [16] #15 web/record, as the manifest says: power, system, exposure, meta
      `),
    );
  });

  test('is switched when those are up that are switched too, and needs them', () => {
    expect(
      shown({
        want: ['cron - source=b after=db,web', 'db - source=b', 'web - source=b after=db'],
        have: ['cron', 'db', 'web'],
      }),
    ).toBe(
      golden(`
        cron: rebuild
        db: rebuild
        web: rebuild
        [1] cron/evaluate, source changed
        [2] #1 cron/build, source changed
        [3] #2 ~9 ~16 cron/set-profile, source changed
        [4] #3 #12 #19 ~2 ~9 ~16 cron/activate, source changed !service
        [5] #4 cron/settle, the app must run the system it was given
        [6] #5 cron/record, as the manifest says: system
        [7] #6 cron/collect, 5 are kept
        [8] db/evaluate, source changed
        [9] #8 db/build, source changed
        [10] #9 ~2 ~16 db/set-profile, source changed
        [11] #10 ~2 ~9 ~16 db/activate, source changed !service
        [12] #11 db/settle, the app must run the system it was given
        [13] #12 db/record, as the manifest says: system
        [14] #13 db/collect, 5 are kept
        [15] web/evaluate, source changed
        [16] #15 web/build, source changed
        [17] #16 ~2 ~9 web/set-profile, source changed
        [18] #17 #12 ~2 ~9 ~16 web/activate, source changed !service
        [19] #18 web/settle, the app must run the system it was given
        [20] #19 web/record, as the manifest says: system
        [21] #20 web/collect, 5 are kept
      `),
    );
  });

  test('waits for nothing where that one only gets another port', () => {
    expect(shown({ want: ['db 81', 'web - source=b after=db'], have: ['db 82', 'web'] })).toBe(
      golden(`
        db: proxy-update
        web: rebuild
        [1] ~5 db/expose:web-2, exposure listen 127.0.0.1:82 → 127.0.0.1:81 !exposure
        [2] #1 ~5 db/unexpose:web, 127.0.0.1:82 is not in the manifest any more !exposure
        [3] #2 db/record, as the manifest says: exposure
        [4] web/evaluate, source changed
        [5] #4 web/build, source changed
        [6] #5 web/set-profile, source changed
        [7] #6 ~5 web/activate, source changed !service
        [8] #7 web/settle, the app must run the system it was given
        [9] #8 web/record, as the manifest says: system
        [10] #9 web/collect, 5 are kept
      `),
    );
  });

  test('gets another port without waiting', () => {
    expect(shown({ want: ['db - source=b', 'web 80 after=db'], have: ['db', 'web 81'] })).toBe(
      golden(`
        db: rebuild
        web: proxy-update
        [1] db/evaluate, source changed
        [2] #1 db/build, source changed
        [3] #2 db/set-profile, source changed
        [4] #3 ~2 db/activate, source changed !service
        [5] #4 db/settle, the app must run the system it was given
        [6] #5 db/record, as the manifest says: system
        [7] #6 db/collect, 5 are kept
        [8] ~2 web/expose:web-2, exposure listen 127.0.0.1:81 → 127.0.0.1:80 !exposure
        [9] #8 ~2 web/unexpose:web, 127.0.0.1:81 is not in the manifest any more !exposure
        [10] #9 web/record, as the manifest says: exposure
      `),
    );
  });

  test('whose port that one needs goes first: the port wins', () => {
    expect(
      shown({ want: ['db 80', 'web 81 source=b after=db'], have: ['db 80 status=Frozen', 'web 80'] }),
    ).toBe(
      golden(`
        db: start
        web: rebuild
        [1] #10 db/start, it is frozen
        [2] #1 db/settle, the app must run the system it was given
        [3] #2 db/record, as the manifest says: power
        [4] web/evaluate, source changed
        [5] #4 web/build, source changed
        [6] #5 web/set-profile, source changed
        [7] #6 ~5 web/activate, source changed !service
        [8] #7 web/settle, the app must run the system it was given
        [9] #8 ~5 web/expose:web-2, exposure listen 127.0.0.1:80 → 127.0.0.1:81 !exposure
        [10] #9 ~5 web/unexpose:web, 127.0.0.1:80 is not in the manifest any more !exposure
        [11] #10 web/record, as the manifest says: system, exposure
        [12] #11 web/collect, 5 are kept
      `),
    );
  });
});

test('a rename stops the app under the name that it has: builds come before that', () => {
  expect(shown({ want: ['api - source=b', 'new - was=old ref=./x'], have: ['api', 'old - ref=./x'] })).toBe(
    golden(`
      api: rebuild
      new: rename
      [1] api/evaluate, source changed
      [2] #1 api/build, source changed
      [3] #2 api/set-profile, source changed
      [4] #3 ~2 api/activate, source changed !service
      [5] #4 api/settle, the app must run the system it was given
      [6] #5 api/record, as the manifest says: system
      [7] #6 api/collect, 5 are kept
      [8] ~2 new/begin-rename, it was old
      [9] #8 ~2 new/stop, it was old !container
      [10] #9 new/move-profile, it was old
      [11] #10 new/rename, it was old
      [12] #11 new/repair, its profile has moved
      [13] #12 new/start, it was stopped for the change
      [14] #13 new/settle, the app must run the system it was given
      [15] #14 new/record, as the manifest says
    `),
  );
});
