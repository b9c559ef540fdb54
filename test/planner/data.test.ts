import { describe, expect, test } from '@jest/globals';
import { golden, planned, shown, UPGRADE } from './worlds.js';

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
        [15-24] ?4-12 web back to generation 2: condemn?9-10,12 stop restore?6-12 return?7-12 unexpose:web mark?6-12 start settle expose:web check
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
        [10-16] ?4-7 web back to generation 2: condemn?6-7 stop restore return?5-7 mark start settle
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
        [12-18] ?6-9 web back to generation 1: condemn?8-9 stop return?5-9 detach:volume-data?7-9 mark?4-9 start settle
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
    ).toBe(shown(UPGRADE));
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
        [8-15] ?4-5 web back to generation 1: condemn stop snapshot restore return mark start settle
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
        [13-20] ?4-10 web back to generation 1: condemn?9-10 stop snapshot?4-5 restore return mark start settle
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
        [11-17] ?3-8 web back to generation 1: condemn?7-8 stop restore return mark start settle
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
        [19-26] ?3-16 web back to generation 1: condemn?15-16 stop snapshot?3-4 restore return mark start settle
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
        [17-23] ?3-14 web back to generation 1: condemn?13-14 stop restore return mark start settle
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
