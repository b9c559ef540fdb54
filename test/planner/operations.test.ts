import { describe, expect, test } from '@jest/globals';
import { changesOf } from '../../src/planner/diff.js';
import { found, golden, planned, shown, wanted } from './worlds.js';

test('a changed system is built, made the newest generation, switched to and watched', () => {
  expect(shown({ want: ['web 80 source=b'], have: ['web 80'] })).toBe(
    golden(`
      web: rebuild
      [1] web/evaluate, source changed
      [2] #1 web/build, source changed
      [3] #2 web/set-profile, source changed
      [4] #3 ~2 web/activate, source changed !service
      [5] #4 web/settle, the app must run the system it was given
      [6] #5 web/record, as the manifest says: system
      [7] #6 web/collect, 5 are kept
    `),
  );
});

test('another nixpkgs without a pin is locked first; it names both causes', () => {
  const want = ['web 80 source=b nixpkgs=github:n/n'];
  expect(shown({ want, have: ['web 80'] })).toBe(
    golden(`
      web: rebuild
      [1] web/lock, not in pets.lock yet
      [2] #1 web/evaluate, source changed, nixpkgs changed
      [3] #2 web/build, source changed, nixpkgs changed
      [4] #3 web/set-profile, source changed, nixpkgs changed
      [5] #4 ~3 web/activate, source changed, nixpkgs changed !service
      [6] #5 web/settle, the app must run the system it was given
      [7] #6 web/record, as the manifest says: system
      [8] #7 web/collect, 5 are kept
    `),
  );
});

test('system and port together: the new system is up before the exposure moves', () => {
  expect(shown({ want: ['web 81 source=b'], have: ['web 80'] })).toBe(
    golden(`
      web: rebuild
      [1] web/evaluate, source changed
      [2] #1 web/build, source changed
      [3] #2 web/set-profile, source changed
      [4] #3 ~2 web/activate, source changed !service
      [5] #4 web/settle, the app must run the system it was given
      [6] #5 ~2 web/expose:web-2, exposure listen 127.0.0.1:80 → 127.0.0.1:81 !exposure
      [7] #6 ~2 web/unexpose:web, 127.0.0.1:80 is not in the manifest any more !exposure
      [8] #7 web/record, as the manifest says: system, exposure
      [9] #8 web/collect, 5 are kept
    `),
  );
});

describe('a stopped app', () => {
  test('is started, and must run what was applied', () => {
    const world = { want: ['web 80'], have: ['web 80 status=Stopped'] };
    expect(shown(world)).toBe(
      golden(`
        web: start
        [1] web/unexpose:web, 127.0.0.1:80 opens when the system is up
        [2] #1 web/start, it is stopped
        [3] #2 web/settle, the app must run the system it was given
        [4] #3 web/expose:web, its system is up
        [5] #4 web/record, as the manifest says: power
      `),
    );
    expect(planned(world).operations[2]?.action).toEqual({
      kind: 'settle',
      system: {
        kind: 'applied',
        toplevel: '/nix/store/zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz-a-nixos-25.11-x86_64-linux',
        generation: 1,
      },
    });
  });

  test('with another system boots that one: there is nothing to switch', () => {
    expect(shown({ want: ['web 80 source=b'], have: ['web 80 status=Stopped'] })).toBe(
      golden(`
        web: rebuild
        [1] web/evaluate, source changed
        [2] #1 web/build, source changed
        [3] #2 web/set-profile, source changed
        [4] #3 web/unexpose:web, 127.0.0.1:80 opens when the system is up
        [5] #4 web/start, it is stopped
        [6] #5 web/settle, the app must run the system it was given
        [7] #6 web/expose:web, its system is up
        [8] #7 web/record, as the manifest says: power, system
        [9] #8 web/collect, 5 are kept
      `),
    );
  });
});

describe('a frozen app', () => {
  test('is thawed', () => {
    const world = { want: ['web 80'], have: ['web 80 status=Frozen'] };
    expect(shown(world)).toBe(
      golden(`
        web: start
        [1] web/start, it is frozen
        [2] #1 web/settle, the app must run the system it was given
        [3] #2 web/record, as the manifest says: power
      `),
    );
    expect(planned(world).operations[0]?.action).toEqual({ kind: 'start', from: 'Frozen' });
  });

  test('with another system is thawed and then switched: it goes on with the old one', () => {
    expect(shown({ want: ['web 80 source=b'], have: ['web 80 status=Frozen'] })).toBe(
      golden(`
        web: rebuild
        [1] web/evaluate, source changed
        [2] #1 web/build, source changed
        [3] #2 web/set-profile, source changed
        [4] #3 web/start, it is frozen
        [5] #4 web/activate, source changed !service
        [6] #5 web/settle, the app must run the system it was given
        [7] #6 web/record, as the manifest says: power, system
        [8] #7 web/collect, 5 are kept
      `),
    );
  });
});

describe('an app that no run has brought up whole', () => {
  test('killed after the create', () => {
    const have = ['web 80 state=creating status=Stopped devices=none'];
    expect(shown({ want: ['web 80'], have })).toBe(
      golden(`
        web: create
        [1] web/evaluate, not there yet
        [2] #1 web/build, not there yet
        [3] #2 web/set-profile, not there yet
        [4] #3 web/start, it is stopped
        [5] #4 web/settle, the app must run the system it was given
        [6] #5 web/expose:web, not there yet
        [7] #6 web/record, as the manifest says: power, system, exposure, meta
        [8] #7 web/collect, 5 are kept
      `),
    );
  });

  test('killed before the record', () => {
    expect(shown({ want: ['web 80'], have: ['web 80 state=creating'] })).toBe(
      golden(`
        web: create
        [1] web/evaluate, not there yet
        [2] #1 web/build, not there yet
        [3] #2 web/set-profile, not there yet
        [4] #3 ~2 web/activate, not there yet !service
        [5] #4 web/settle, the app must run the system it was given
        [6] #5 web/record, as the manifest says: power, system, exposure, meta
        [7] #6 web/collect, 5 are kept
      `),
    );
  });
});

test('without a record nothing is taken for granted, but what is right is kept', () => {
  expect(shown({ want: ['web 80'], have: ['web 80 record=none'] })).toBe(
    golden(`
      web: rebuild
      [1] web/evaluate, not there yet
      [2] #1 web/build, not there yet
      [3] #2 web/set-profile, not there yet
      [4] #3 ~2 web/activate, not there yet !service
      [5] #4 web/settle, the app must run the system it was given
      [6] #5 web/record, as the manifest says: power, system, exposure, meta
      [7] #6 web/collect, 5 are kept
    `),
  );
});

test('a record names the system of this run, or the one that stays', () => {
  const refs = (have: string) =>
    planned({ want: ['web 81 source=b'], have: [have] }).operations.flatMap(({ action }) =>
      action.kind === 'record' ? [action.system] : [],
    );
  expect(refs('web 80')).toEqual([{ kind: 'built' }]);
  expect(refs('web 80 source=b')).toEqual([
    {
      kind: 'applied',
      toplevel: '/nix/store/zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz-b-nixos-25.11-x86_64-linux',
      generation: 1,
    },
  ]);
});

describe('a container that is not as it was made', () => {
  test('gets back what it was made with, before anything else of it changes', () => {
    expect(
      shown({
        want: ['a', 'b'],
        have: ['a - altered=nix-store,raw.lxc', 'b - status=Stopped altered=raw.lxc'],
      }),
    ).toBe(
      golden(`
        a: restart
        b: start
        [1] a/stop, what changes is only looked at when the container starts !container
        [2] #1 a/repair, container nix-store drifted altered → as made, raw.lxc drifted altered → as made
        [3] #2 a/start, it was stopped for the change
        [4] #3 a/settle, the app must run the system it was given
        [5] #4 a/record, as the manifest says: container
        [6] b/repair, raw.lxc drifted altered → as made
        [7] #6 b/start, it is stopped
        [8] #7 b/settle, the app must run the system it was given
        [9] #8 b/record, as the manifest says: power, container
      `),
    );
  });

  test('a state that nobody wrote is put right', () => {
    expect(changesOf(wanted('web 80'), { ...found('web 80'), state: 'creating' })).toEqual([
      { facet: 'meta', field: 'state', kind: 'drifted', from: 'creating', to: 'ready' },
    ]);
  });
});
