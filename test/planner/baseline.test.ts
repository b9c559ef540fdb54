import { describe, expect, test } from '@jest/globals';
import { restartPlan, stopPlan } from '../../src/planner/power.js';
import { actual, appName, desired, planned, type World } from './worlds.js';

/** The operations before which it is noted what fails already. */
function noting(operations: ReturnType<typeof planned>['operations']): string[] {
  return operations.flatMap(({ id, action }) => ('baseline' in action ? [id] : []));
}

const of = (world: World) => noting(planned(world).operations);

describe('what fails already is noted before an app is interrupted that is judged afterwards', () => {
  test.each<[string, World, string]>([
    ['a switch', { want: ['web - source=b'], have: ['web - kept=1'] }, 'web/activate'],
    [
      'a stop for its data',
      { want: ['web - source=b volumes=d:/x'], have: ['web - volumes=d:/x kept=1'] },
      'web/stop',
    ],
    ['a restart', { want: ['web - source=b activation=restart'], have: ['web - kept=1'] }, 'web/stop'],
    ['another mount', { want: ['web - binds=/a:/b'], have: ['web - kept=1'] }, 'web/stop'],
    ['a rename', { want: ['new - was=web'], have: ['web - kept=1'] }, 'new/stop'],
    [
      'other secrets',
      { want: ['web - secrets=db:2'], have: ['web - secrets=db:1 kept=1'] },
      'web/restart-units',
    ],
    [
      'a switch, and other secrets',
      { want: ['web - source=b secrets=db:2'], have: ['web - secrets=db:1 kept=1'] },
      'web/activate',
    ],
  ])('%s, once', (_, world, first) => {
    expect(of(world)).toEqual([first]);
  });

  test.each<[string, World]>([
    [
      'one that has never been good',
      { want: ['web - source=b'], have: ['web - record=none state=creating'] },
    ],
    [
      'one that is half upgraded',
      { want: ['web - source=b'], have: ['web - kept=1 state=upgrading top=/nix/store/b'] },
    ],
    ['one that does not run', { want: ['web - source=b'], have: ['web - status=Stopped kept=1'] }],
    ['a frozen one', { want: ['web - source=b activation=restart'], have: ['web - status=Frozen kept=1'] }],
    ['one that is made anew', { want: ['web - store=copy'], have: ['web - kept=1'], recreate: true }],
    ['one whose port is changed', { want: ['web 81'], have: ['web 80 kept=1'] }],
    ['one that goes', { want: [], have: ['web - kept=1'], prune: true }],
  ])('not of %s', (_, world) => {
    expect(of(world)).toEqual([]);
  });

  test('at a restart by hand, not at a stop', () => {
    const world = { have: ['web', 'cold - status=Frozen'] };
    const names = new Set([appName('web'), appName('cold')]);
    const wanted = desired(['web', 'cold']);
    expect(noting(restartPlan(wanted, actual(world.have), names).plan.operations)).toEqual(['web/stop']);
    expect(noting(stopPlan(wanted, actual(world.have), names).operations)).toEqual([]);
  });
});
