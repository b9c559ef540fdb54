import { describe, expect, test } from '@jest/globals';
import { golden, planned, shown, UPGRADE } from './worlds.js';

describe('the way back', () => {
  test('of a switch: where the running app was touched it starts again with what it had', () => {
    expect(shown({ want: ['web 80 source=b'], have: ['web 80 kept=1,2'] })).toBe(
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
        [9-16] ?5-6 web back to generation 2: condemn stop return?4-6 unexpose:web mark?3-6 start settle expose:web
      `),
    );
  });

  test('gives back data, config and devices as well; a volume that came with the upgrade is let go of', () => {
    expect(
      shown({
        want: ['web 80 source=b volumes=data:/y,more:/m limits=memory:1GiB'],
        have: ['web 80 volumes=data:/x limits=memory:2GiB kept=1'],
      }),
    ).toBe(
      golden(`
        web: rebuild
        [1] web/evaluate, source changed
        [2] #1 web/build, source changed
        [3] #2 web/make-volume:more, volume more is not there
        [4] #3 web/room, before it is stopped
        [5] #4 ~2 web/configure, limits memory 2GiB → 1GiB
        [6] #5 ~2 web/stop, source changed !container
        [7] #6 web/snapshot, source changed
        [8] #7 web/mark, should this be cut short
        [9] #8 ~2 web/set-profile, source changed
        [10] #9 ~2 web/attach:volume-data, volume data belongs at /y
        [11] #10 ~2 web/attach:volume-more, volume more belongs at /m
        [12] #11 ~2 web/unexpose:web, 127.0.0.1:80 opens when the system is up
        [13] #12 web/start, it was stopped for the change
        [14] #13 web/settle, the app must run the system it was given
        [15] #14 ~2 web/expose:web, its system is up
        [16] #15 web/record, as the manifest says: system, storage, limits
        [17] #16 web/collect, 5 are kept
        [18-30] ?6-15 web back to generation 1: condemn?13-14 stop restore?8-15 return?9-15 configure?5-15 detach:volume-data?10-15 detach:volume-more?10-15 attach:volume-data?10-15 unexpose:web mark?8-15 start settle expose:web
      `),
    );
  });

  test('of config that a running app takes restarts nothing', () => {
    expect(shown({ want: ['web 80 limits=memory:1GiB'], have: ['web 80 kept=1'] })).toBe(
      golden(`
        web: reconfigure
        [1] web/configure, limits memory none → 1GiB
        [2] #1 web/record, as the manifest says: limits
        [3] ?1 web/configure~back, back to generation 1
      `),
    );
  });

  test('of config that needs a restart', () => {
    expect(shown({ want: ['web - config=security.guestapi:true'], have: ['web - kept=1'] })).toBe(
      golden(`
        web: restart
        [1] web/configure, config.security.guestapi none → true
        [2] #1 web/stop, what changes is only looked at when the container starts !container
        [3] #2 web/start, it was stopped for the change
        [4] #3 web/settle, the app must run the system it was given
        [5] #4 web/record, as the manifest says: container
        [6-10] ?2-4 web back to generation 1: condemn?3-4 stop configure?1-4 start settle
      `),
    );
  });

  test('of an upgrade with another port: both ports are let go of, and the old one is opened again', () => {
    expect(shown({ want: ['web 81 source=b'], have: ['web 80 kept=1'] })).toBe(
      golden(`
        web: rebuild
        [1] web/evaluate, source changed
        [2] #1 web/build, source changed
        [3] #2 web/mark, should this be cut short
        [4] #3 ~2 web/set-profile, source changed
        [5] #4 ~2 web/activate, source changed !service
        [6] #5 web/settle, the app must run the system it was given
        [7] #6 ~2 web/expose:web-2, exposure listen 127.0.0.1:80 → 127.0.0.1:81 !exposure
        [8] #7 ~2 web/unexpose:web, 127.0.0.1:80 is not in the manifest any more !exposure
        [9] #8 web/record, as the manifest says: system, exposure
        [10] #9 web/collect, 5 are kept
        [11-19] ?5-8 web back to generation 1: condemn?5-6 stop return?4-8 unexpose:web unexpose:web-2 mark?3-8 start settle expose:web
      `),
    );
  });

  test('of activation = restart', () => {
    expect(shown({ want: ['web - source=b activation=restart'], have: ['web - kept=1'] })).toBe(
      golden(`
        web: rebuild
        [1] web/evaluate, source changed
        [2] #1 web/build, source changed
        [3] #2 web/mark, should this be cut short
        [4] #3 ~2 web/set-profile, source changed
        [5] #4 ~2 web/stop, source changed !container
        [6] #5 web/start, it was stopped for the change
        [7] #6 web/settle, the app must run the system it was given
        [8] #7 web/record, as the manifest says: system
        [9] #8 web/collect, 5 are kept
        [10-15] ?5-7 web back to generation 1: condemn?6-7 stop return?4-7 mark?3-7 start settle
      `),
    );
  });

  test('of activation = switch is a restart all the same: what did not switch one way may not switch the other', () => {
    expect(shown(UPGRADE)).toBe(
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
        [9-14] ?5-6 web back to generation 1: condemn stop return?4-6 mark?3-6 start settle
      `),
    );
    expect(shown({ want: ['web - source=b activation=switch'], have: ['web - kept=1'] })).toBe(
      shown(UPGRADE),
    );
  });

  test('in a store of its own: it is told of the new system when the data is copied', () => {
    expect(
      shown({
        want: ['web - store=copy source=b volumes=data:/x'],
        have: ['web - store=copy volumes=data:/x kept=1'],
      }),
    ).toBe(
      golden(`
        web: rebuild
        [1] web/evaluate, source changed
        [2] #1 web/build, source changed
        [3] #2 web/deliver, source changed
        [4] #3 web/room, before it is stopped
        [5] #4 ~2 web/stop, source changed !container
        [6] #5 web/snapshot, source changed
        [7] #6 web/mark, should this be cut short
        [8] #7 ~2 web/set-profile, source changed
        [9] #8 web/start, it was stopped for the change
        [10] #9 web/settle, the app must run the system it was given
        [11] #10 web/record, as the manifest says: system
        [12] #11 web/collect, 5 are kept
        [13-19] ?5-10 web back to generation 1: condemn?9-10 stop restore?7-10 return?8-10 mark?7-10 start settle
      `),
    );
  });

  test('of a stopped app in a store of its own: that the old system starts says nothing about the new one', () => {
    expect(
      shown({ want: ['web - store=copy source=b'], have: ['web - store=copy kept=1 status=Stopped'] }),
    ).toBe(
      golden(`
        web: rebuild
        [1] web/evaluate, source changed
        [2] #1 web/build, source changed
        [3] #2 web/start, it is stopped
        [4] #3 web/deliver, source changed
        [5] #4 web/mark, should this be cut short
        [6] #5 web/set-profile, source changed
        [7] #6 web/activate, source changed !service
        [8] #7 web/settle, the app must run the system it was given
        [9] #8 web/record, as the manifest says: power, system
        [10] #9 web/collect, 5 are kept
        [11-16] ?3-8 web back to generation 1: condemn?7-8 stop return?6-8 mark?5-8 start settle
      `),
    );
  });

  test('of a stopped app ends with one that runs', () => {
    expect(shown({ want: ['web - source=b'], have: ['web - kept=1 status=Stopped'] })).toBe(
      golden(`
        web: rebuild
        [1] web/evaluate, source changed
        [2] #1 web/build, source changed
        [3] #2 web/mark, should this be cut short
        [4] #3 web/set-profile, source changed
        [5] #4 web/start, it is stopped
        [6] #5 web/settle, the app must run the system it was given
        [7] #6 web/record, as the manifest says: power, system
        [8] #7 web/collect, 5 are kept
        [9-14] ?3-6 web back to generation 1: condemn?5-6 stop return?4-6 mark start settle
      `),
    );
  });

  test('begins behind a rename: that is gone on with', () => {
    expect(
      shown({ want: ['new - was=old source=b volumes=data:/x'], have: ['old - volumes=data:/x kept=1'] }),
    ).toBe(
      golden(`
        new: rename
        [1] new/evaluate, source changed
        [2] #1 new/build, source changed
        [3] #2 new/begin-rename, it was old
        [4] #3 ~2 new/stop, it was old !container
        [5] #4 new/move-profile, it was old
        [6] #5 new/take-volumes, it was old
        [7] #6 new/rename, it was old
        [8] #7 new/repair, its profile has moved
        [9] #8 new/snapshot, source changed
        [10] #9 new/mark, should this be cut short
        [11] #10 new/set-profile, source changed
        [12] #11 new/start, it was stopped for the change
        [13] #12 new/settle, the app must run the system it was given
        [14] #13 new/record, as the manifest says: system, meta
        [15] #14 new/collect, 5 are kept
        [16-22] ?8-13 new back to generation 1: condemn?12-13 stop restore?10-13 return?11-13 mark?10-13 start settle
      `),
    );
  });

  test('has the secrets that came with it, before the old system starts', () => {
    expect(shown({ want: ['web - source=b secrets=db:2'], have: ['web - secrets=db:1 kept=1'] })).toBe(
      golden(`
        web: rebuild
        [1] web/evaluate, source changed
        [2] #1 web/build, source changed
        [3] #2 web/mark, should this be cut short
        [4] #3 ~2 web/set-profile, source changed
        [5] #4 ~2 web/push-secrets, secret db changed
        [6] #5 ~2 web/activate, source changed !service
        [7] #6 ~2 web/restart-units, secret db changed !service
        [8] #7 web/settle, the app must run the system it was given
        [9] #8 web/record, as the manifest says: system, secrets
        [10] #9 web/collect, 5 are kept
        [11-17] ?6-8 web back to generation 1: condemn stop return?4-8 revert-secrets?5-8 mark?3-8 start settle
      `),
    );
  });

  test('may need its port again: who takes that waits until the upgrade is good', () => {
    expect(shown({ want: ['api 80', 'web 81 source=b'], have: ['api 82', 'web 80 kept=1'] })).toBe(
      golden(`
        api: proxy-update
        web: rebuild
        [1] #11 #12 ~5 api/expose:web-2, exposure listen 127.0.0.1:82 → 127.0.0.1:80 !exposure
        [2] #1 ~5 api/unexpose:web, 127.0.0.1:82 is not in the manifest any more !exposure
        [3] #2 api/record, as the manifest says: exposure
        [4] web/evaluate, source changed
        [5] #4 web/build, source changed
        [6] #5 web/mark, should this be cut short
        [7] #6 ~5 web/set-profile, source changed
        [8] #7 ~5 web/activate, source changed !service
        [9] #8 web/settle, the app must run the system it was given
        [10] #9 ~5 web/expose:web-2, exposure listen 127.0.0.1:80 → 127.0.0.1:81 !exposure
        [11] #10 ~5 web/unexpose:web, 127.0.0.1:80 is not in the manifest any more !exposure
        [12] #11 web/record, as the manifest says: system, exposure
        [13] #12 web/collect, 5 are kept
        [14-22] ?8-11 web back to generation 1: condemn?8-9 stop return?7-11 unexpose:web unexpose:web-2 mark?6-11 start settle expose:web
      `),
    );
  });
});

test('what it gives back is what was recorded', () => {
  const { operations } = planned({
    want: ['web 81 source=b volumes=data:/y limits=memory:1GiB,cpu:2 profiles=default,gpu health=http:/new'],
    have: ['web 80 volumes=data:/x limits=memory:2GiB health=http:/old kept=1,2'],
  });
  const back = Object.fromEntries(
    operations.flatMap(({ id, phase, action }) =>
      phase === 'rollback' ? [[id.slice('web/'.length), action]] : [],
    ),
  );
  const toplevel = '/nix/store/zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz-a-nixos-25.11-x86_64-linux';
  const system = { kind: 'applied', toplevel, generation: 2 };
  expect(back).toMatchObject({
    'condemn~back': { facets: { system: { source: 'b' }, exposure: { listen: '127.0.0.1:81' } }, why: null },
    'restore~back': { volumes: ['data'], name: 'pets-2' },
    'return~back': { store: 'shared', generation: 2, toplevel },
    'configure~back': { config: { 'limits.memory': '2GiB', 'limits.cpu': '' }, profiles: ['default'] },
    'attach:volume-data~back': { what: { kind: 'volume', volume: 'data', path: '/x' } },
    'settle~back': { system },
    'expose:web~back': { exposure: { binding: { first: 80 } }, fallback: null },
    'check~back': { system, health: { check: { path: '/old' } }, through: [{ port: 80 }] },
    'mark~back': { state: 'ready' },
  });
});

test.each([
  ['a build that fails', { want: ['web - nixpkgs=other'], have: ['web - kept=1'] }, 'web/build'],
  ['an app that no generation is recorded of', { want: ['web - source=b'], have: ['web'] }, 'web/activate'],
  [
    'a container that is made anew',
    { want: ['web - store=copy'], have: ['web - kept=1'], recreate: true },
    'web/start',
  ],
])('there is no way back from %s', (_, world, failed) => {
  const { operations } = planned(world);
  expect(operations.map(({ id }) => id)).toContain(failed);
  expect(operations.filter((op) => op.phase === 'rollback' && op.rescues.includes(failed))).toEqual([]);
});

test('nobody reads the fingerprint of a secret in it', () => {
  const plan = planned({ want: ['web - source=b secrets=db:abc2'], have: ['web - secrets=db:abc1 kept=1'] });
  expect(JSON.stringify(plan)).toContain('condemn');
  expect(JSON.stringify(plan)).not.toContain('abc');
});
