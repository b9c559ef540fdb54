import { expect, test } from '@jest/globals';
import { planOf } from '../../src/planner/plan.js';
import { printPlan } from '../../src/planner/print.js';
import { rehearsalsOf } from '../../src/planner/rehearsal.js';
import { actual, desired, golden, planned, shown } from './worlds.js';

const rehearses = (want: string, have: string) =>
  planned({ want: [want], have: [have] }).operations.some(({ action }) => action.kind === 'rehearse');

test('a new system is tried before anything of the app is touched, and a refusal is remembered', () => {
  expect(shown({ want: ['web 80 source=b rehearse=yes'], have: ['web 80 kept=1'] })).toBe(
    golden(`
      web: rebuild
      [1] web/evaluate, source changed
      [2] #1 web/build, source changed
      [3] #2 web/rehearse, before the app is touched
      [4] #3 web/mark, should this be cut short
      [5] #4 ~2 web/set-profile, source changed
      [6] #5 ~2 web/activate, source changed !service
      [7] #6 web/settle, the app must run the system it was given
      [8] #7 web/record, as the manifest says: system
      [9] #8 web/collect, 5 are kept
      [10-17] ?6-7 web back to generation 1: condemn?3,6-7 stop return?5-7 unexpose:web mark?4-7 start settle expose:web
    `),
  );
});

test.each([
  ['a system that is the same', 'web 81 rehearse=yes', 'web 80 kept=1', false],
  ['a stopped app', 'web 80 source=b rehearse=yes', 'web 80 status=Stopped kept=1', true],
  ['one that nobody asks it of', 'web 80 source=b', 'web 80 kept=1', false],
  [
    'one that a run has left half upgraded',
    'web 80 source=c rehearse=yes',
    'web 80 state=upgrading top=/nix/store/b kept=1',
    false,
  ],
])('of %s', (_, want, have, is) => {
  expect(rehearses(want, have)).toBe(is);
});

test('what is yet to be made has nothing to be careful with', () => {
  expect(
    planned({ want: ['web 80 rehearse=yes'] }).operations.map(({ action }) => action.kind),
  ).not.toContain('rehearse');
});

test('the command line says it of all, or of none', () => {
  const [want, have] = [
    desired(['a 80 source=b rehearse=yes', 'b 81 source=b']),
    actual(['a 80 kept=1', 'b 81 kept=1']),
  ];
  const options = { prune: false, recreate: false, retry: false, only: null };
  const rehearsed = (rehearse?: boolean) =>
    planOf(want, have, { ...options, rehearse }).operations.flatMap(({ app, action }) =>
      action.kind === 'rehearse' ? [app] : [],
    );
  expect(rehearsed()).toEqual(['a']);
  expect(rehearsed(true)).toEqual(['a', 'b']);
  expect(rehearsed(false)).toEqual([]);
});

test('alone it brings up nothing', () => {
  const plan = planned({
    want: ['a 80 source=b rehearse=yes', 'b 81 rehearse=yes', 'c 82 limits=memory:1GiB'],
    have: ['a 80 kept=1', 'c 82'],
  });
  expect(printPlan(rehearsalsOf(plan))).toBe(
    golden(`
      a: rehearse
      b: create (held: nothing serves yet that could be spared)
      c: unchanged
      [1] a/evaluate, source changed
      [2] #1 a/build, source changed
      [3] #2 a/rehearse, before the app is touched
      [4] ?3 a/condemn~back, it did not work
    `),
  );
});
