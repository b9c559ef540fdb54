import { describe, expect, test } from '@jest/globals';
import { golden, notes, planned, shown } from './worlds.js';

describe('a container that must be made anew for another store', () => {
  test('is held: its root disk would be lost', () => {
    expect(shown({ want: ['web 80 store=copy limits=memory:1GiB'], have: ['web 80 volumes=data:/x'] })).toBe(
      golden(`
        web: recreate (held: its container must be made anew for the copy store: what is on its root disk is lost, its volumes stay; \`pets up --recreate web\` does it)
      `),
    );
  });

  test('is made anew with --recreate; who takes its port waits for that', () => {
    expect(
      shown({
        want: ['api 80', 'web 81 store=copy volumes=data:/x'],
        have: ['api 82', 'web 80 volumes=data:/x,old:/old'],
        recreate: true,
      }),
    ).toBe(
      golden(`
        api: proxy-update
        web: recreate
        [1] #7 ~5 api/expose:web-2, exposure listen 127.0.0.1:82 → 127.0.0.1:80 !exposure
        [2] #1 ~5 api/unexpose:web, 127.0.0.1:82 is not in the manifest any more !exposure
        [3] #2 api/record, as the manifest says: exposure
        [4] web/evaluate, not there yet
        [5] #4 web/build, not there yet
        [6] #5 web/stop, store shared → copy !container
        [7] #6 web/delete, store shared → copy !container
        [8] #7 web/drop-profile, store shared → copy
        [9] #8 web/create, not there yet
        [10] #9 web/start, just created
        [11] #10 ~5 web/deliver, not there yet
        [12] #11 ~5 web/set-profile, not there yet
        [13] #12 ~5 web/stop~2, not there yet
        [14] #13 ~5 web/repair, it boots its own system from now on
        [15] #14 ~5 web/attach:volume-data, volume data belongs at /x
        [16] #15 web/start~2, it was stopped for the change
        [17] #16 web/settle, the app must run the system it was given
        [18] #17 ~5 web/expose:web, not there yet
        [19] #18 web/record, as the manifest says: power, system, exposure, storage, meta
        [20] #19 web/collect, 5 are kept
      `),
    );
  });

  test('keeps its port while it is held', () => {
    expect(shown({ want: ['api 80', 'web 81 store=copy'], have: ['api 82', 'web 80'] })).toBe(
      golden(`
        api: proxy-update
        web: recreate (held: its container must be made anew for the copy store: what is on its root disk is lost, its volumes stay; \`pets up --recreate web\` does it)
        [1] api/expose:web-2, exposure listen 127.0.0.1:82 → 127.0.0.1:80 !exposure
        [2] #1 api/unexpose:web, 127.0.0.1:82 is not in the manifest any more !exposure
        [3] #2 api/record, as the manifest says: exposure
        problem: 127.0.0.1:80 is taken: app \`web\`
      `),
    );
  });

  test('even if no run has brought it up whole', () => {
    expect(shown({ want: ['web - store=copy'], have: ['web - state=creating status=Stopped'] })).toBe(
      golden(`
        web: recreate (held: its container must be made anew for the copy store: what is on its root disk is lost, its volumes stay; \`pets up --recreate web\` does it)
      `),
    );
  });
});

describe('without a store in the manifest', () => {
  const store = (have: readonly string[], unshareable?: string) =>
    planned({ want: ['web'], have, ...(unshareable !== undefined && { unshareable }) }).operations.flatMap(
      ({ action }) => (action.kind === 'create' ? [action.store] : []),
    );

  test('a new app shares where that works', () => {
    expect(store([])).toEqual(['shared']);
    expect(store([], 'the kernel is too old')).toEqual(['copy']);
    expect(notes({ want: ['web'], unshareable: 'the kernel is too old' })).toEqual([
      'it gets a store of its own: the kernel is too old',
    ]);
  });

  test('one that is there keeps what it has', () => {
    expect(planned({ want: ['web'], have: ['web - store=copy'] }).operations).toEqual([]);
  });
});
