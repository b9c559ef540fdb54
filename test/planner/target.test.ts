import { describe, expect, test } from '@jest/globals';
import { planOf } from '../../src/planner/plan.js';
import { actualOf, desired, golden, planned, shown, UPGRADE } from './worlds.js';

describe('what failed before', () => {
  test('is held, and says when, why, what serves and what to do', () => {
    expect(shown({ want: ['web 80 source=b'], have: ['web 80 kept=1 condemned=b'] })).toBe(
      golden(`
        web: rebuild (held: tried before: it broke (2026-01-02 03:04 UTC); generation 1 serves; change it, or \`pets up --retry web\`)
      `),
    );
  });

  test('is tried again with --retry, as if it had not failed', () => {
    expect(shown({ want: ['web - source=b'], have: ['web - kept=1 condemned=b'], retry: true })).toBe(
      shown(UPGRADE),
    );
  });

  test('and then changed is tried', () => {
    expect(shown({ want: ['web - source=c'], have: ['web - kept=1 condemned=b'] })).toBe(shown(UPGRADE));
  });

  test('stays away while what serves is put right: a stopped one starts', () => {
    expect(shown({ want: ['web 80 source=b'], have: ['web 80 kept=1 condemned=b status=Stopped'] })).toBe(
      golden(`
        web: start
        [1] web/unexpose:web, 127.0.0.1:80 opens when the system is up
        [2] #1 web/start, it is stopped
        [3] #2 web/settle, the app must run the system it was given
        [4] #3 web/expose:web, its system is up
        [5] #4 web/record, as the manifest says: power
      `),
    );
  });

  test('stays away while what serves is put right: nothing is switched for a port', () => {
    expect(shown({ want: ['web 80 source=b'], have: ['web 80 kept=1 condemned=b devices=none'] })).toBe(
      golden(`
        web: proxy-update
        [1] web/expose:web, exposure listen drifted none → 127.0.0.1:80
        [2] #1 web/record, as the manifest says: exposure
      `),
    );
  });

  test('on a way back that was cut short: that is gone to its end, as where nobody wants the upgrade', () => {
    expect(
      shown({
        want: ['web 80 source=b volumes=data:/x'],
        have: ['web 80 volumes=data:/x kept=1 condemned=b state=upgrading top=/nix/store/b'],
      }),
    ).toBe(
      shown({
        want: ['web 80 volumes=data:/x'],
        have: ['web 80 volumes=data:/x kept=1 state=upgrading top=/nix/store/b'],
      }),
    );
  });
});

describe('an upgrade that was cut short and is not wanted any more', () => {
  test('is taken back, with its data, of which a copy is kept', () => {
    expect(
      shown({
        want: ['web 80 volumes=data:/x'],
        have: ['web 80 volumes=data:/x kept=1 state=upgrading top=/nix/store/b'],
      }),
    ).toBe(
      golden(`
        web: rollback
        [1] web/room, before it is stopped
        [2] #1 web/stop, system toplevel drifted !container
        [3] #2 web/snapshot, system toplevel drifted
        [4] #3 web/restore, what was written since is taken back
        [5] #4 web/return, system toplevel drifted
        [6] #5 web/mark, from here on it only does not run
        [7] #6 web/unexpose:web, 127.0.0.1:80 opens when the system is up
        [8] #7 web/start, it was stopped for the change
        [9] #8 web/settle, the app must run the system it was given
        [10] #9 web/expose:web, its system is up
        [11] #10 web/record, as the manifest says: meta, system
      `),
    );
  });

  test('is taken back where another port is wanted, too', () => {
    expect(
      shown({
        want: ['web 81 volumes=data:/x'],
        have: ['web 80 volumes=data:/x kept=1 state=upgrading top=/nix/store/b'],
      }),
    ).toBe(
      golden(`
        web: rollback
        [1] web/room, before it is stopped
        [2] #1 web/stop, system toplevel drifted !container
        [3] #2 web/snapshot, system toplevel drifted
        [4] #3 web/restore, what was written since is taken back
        [5] #4 web/return, system toplevel drifted
        [6] #5 web/mark, from here on it only does not run
        [7] #6 web/unexpose:web, 127.0.0.1:80 is not in the manifest any more
        [8] #7 web/start, it was stopped for the change
        [9] #8 web/settle, the app must run the system it was given
        [10] #9 web/expose:web-2, exposure listen 127.0.0.1:80 → 127.0.0.1:81
        [11] #10 web/record, as the manifest says: exposure, meta, system
      `),
    );
  });

  test('without volumes: the guest is stopped, nobody can see what it runs', () => {
    expect(shown({ want: ['web'], have: ['web - kept=1 state=upgrading top=/nix/store/b'] })).toBe(
      golden(`
        web: rollback
        [1] web/stop, system toplevel drifted !container
        [2] #1 web/return, system toplevel drifted
        [3] #2 web/mark, from here on it only does not run
        [4] #3 web/start, it was stopped for the change
        [5] #4 web/settle, the app must run the system it was given
        [6] #5 web/record, as the manifest says: meta, system
      `),
    );
  });

  test('in a store of its own, in which nobody sees the profile', () => {
    expect(
      shown({
        want: ['web - store=copy volumes=data:/x'],
        have: ['web - store=copy volumes=data:/x kept=1 state=upgrading'],
      }),
    ).toBe(
      golden(`
        web: rollback
        [1] web/room, before it is stopped
        [2] #1 web/stop, an upgrade was cut short !container
        [3] #2 web/snapshot, an upgrade was cut short
        [4] #3 web/restore, what was written since is taken back
        [5] #4 web/return, an upgrade was cut short
        [6] #5 web/mark, from here on it only does not run
        [7] #6 web/start, it was stopped for the change
        [8] #7 web/settle, the app must run the system it was given
        [9] #8 web/record, as the manifest says: meta
      `),
    );
  });

  test('and had come back: that is recorded', () => {
    expect(
      shown({ want: ['web - volumes=data:/x'], have: ['web - volumes=data:/x kept=1 state=upgrading'] }),
    ).toBe(
      golden(`
        web: metadata
        [1] web/record, as the manifest says: meta
      `),
    );
  });
});

test('a plan tells apart what failed before and what is only not as it was', () => {
  const condemned = (have: string, retry = false) =>
    planned({ want: ['web - source=b'], have: [have], retry }).apps.map((app) => app.condemned);
  expect(condemned('web - kept=1 condemned=b')).toEqual([true]);
  expect(condemned('web - kept=1 condemned=b status=Stopped')).toEqual([true]);
  expect(condemned('web - kept=1 condemned=b', true)).toEqual([false]);
  expect(condemned('web - kept=1 condemned=c')).toEqual([false]);
  // Nobody knows what to go back to.
  expect(condemned('web - condemned=b')).toEqual([false]);
});

describe('a rollback by hand', () => {
  /** What is done, and what is remembered. */
  const steps = (number: number, data: boolean) => {
    const have = 'web - source=b volumes=data:/x kept=1,2 condemned=c';
    const actual = actualOf({ want: [], have: [have] });
    const generation = actual.apps[0]?.generations.find((g) => g.generation === number);
    if (!generation) throw new Error('no such generation');
    const rollback = { generation, data };
    const options = { prune: false, recreate: false, retry: false, rollback, only: null };
    const { operations } = planOf(desired(['web - source=b volumes=data:/x']), actual, options);
    return operations.flatMap(({ action, phase }) =>
      phase === 'rollback'
        ? []
        : [action.kind === 'condemn' ? action.facets.system?.['source'] : action.kind],
    );
  };

  test('remembers what was left before it is recorded what serves: no run in between brings it back', () => {
    expect(steps(1, false).slice(-3)).toEqual(['settle', 'b', 'record']);
  });

  test('to what serves already does nothing', () => {
    expect(steps(2, false)).toEqual([]);
  });

  test('to what serves already, with its data, leaves nothing but what was left before', () => {
    expect(steps(2, true).slice(-3)).toEqual(['settle', 'c', 'record']);
  });

  const cutShort = (state: string, more: string) =>
    shown({
      want: [`web - source=b volumes=data:/x ${more}`],
      have: [`web - source=b volumes=data:/x kept=1,2 state=${state} ${more}`],
    });
  const GIVES_BACK = /\/restore(?!.*~back)/;

  test('that was cut short gives nothing back: what served has been good, and what it wrote is kept', () => {
    expect(cutShort('returning', 'top=/nix/store/a')).not.toMatch(GIVES_BACK);
    expect(cutShort('upgrading', 'top=/nix/store/a')).toMatch(GIVES_BACK);
  });

  test('that was cut short where nobody sees what runs is taken back', () => {
    expect(cutShort('returning', 'store=copy')).toBe(cutShort('upgrading', 'store=copy'));
  });
});
