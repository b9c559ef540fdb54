import { describe, expect, test } from '@jest/globals';
import type { Effect, Operation, Plan } from '../../src/domain/plan.js';
import { printPlan } from '../../src/planner/print.js';
import { golden, planned, UPGRADE, type World } from './worlds.js';

/** Of that world's plan the steps of the way back, each on a line of its own. */
function wayBack(world: World): string {
  const lines = printPlan(planned(world), { wayBack: 'spelled out' }).split('\n');
  return lines.filter((line) => line.includes('~back')).join('\n');
}

/** Every kind of step that there is. All other tests have ways back in one line: see `shown` for what that is worth. */
describe('a way back, spelled out', () => {
  test('where nothing is kept but the system', () => {
    expect(
      wayBack({ want: ['web 80 source=b health=http:/new'], have: ['web 80 health=http:/old kept=1'] }),
    ).toBe(
      golden(`
        [10] ?5-7 web/condemn~back, it did not work
        [11] ~10 ?5-7 web/stop~back, back to generation 1 !container
        [12] #11 ?4-7 web/return~back, back to generation 1
        [13] #12 ?5-7 web/unexpose:web~back, back to generation 1
        [14] #12 ~13 ?3-7 web/mark~back, back to generation 1
        [15] #12 ~14 ?5-7 web/start~back, back to generation 1
        [16] #15 ?5-7 web/settle~back, back to generation 1
        [17] #15 ~16 ?5-7 web/expose:web~back, back to generation 1
        [18] #15 ~17 ?5-7 web/check~back, back to generation 1
      `),
    );
  });

  test('with data, config and devices', () => {
    expect(
      wayBack({
        want: ['web 80 source=b volumes=data:/y,more:/m limits=memory:1GiB'],
        have: ['web 80 volumes=data:/x limits=memory:2GiB kept=1'],
      }),
    ).toBe(
      golden(`
        [18] ?13-14 web/condemn~back, it did not work
        [19] ~18 ?6-15 web/stop~back, back to generation 1 !container
        [20] #19 ?8-15 web/restore~back, back to generation 1
        [21] #20 ?9-15 web/return~back, back to generation 1
        [22] #21 ?5-15 web/configure~back, back to generation 1
        [23] #21 ~22 ?10-15 web/detach:volume-data~back, back to generation 1
        [24] #21 ~23 ?10-15 web/detach:volume-more~back, back to generation 1
        [25] #21 ~24 ?10-15 web/attach:volume-data~back, back to generation 1
        [26] #25 ?6-15 web/unexpose:web~back, back to generation 1
        [27] #25 ~26 ?8-15 web/mark~back, back to generation 1
        [28] #25 ~27 ?6-15 web/start~back, back to generation 1
        [29] #28 ?6-15 web/settle~back, back to generation 1
        [30] #28 ~29 ?6-15 web/expose:web~back, back to generation 1
      `),
    );
  });

  test('with data that an upgrade which was cut short may have changed', () => {
    expect(
      wayBack({
        want: ['web - source=c volumes=data:/x'],
        have: ['web - volumes=data:/x kept=1 condemned=b state=upgrading top=/nix/store/b'],
      }),
    ).toBe(
      golden(`
        [13] ?9-10 web/condemn~back, it did not work
        [14] ~13 ?4-10 web/stop~back, back to generation 1 !container
        [15] #14 ?4-5 web/snapshot~back, nobody knows how long the new system has served
        [16] #15 ?4-10 web/restore~back, back to generation 1
        [17] #16 ?4-10 web/return~back, back to generation 1
        [18] #17 ?4-10 web/mark~back, back to generation 1
        [19] #17 ~18 ?4-10 web/start~back, back to generation 1
        [20] #19 ?4-10 web/settle~back, back to generation 1
      `),
    );
  });
});

describe('a line for a way back', () => {
  /** The numbers that lines about ways back begin with. */
  const numbers = (plan: Plan, operations: readonly Operation[]) =>
    [...printPlan({ ...plan, operations }).matchAll(/^\[([\d-]+)\].*\bback\b/gm)]
      .map(([, found]) => found)
      .join(' ');

  test('is one for each app', () => {
    const plan = planned({
      want: ['api - source=b', 'web - source=b'],
      have: ['api - kept=1', 'web - kept=1'],
    });
    expect(numbers(plan, plan.operations)).toBe('9-14 23-28');
    const back = plan.operations.filter(({ phase }) => phase === 'rollback');
    const forward = plan.operations.filter(({ phase }) => phase === 'forward');
    expect(numbers(plan, [...forward, ...back])).toBe('17-22 23-28');
  });

  test('ends where something else comes in between', () => {
    const plan = planned(UPGRADE);
    const begin = plan.operations.filter(({ phase }) => phase === 'forward');
    const back = plan.operations.filter(({ phase }) => phase === 'rollback');
    const operations = [...begin.slice(0, -1), ...back.slice(0, 3), ...begin.slice(-1), ...back.slice(3)];
    expect(numbers(plan, operations)).toBe('8-10 12 13 14');
  });

  const after = (...ids: string[]) => ({ needs: [], after: ids });
  test.each<[string, string, Partial<Effect>, string]>([
    ['begins after something', 'condemn', { after: ['web/collect'] }, '9 10 11 12 13 14'],
    [
      'needs that the failure is remembered',
      'stop',
      { needs: ['web/condemn~back'], after: [] },
      '9 10 11 12 13 14',
    ],
    ['needs something else as well', 'mark', { needs: ['web/return~back', 'web/build'] }, '9-11 12 13 14'],
    ['waits for something else as well', 'mark', { after: ['web/build'] }, '9-11 12 13 14'],
    ['only waits for the one before', 'mark', after('web/return~back'), '9-11 12 13 14'],
    ['waits for nothing', 'mark', after(), '9-11 12 13 14'],
    ['has another cause', 'mark', { cause: 'back to generation 2' }, '9-11 12 13 14'],
    ['interrupts something', 'mark', { interrupts: 'service' }, '9-11 12 13 14'],
  ])('has no place for a step that %s', (_, name, change, expected) => {
    const plan = planned(UPGRADE);
    const isIt = ({ id }: Operation) => id === `web/${name}~back`;
    const operations = plan.operations.map((op) => (isIt(op) ? { ...op, ...change } : op));
    expect(numbers(plan, operations)).toBe(expected);
  });
});
