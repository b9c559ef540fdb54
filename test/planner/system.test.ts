import { describe, expect, test } from '@jest/globals';
import { golden, planned, shown, type World } from './worlds.js';

function kindsOf(world: World): string[] {
  return planned(world).operations.map(({ action }) => action.kind);
}

describe('a store of its own', () => {
  test('is filled while the image runs; then the container boots what it was given', () => {
    expect(shown({ want: ['web 80 store=copy volumes=data:/x'] })).toBe(
      golden(`
        web: create
        [1] web/evaluate, not there yet
        [2] #1 web/build, not there yet
        [3] #2 web/make-volume:data, volume data is not there
        [4] #3 web/create, not there yet
        [5] #4 web/start, just created
        [6] #5 web/deliver, not there yet
        [7] #6 web/set-profile, not there yet
        [8] #7 web/stop, not there yet
        [9] #8 web/repair, it boots its own system from now on
        [10] #9 web/attach:volume-data, volume data belongs at /x
        [11] #10 web/start~2, it was stopped for the change
        [12] #11 web/settle, the app must run the system it was given
        [13] #12 web/expose:web, not there yet
        [14] #13 web/record, as the manifest says: power, system, exposure, storage, meta
      `),
    );
  });

  test('gets what it lacks of a new system before the switch', () => {
    expect(shown({ want: ['web - store=copy source=b'], have: ['web - store=copy'] })).toBe(
      golden(`
        web: rebuild
        [1] web/evaluate, source changed
        [2] #1 web/build, source changed
        [3] #2 web/deliver, source changed
        [4] #3 ~2 web/set-profile, source changed
        [5] #4 ~2 web/activate, source changed !service
        [6] #5 web/settle, the app must run the system it was given
        [7] #6 web/record, as the manifest says: system
        [8] #7 web/collect, 5 are kept
      `),
    );
  });

  test('of a stopped app: it boots the old system to receive the new one', () => {
    expect(
      shown({
        want: ['web 80 store=copy source=b limits=memory:1GiB'],
        have: ['web 80 store=copy status=Stopped'],
      }),
    ).toBe(
      golden(`
        web: rebuild
        [1] web/evaluate, source changed
        [2] #1 web/build, source changed
        [3] #2 web/configure, limits memory none → 1GiB
        [4] #3 web/unexpose:web, 127.0.0.1:80 opens when the system is up
        [5] #4 web/start, it is stopped
        [6] #5 web/deliver, source changed
        [7] #6 web/set-profile, source changed
        [8] #7 web/activate, source changed !service
        [9] #8 web/settle, the app must run the system it was given
        [10] #9 web/expose:web, its system is up
        [11] #10 web/record, as the manifest says: power, system, limits
        [12] #11 web/collect, 5 are kept
      `),
    );
  });

  test('of an app that could not start as it is: that is put right first', () => {
    expect(
      shown({
        want: ['web - store=copy source=b binds=/srv/new:/x'],
        have: ['web - store=copy status=Stopped binds=/srv/gone:/x altered=raw.lxc'],
      }),
    ).toBe(
      golden(`
        web: rebuild
        [1] web/evaluate, source changed
        [2] #1 web/build, source changed
        [3] #2 web/repair, raw.lxc drifted altered → as made
        [4] #3 web/attach:bind-1, /srv/new belongs at /x
        [5] #4 web/start, it is stopped
        [6] #5 web/deliver, source changed
        [7] #6 web/set-profile, source changed
        [8] #7 web/activate, source changed !service
        [9] #8 web/settle, the app must run the system it was given
        [10] #9 web/record, as the manifest says: power, system, storage, container
        [11] #10 web/collect, 5 are kept
      `),
    );
  });

  test('that was filled in half is filled', () => {
    expect(
      shown({
        want: ['web 80 store=copy volumes=data:/x'],
        have: [
          'web 80 store=copy volumes=data:/x devices=none mounts=none state=creating altered=raw.lxc status=Stopped',
        ],
      }),
    ).toBe(
      golden(`
        web: create
        [1] web/evaluate, not there yet
        [2] #1 web/build, not there yet
        [3] #2 web/start, it is stopped
        [4] #3 web/deliver, not there yet
        [5] #4 web/set-profile, not there yet
        [6] #5 web/stop, not there yet !container
        [7] #6 web/repair, raw.lxc drifted altered → as made
        [8] #7 web/attach:volume-data, volume data belongs at /x
        [9] #8 web/start~2, it was stopped for the change
        [10] #9 web/settle, the app must run the system it was given
        [11] #10 web/expose:web, not there yet
        [12] #11 web/record, as the manifest says: power, system, exposure, storage, meta, container
        [13] #12 web/collect, 5 are kept
      `),
    );
  });

  test('with a new volume beside the new system: one restart does for both', () => {
    expect(shown({ want: ['web - store=copy source=b volumes=data:/x'], have: ['web - store=copy'] })).toBe(
      golden(`
        web: rebuild
        [1] web/evaluate, source changed
        [2] #1 web/build, source changed
        [3] #2 web/make-volume:data, volume data is not there
        [4] #3 ~2 web/deliver, source changed
        [5] #4 ~2 web/set-profile, source changed
        [6] #5 ~2 web/stop, source changed !container
        [7] #6 ~2 web/attach:volume-data, volume data belongs at /x
        [8] #7 web/start, it was stopped for the change
        [9] #8 web/settle, the app must run the system it was given
        [10] #9 web/record, as the manifest says: system, storage
        [11] #10 web/collect, 5 are kept
      `),
    );
  });
});

describe('activation = restart', () => {
  test('boots the new system where others switch', () => {
    expect(shown({ want: ['web - source=b activation=restart keep=2'], have: ['web'] })).toBe(
      golden(`
        web: rebuild
        [1] web/evaluate, source changed
        [2] #1 web/build, source changed
        [3] #2 web/set-profile, source changed
        [4] #3 ~2 web/stop, source changed !container
        [5] #4 web/start, it was stopped for the change
        [6] #5 web/settle, the app must run the system it was given
        [7] #6 web/record, as the manifest says: system
        [8] #7 web/collect, 2 are kept
      `),
    );
  });

  test('in a store of its own', () => {
    expect(
      shown({ want: ['web - store=copy source=b activation=restart'], have: ['web - store=copy'] }),
    ).toBe(
      golden(`
        web: rebuild
        [1] web/evaluate, source changed
        [2] #1 web/build, source changed
        [3] #2 web/deliver, source changed
        [4] #3 ~2 web/set-profile, source changed
        [5] #4 ~2 web/stop, source changed !container
        [6] #5 web/start, it was stopped for the change
        [7] #6 web/settle, the app must run the system it was given
        [8] #7 web/record, as the manifest says: system
        [9] #8 web/collect, 5 are kept
      `),
    );
  });
});

describe('an app with another name', () => {
  test('keeps its container, generations and volumes', () => {
    expect(
      shown({ want: ['new 80 was=old volumes=data:/x ref=./x'], have: ['old 80 volumes=data:/x ref=./x'] }),
    ).toBe(
      golden(`
        new: rename
        [1] new/begin-rename, it was old
        [2] #1 new/stop, it was old !container
        [3] #2 new/move-profile, it was old
        [4] #3 new/take-volumes, it was old
        [5] #4 new/rename, it was old
        [6] #5 new/repair, its profile has moved
        [7] #6 new/unexpose:web, 127.0.0.1:80 opens when the system is up
        [8] #7 new/start, it was stopped for the change
        [9] #8 new/settle, the app must run the system it was given
        [10] #9 new/expose:web, its system is up
        [11] #10 new/record, as the manifest says
      `),
    );
  });

  test('and everything else changed as well', () => {
    expect(
      shown({
        want: [
          'new 81 was=old source=b volumes=data:/y:2GiB,more:/m binds=/srv/x:/s limits=memory:1GiB publish=0.0.0.0:53/udp>53',
        ],
        have: ['old 80 volumes=data:/x:1GiB'],
      }),
    ).toBe(
      golden(`
        new: rename
        [1] new/evaluate, source changed
        [2] #1 new/build, source changed
        [3] #2 new/begin-rename, it was old
        [4] #3 new/make-volume:more, volume more is not there
        [5] #4 ~2 new/stop, it was old !container
        [6] #5 new/move-profile, it was old
        [7] #6 new/take-volumes, it was old
        [8] #7 new/rename, it was old
        [9] #8 new/repair, its profile has moved
        [10] #9 new/set-profile, source changed
        [11] #10 new/configure, limits memory none → 1GiB
        [12] #11 new/resize-volume:data, size of data 1GiB → 2GiB
        [13] #12 new/attach:volume-data, volume data belongs at /y
        [14] #13 new/attach:volume-more, volume more belongs at /m
        [15] #14 new/attach:bind-1, /srv/x belongs at /s
        [16] #15 new/unexpose:web, 127.0.0.1:80 is not in the manifest any more
        [17] #16 new/start, it was stopped for the change
        [18] #17 new/settle, the app must run the system it was given
        [19] #18 new/expose:web-2, exposure listen 127.0.0.1:80 → 127.0.0.1:81
        [20] #19 new/expose:publish-1, publish.0.0.0.0:53/udp none → udp:127.0.0.1:53
        [21] #20 new/record, as the manifest says: system, exposure, storage, limits, meta
        [22] #21 new/collect, 5 are kept
      `),
    );
  });

  test('and another store: that comes when it has its name', () => {
    expect(shown({ want: ['new - was=old store=shared'], have: ['old - store=copy'] })).toBe(
      golden(`
        new: rename
        [1] new/begin-rename, it was old
        [2] #1 new/stop, it was old !container
        [3] #2 new/move-profile, it was old
        [4] #3 new/rename, it was old
        [5] #4 new/start, it was stopped for the change
        [6] #5 new/settle, the app must run the system it was given
        [7] #6 new/record, as the manifest says: meta
      `),
    );
  });

  test('whose rename was cut short', () => {
    expect(shown({ want: ['new'], have: ['old - becoming=new status=Stopped'] })).toBe(
      golden(`
        new: rename
        [1] new/begin-rename, it was old
        [2] #1 new/move-profile, it was old
        [3] #2 new/rename, it was old
        [4] #3 new/repair, its profile has moved
        [5] #4 new/start, it is stopped
        [6] #5 new/settle, the app must run the system it was given
        [7] #6 new/record, as the manifest says: power, meta
      `),
    );
  });
});

describe('a rename that is not wanted any more', () => {
  test('and had begun: volumes and generations come back', () => {
    expect(
      shown({
        want: ['old - volumes=data:/x ref=./x'],
        have: ['old - volumes=data:/x becoming=new status=Stopped ref=./x'],
        volumes: ['new/more'],
      }),
    ).toBe(
      golden(`
        old: start
        [1] old/take-volumes, it was to become new
        [2] #1 old/start, it is stopped
        [3] #2 old/settle, the app must run the system it was given
        [4] #3 old/record, as the manifest says: power, meta
      `),
    );
    expect(kindsOf({ want: ['old'], have: ['old - becoming=new top=none status=Stopped'] })).toContain(
      'move-profile',
    );
  });

  test('and was done, but for the marks', () => {
    expect(shown({ want: ['old - ref=./x'], have: ['new - former=old status=Stopped ref=./x'] })).toBe(
      golden(`
        old: rename
        [1] old/begin-rename, it was new
        [2] #1 old/move-profile, it was new
        [3] #2 old/rename, it was new
        [4] #3 old/repair, user.pets.app drifted altered → as made, container nix-profiles drifted altered → as made
        [5] #4 old/start, it is stopped
        [6] #5 old/settle, the app must run the system it was given
        [7] #6 old/record, as the manifest says: power, container
      `),
    );
  });

  test('leaves no mark where nothing of it was done yet', () => {
    expect(shown({ want: ['old'], have: ['old - becoming=new'] })).toBe(
      golden(`
        old: metadata
        [1] old/record, as the manifest says: meta
      `),
    );
  });
});

test('volumes of an app that is gone go to the one that has it as its former name', () => {
  const world = { want: ['new - was=old volumes=data:/x'], volumes: ['old/data'] };
  expect(shown(world)).toBe(
    golden(`
      new: create
      [1] new/evaluate, not there yet
      [2] #1 new/build, not there yet
      [3] #2 new/take-volumes, they were of old
      [4] #3 new/set-profile, not there yet
      [5] #4 new/create, not there yet
      [6] #5 new/attach:volume-data, volume data belongs at /x
      [7] #6 new/start, just created
      [8] #7 new/settle, the app must run the system it was given
      [9] #8 new/record, as the manifest says: power, system, storage, meta
    `),
  );
  expect(planned(world).operations.find(({ action }) => action.kind === 'take-volumes')?.action).toEqual({
    kind: 'take-volumes',
    from: 'old',
    names: ['homelab.old.data'],
  });
});

test('everything at once is one restart', () => {
  expect(
    shown({
      want: ['web 80 source=b volumes=data:/y:1GiB limits=memory:1GiB'],
      have: ['web 81 volumes=data:/x,old:/old'],
    }),
  ).toBe(
    golden(`
      web: rebuild
      [1] web/evaluate, source changed
      [2] #1 web/build, source changed
      [3] #2 web/set-profile, source changed
      [4] #3 ~2 web/configure, limits memory none → 1GiB
      [5] #4 ~2 web/stop, source changed !container
      [6] #5 ~2 web/resize-volume:data, size of data unlimited → 1GiB
      [7] #6 ~2 web/detach:volume-old, volume old is not in the manifest any more; it is kept
      [8] #7 ~2 web/attach:volume-data, volume data belongs at /y
      [9] #8 ~2 web/unexpose:web, 127.0.0.1:81 is not in the manifest any more
      [10] #9 web/start, it was stopped for the change
      [11] #10 web/settle, the app must run the system it was given
      [12] #11 ~2 web/expose:web-2, exposure listen 127.0.0.1:81 → 127.0.0.1:80
      [13] #12 web/record, as the manifest says: system, exposure, storage, limits
      [14] #13 web/collect, 5 are kept
    `),
  );
});
