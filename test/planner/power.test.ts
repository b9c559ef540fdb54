import { expect, test } from '@jest/globals';
import type { Plan } from '../../src/domain/plan.js';
import { restartPlan, startPlan, stopPlan, unstartable } from '../../src/planner/power.js';
import { printPlan } from '../../src/planner/print.js';
import { actual, appName, desired } from './worlds.js';

const only = (...names: string[]) => new Set(names.map(appName));
const verbs = ({ apps }: Plan) => Object.fromEntries(apps.map(({ app, verb }) => [app, verb]));

test('those stop first that come after others', () => {
  const want = desired(['db', 'web 7700 after=db', 'api']);
  const have = actual(['db', 'web 7700', 'api - status=Stopped', 'gone']);
  const plan = stopPlan(want, have, only('db', 'web', 'api', 'gone'));
  expect(verbs(plan)).toEqual({ db: 'stop', web: 'stop', api: 'unchanged', gone: 'stop' });
  expect(plan.operations.map(({ id, after }) => [id, after])).toEqual([
    ['db/stop', ['web/stop']],
    ['web/stop', []],
    ['gone/stop', []],
  ]);
});

test('a stop may take as long as the manifest says; where that says nothing, as was last applied', () => {
  const have = actual(['db', 'gone - grace=2m', 'web - grace=2m']);
  const graces = (plan: Plan) =>
    plan.operations.flatMap(({ app, action }) => (action.kind === 'stop' ? [[app, action.graceMs]] : []));
  const want = desired(['db', 'web - grace=45s']);
  expect(graces(stopPlan(want, have, only('db', 'web', 'gone')))).toEqual([
    ['db', 30_000],
    ['gone', 120_000],
    ['web', 45_000],
  ]);
  const kept = actual(['web - grace=2m kept=1']);
  expect(graces(restartPlan(want, kept, only('web')).plan)).toEqual([['web', 45_000]]);
});

test('a start is of what was applied: nothing is built, and the ports are those of then', () => {
  const want = desired(['web 7701 source=b volumes=data:/x health=stable']);
  const have = actual(['web 7700 status=Stopped kept=1']);
  const { plan, desired: goal } = startPlan(want, have, only('web'));
  expect(verbs(plan)).toEqual({ web: 'start' });
  expect(plan.operations.map(({ id }) => id)).toEqual([
    'web/unexpose:web',
    'web/start',
    'web/settle',
    'web/expose:web',
    'web/record',
  ]);
  expect(goal.apps[0]?.listen?.port).toBe(7700);
});

test('what runs is not touched by a start, drifted or not; nobody else is either', () => {
  const want = desired(['web', 'db - source=b', 'api']);
  const have = actual([
    'web - limits=cpu:1 seen-limits=cpu:2 kept=1',
    'db - kept=1',
    'api - status=Stopped',
    'gone',
  ]);
  const { plan } = startPlan(want, have, only('web', 'db'));
  expect(verbs(plan)).toEqual({ web: 'unchanged', db: 'unchanged' });
  expect(plan.operations).toEqual([]);
});

test('a restart stops and starts; who comes after others waits for them', () => {
  const want = desired(['db - source=b', 'web 7700 after=db']);
  const { plan } = restartPlan(want, actual(['db - kept=1', 'web 7700 kept=1']), only('db', 'web'));
  expect(verbs(plan)).toEqual({ db: 'restart', web: 'restart' });
  expect(printPlan(plan)).toMatchInlineSnapshot(`
   "db: restart
   web: restart
   [1] ~2 db/stop, it is to start again !container
   [2] web/stop, it is to start again !container
   [3] #1 db/start, it is stopped
   [4] #3 db/settle, the app must run the system it was given
   [5] #4 db/record, as the manifest says: power
   [6] #2 web/unexpose:web, 127.0.0.1:7700 opens when the system is up
   [7] #6 #4 web/start, it is stopped
   [8] #7 web/settle, the app must run the system it was given
   [9] #8 web/expose:web, its system is up
   [10] #9 web/record, as the manifest says: power"
  `);
});

test('one that is stopped is only started', () => {
  const { plan } = restartPlan(desired(['web']), actual(['web - status=Stopped kept=1']), only('web'));
  expect(verbs(plan)).toEqual({ web: 'start' });
});

test.each([
  ['web', ['web - status=Stopped kept=1'], null],
  ['web', [], 'there is no container'],
  ['web', ['web - state=creating record=none'], 'never been up'],
  ['web', ['web - state=upgrading kept=1'], 'has not ended'],
  ['gone', ['gone - status=Stopped kept=1'], 'not in the manifest'],
])('%s with %j: %s', (name, have, words) => {
  const problem = unstartable(appName(name), desired(['web']), actual(have));
  if (words === null) expect(problem).toBeNull();
  else expect(problem?.message).toContain(words);
});
