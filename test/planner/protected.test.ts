import { describe, expect, test } from '@jest/globals';
import { restartPlan, startPlan, stopPlan } from '../../src/planner/power.js';
import { actual, appName, desired, planned, type World } from './worlds.js';

const said = (world: World) =>
  planned(world).problems.map(({ app, message, hint }) => ({ app, message, hint }));

describe('what Incus would refuse once half of it is done is a problem of the plan', () => {
  const DELETE = {
    app: 'web',
    message: 'Incus protects `web` (security.protection.delete), and it is to be deleted',
    hint: 'incus config unset web security.protection.delete; then run the same command again',
  };

  test('a container that is to be destroyed', () => {
    const have = ['web 80 protect=delete', 'db'];
    expect(said({ want: [], have, prune: true })).toEqual([DELETE]);
    // Held, it is not to be deleted yet.
    expect(said({ want: [], have })).toEqual([]);
  });

  test('one that is to be made anew', () => {
    const world = { want: ['web - store=copy'], have: ['web - protect=delete'] };
    expect(said({ ...world, recreate: true })).toEqual([DELETE]);
    expect(said(world)).toEqual([]);
  });

  test('a profile that protects it is told, and what overrides that', () => {
    expect(said({ want: [], have: ['web - protect=delete:profile'], prune: true })).toEqual([
      {
        app: 'web',
        message: 'Incus protects `web` (security.protection.delete, in a profile), and it is to be deleted',
        hint: 'incus config set web security.protection.delete=false; then run the same command again',
      },
    ]);
  });

  test('one that could not be started again, on the way forward or back', () => {
    const start = (want: string, have: string) =>
      said({ want: [want], have: [have] }).map(({ message }) => message);
    const message = 'Incus protects `web` (security.protection.start), and it is to be started';
    expect(start('web', 'web - protect=start status=Stopped')).toEqual([message]);
    expect(start('web - activation=restart source=b', 'web - protect=start')).toEqual([message]);
    expect(start('web - source=b', 'web - protect=start kept=1')).toEqual([message]);
    expect(start('web 81', 'web 80 protect=start kept=1')).toEqual([]);
    expect(start('web - source=b', 'web - protect=delete kept=1')).toEqual([]);
  });

  test('by the verbs for power too: what may not be started is not stopped first', () => {
    const only = new Set([appName('web')]);
    const [want, have] = [desired(['web']), actual(['web - protect=start kept=1'])];
    expect(restartPlan(want, have, only).plan.problems).toHaveLength(1);
    expect(startPlan(want, have, only).plan.problems).toEqual([]);
    expect(stopPlan(want, have, only).problems).toEqual([]);
  });
});
