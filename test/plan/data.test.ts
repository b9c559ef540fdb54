import { describe, expect, test } from '@jest/globals';
import { golden, planned, shown } from './worlds.js';

describe('an upgrade with volumes', () => {
  test('copies them while nothing writes, and a way back begins with that copy', () => {
    expect(
      shown({
        want: ['web 80 source=b volumes=data:/x health=http:/up'],
        have: ['web 80 volumes=data:/x health=http:/up kept=1,2'],
      }),
    ).toBe(
      golden(`
        web: rebuild
        [1] web/evaluate, source changed
        [2] #1 web/build, source changed
        [3] #2 web/room, before it is stopped
        [4] #3 ~2 web/stop, source changed !container
        [5] #4 web/snapshot, source changed
        [6] #5 web/mark, should this be cut short
        [7] #6 ~2 web/set-profile, source changed
        [8] #7 ~2 web/unexpose:web, 127.0.0.1:80 opens when the system is up
        [9] #8 web/start, it was stopped for the change
        [10] #9 web/settle, the app must run the system it was given
        [11] #10 ~2 web/expose:web, its system is up
        [12] #11 web/check, what serves must be healthy
        [13] #12 web/record, as the manifest says: system
        [14] #13 web/collect, 5 are kept
        [15] ?9-10,12 web/condemn~back, it did not work
        [16] ~15 ?4-12 web/stop~back, back to generation 2 !container
        [17] #16 ?6-12 web/restore~back, back to generation 2
        [18] #17 ?7-12 web/return~back, back to generation 2
        [19] #18 ?4-12 web/unexpose:web~back, back to generation 2
        [20] #19 ?6-12 web/mark~back, back to generation 2
        [21] #20 ?4-12 web/start~back, back to generation 2
        [22] #21 ?4-12 web/settle~back, back to generation 2
        [23] #22 ?4-12 web/expose:web~back, back to generation 2
        [24] #23 ?4-12 web/check~back, back to generation 2
      `),
    );
  });

  test('of a stopped app', () => {
    expect(
      shown({
        want: ['web - source=b volumes=data:/x'],
        have: ['web - volumes=data:/x kept=2 status=Stopped'],
      }),
    ).toBe(
      golden(`
        web: rebuild
        [1] web/evaluate, source changed
        [2] #1 web/build, source changed
        [3] #2 web/snapshot, source changed
        [4] #3 web/mark, should this be cut short
        [5] #4 web/set-profile, source changed
        [6] #5 web/start, it is stopped
        [7] #6 web/settle, the app must run the system it was given
        [8] #7 web/record, as the manifest says: power, system
        [9] #8 web/collect, 5 are kept
        [10] ?6-7 web/condemn~back, it did not work
        [11] ~10 ?4-7 web/stop~back, back to generation 2 !container
        [12] #11 ?4-7 web/restore~back, back to generation 2
        [13] #12 ?5-7 web/return~back, back to generation 2
        [14] #13 ?4-7 web/mark~back, back to generation 2
        [15] #14 ?4-7 web/start~back, back to generation 2
        [16] #15 ?4-7 web/settle~back, back to generation 2
      `),
    );
  });

  test('that were not there before: there is nothing to copy', () => {
    expect(shown({ want: ['web - source=b volumes=data:/x'], have: ['web - kept=1'] })).toBe(
      golden(`
        web: rebuild
        [1] web/evaluate, source changed
        [2] #1 web/build, source changed
        [3] #2 web/make-volume:data, volume data is not there
        [4] #3 web/mark, should this be cut short
        [5] #4 ~2 web/set-profile, source changed
        [6] #5 ~2 web/stop, source changed !container
        [7] #6 ~2 web/attach:volume-data, volume data belongs at /x
        [8] #7 web/start, it was stopped for the change
        [9] #8 web/settle, the app must run the system it was given
        [10] #9 web/record, as the manifest says: system, storage
        [11] #10 web/collect, 5 are kept
        [12] ?8-9 web/condemn~back, it did not work
        [13] ~12 ?6-9 web/stop~back, back to generation 1 !container
        [14] #13 ?5-9 web/return~back, back to generation 1
        [15] #14 ?7-9 web/detach:volume-data~back, back to generation 1
        [16] #15 ?4-9 web/mark~back, back to generation 1
        [17] #16 ?6-9 web/start~back, back to generation 1
        [18] #17 ?6-9 web/settle~back, back to generation 1
      `),
    );
  });

  test('of which one is attached again: it holds what it held, and is copied as well', () => {
    expect(
      copies(
        ['web - source=b volumes=data:/x,more:/y,new:/n'],
        ['web - volumes=data:/x kept=1'],
        ['web/more', 'web/other'],
      ),
    ).toEqual(['snapshot data,more pets-1', 'restore data,more pets-1']);
    expect(copies(['web - source=b volumes=more:/y'], ['web - kept=1'], ['web/more'])).toEqual([
      ...['snapshot more pets-1', 'restore more pets-1'],
    ]);
  });

  test('and stateful = false leaves them alone', () => {
    expect(
      shown({
        want: ['web - source=b volumes=data:/x stateful=no'],
        have: ['web - volumes=data:/x stateful=no kept=1'],
      }),
    ).toBe(
      golden(`
        web: rebuild
        [1] web/evaluate, source changed
        [2] #1 web/build, source changed
        [3] #2 web/mark, should this be cut short
        [4] #3 ~2 web/set-profile, source changed
        [5] #4 ~2 web/activate, source changed !service
        [6] #5 web/settle, the app must run the system it was given
        [7] #6 web/record, as the manifest says: system
        [8] #7 web/collect, 5 are kept
        [9] ?5-6 web/condemn~back, it did not work
        [10] ~9 ?5-6 web/stop~back, back to generation 1 !container
        [11] #10 ?4-6 web/return~back, back to generation 1
        [12] #11 ?3-6 web/mark~back, back to generation 1
        [13] #12 ?5-6 web/start~back, back to generation 1
        [14] #13 ?5-6 web/settle~back, back to generation 1
      `),
    );
  });
});

describe('an upgrade that was cut short', () => {
  test('and is wanted still is gone on with, on the data as it is; that is kept should it fail', () => {
    expect(
      shown({
        want: ['web - source=b volumes=data:/x'],
        have: ['web - volumes=data:/x kept=1 state=upgrading top=/nix/store/b'],
      }),
    ).toBe(
      golden(`
        web: rebuild
        [1] web/evaluate, source changed
        [2] #1 web/build, source changed
        [3] #2 web/set-profile, source changed
        [4] #3 ~2 web/activate, source changed !service
        [5] #4 web/settle, the app must run the system it was given
        [6] #5 web/record, as the manifest says: system, meta
        [7] #6 web/collect, 5 are kept
        [8] ?4-5 web/condemn~back, it did not work
        [9] ~8 ?4-5 web/stop~back, back to generation 1 !container
        [10] #9 ?4-5 web/snapshot~back, nobody knows how long the new system has served
        [11] #10 ?4-5 web/restore~back, back to generation 1
        [12] #11 ?4-5 web/return~back, back to generation 1
        [13] #12 ?4-5 web/mark~back, back to generation 1
        [14] #13 ?4-5 web/start~back, back to generation 1
        [15] #14 ?4-5 web/settle~back, back to generation 1
      `),
    );
  });

  test('on its way back: the next version begins with the data that was given back', () => {
    expect(
      shown({
        want: ['web - source=c volumes=data:/x'],
        have: ['web - volumes=data:/x kept=1 condemned=b state=upgrading top=/nix/store/b'],
      }),
    ).toBe(
      golden(`
        web: rebuild
        [1] web/evaluate, source changed
        [2] #1 web/build, source changed
        [3] #2 web/room, before it is stopped
        [4] #3 ~2 web/stop, source changed !container
        [5] #4 web/snapshot, source changed
        [6] #5 web/restore, what was written since is taken back
        [7] #6 web/mark, should this be cut short
        [8] #7 ~2 web/set-profile, source changed
        [9] #8 web/start, it was stopped for the change
        [10] #9 web/settle, the app must run the system it was given
        [11] #10 web/record, as the manifest says: system, meta
        [12] #11 web/collect, 5 are kept
        [13] ?9-10 web/condemn~back, it did not work
        [14] ~13 ?4-10 web/stop~back, back to generation 1 !container
        [15] #14 ?4-5 web/snapshot~back, nobody knows how long the new system has served
        [16] #15 ?4-10 web/restore~back, back to generation 1
        [17] #16 ?4-10 web/return~back, back to generation 1
        [18] #17 ?4-10 web/mark~back, back to generation 1
        [19] #18 ?4-10 web/start~back, back to generation 1
        [20] #19 ?4-10 web/settle~back, back to generation 1
      `),
    );
  });

  test('while volumes were restored: they are restored before anything starts', () => {
    expect(
      shown({
        want: ['web - source=c volumes=data:/x'],
        have: ['web - volumes=data:/x kept=1 condemned=b state=restoring top=/nix/store/b'],
      }),
    ).toBe(
      golden(`
        web: rebuild
        [1] web/evaluate, source changed
        [2] #1 web/build, source changed
        [3] #2 web/stop, source changed !container
        [4] #3 web/restore, what was written since is taken back
        [5] #4 web/mark, should this be cut short
        [6] #5 ~2 web/set-profile, source changed
        [7] #6 web/start, it was stopped for the change
        [8] #7 web/settle, the app must run the system it was given
        [9] #8 web/record, as the manifest says: system, meta
        [10] #9 web/collect, 5 are kept
        [11] ?7-8 web/condemn~back, it did not work
        [12] ~11 ?3-8 web/stop~back, back to generation 1 !container
        [13] #12 ?3-8 web/restore~back, back to generation 1
        [14] #13 ?3-8 web/return~back, back to generation 1
        [15] #14 ?3-8 web/mark~back, back to generation 1
        [16] #15 ?3-8 web/start~back, back to generation 1
        [17] #16 ?3-8 web/settle~back, back to generation 1
      `),
    );
  });
});

describe('a store of its own', () => {
  test('is sent a system by one that is known to be good, on data that is whole: both are given back first', () => {
    expect(
      shown({
        want: ['web - store=copy source=c volumes=data:/x'],
        have: ['web - store=copy volumes=data:/x kept=1 condemned=b state=upgrading'],
      }),
    ).toBe(
      golden(`
        web: rebuild
        [1] web/evaluate, source changed
        [2] #1 web/build, source changed
        [3] #2 web/stop, an upgrade was cut short !container
        [4] #3 web/snapshot, an upgrade was cut short
        [5] #4 web/restore, what was written since is taken back
        [6] #5 web/return, an upgrade was cut short
        [7] #6 web/mark, from here on it only does not run
        [8] #7 web/start, it was stopped for the change
        [9] #8 ~2 web/deliver, source changed
        [10] #9 web/room, before it is stopped
        [11] #10 ~2 web/stop~2, source changed !container
        [12] #11 web/snapshot~2, source changed
        [13] #12 web/mark~2, should this be cut short
        [14] #13 ~2 web/set-profile, source changed
        [15] #14 web/start~2, it was stopped for the change
        [16] #15 web/settle, the app must run the system it was given
        [17] #16 web/record, as the manifest says: system, meta
        [18] #17 web/collect, 5 are kept
        [19] ?15-16 web/condemn~back, it did not work
        [20] ~19 ?3-16 web/stop~back, back to generation 1 !container
        [21] #20 ?3-4 web/snapshot~back, nobody knows how long the new system has served
        [22] #21 ?3-16 web/restore~back, back to generation 1
        [23] #22 ?3-16 web/return~back, back to generation 1
        [24] #23 ?3-16 web/mark~back, back to generation 1
        [25] #24 ?3-16 web/start~back, back to generation 1
        [26] #25 ?3-16 web/settle~back, back to generation 1
      `),
    );
  });

  test('of which a volume is only half restored never starts with that', () => {
    expect(
      shown({
        want: ['web - store=copy source=c volumes=data:/x'],
        have: ['web - store=copy volumes=data:/x kept=1 state=restoring status=Stopped'],
      }),
    ).toBe(
      golden(`
        web: rebuild
        [1] web/evaluate, source changed
        [2] #1 web/build, source changed
        [3] #2 web/restore, what was written since is taken back
        [4] #3 web/return, an upgrade was cut short
        [5] #4 web/mark, from here on it only does not run
        [6] #5 web/start, it is stopped
        [7] #6 web/deliver, source changed
        [8] #7 web/room, before it is stopped
        [9] #8 web/stop, source changed !container
        [10] #9 web/snapshot, source changed
        [11] #10 web/mark~2, should this be cut short
        [12] #11 web/set-profile, source changed
        [13] #12 web/start~2, it was stopped for the change
        [14] #13 web/settle, the app must run the system it was given
        [15] #14 web/record, as the manifest says: power, system, meta
        [16] #15 web/collect, 5 are kept
        [17] ?13-14 web/condemn~back, it did not work
        [18] ~17 ?3-14 web/stop~back, back to generation 1 !container
        [19] #18 ?3-14 web/restore~back, back to generation 1
        [20] #19 ?3-14 web/return~back, back to generation 1
        [21] #20 ?3-14 web/mark~back, back to generation 1
        [22] #21 ?3-14 web/start~back, back to generation 1
        [23] #22 ?3-14 web/settle~back, back to generation 1
      `),
    );
  });
});

test('copies are named after the generation that they are of; those of what is taken back last', () => {
  const have = 'web - volumes=data:/x kept=1,4';
  expect(copies(['web - source=b volumes=data:/x'], [have])).toEqual([
    'snapshot data pets-4',
    'restore data pets-4',
  ]);
  expect(copies(['web - volumes=data:/x'], [`${have} state=upgrading top=/nix/store/b`])).toEqual([
    'snapshot data pets-undone-4, for good',
    'restore data pets-4',
  ]);
});

function copies(want: string[], have: string[], volumes: string[] = []): string[] {
  return planned({ want, have, volumes }).operations.flatMap(({ action }) => {
    if (action.kind !== 'snapshot' && action.kind !== 'restore') return [];
    const lasting = action.kind === 'snapshot' && action.isLasting ? ', for good' : '';
    return [`${action.kind} ${action.volumes.join()} ${action.name}${lasting}`];
  });
}
