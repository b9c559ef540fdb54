import { describe, expect, test } from '@jest/globals';
import { outcomeOf } from '../../src/executor/outcome.js';
import type { OperationOutcome } from '../../src/domain/outcome.js';
import { planned } from '../planner/worlds.js';

function done(startedAt: number, endedAt: number, ...warnings: string[]): OperationOutcome {
  return { kind: 'done', startedAt, endedAt, warnings };
}

const PLAN = planned({ want: ['web 81'], have: ['web 80'] });
const [EXPOSE = '', UNEXPOSE = '', RECORD = ''] = PLAN.operations.map((op) => op.id);

function outcome(...ends: readonly OperationOutcome[]) {
  const ended = new Map(
    [EXPOSE, UNEXPOSE, RECORD].flatMap((id, i) => (ends[i] ? [[id, ends[i]] as const] : [])),
  );
  return outcomeOf(PLAN, ended, false).apps[0];
}

test('time is from the first start to the last end; warnings are kept in order', () => {
  expect(outcome(done(1000, 1100, 'first'), done(1100, 1300), done(1300, 1350, 'last'))).toEqual({
    app: 'web',
    verb: 'proxy-update',
    result: 'done',
    url: 'http://127.0.0.1:81',
    warnings: ['first', 'last'],
    notes: [],
    ms: 350,
    failure: null,
    because: null,
  });
});

test('a failure is the reason, not what it made skip; what went well before keeps its warnings', () => {
  const problem = { code: 'port-taken' as const, app: 'web', message: 'busy' };
  const failed: OperationOutcome = {
    kind: 'failed',
    startedAt: 1100,
    endedAt: 1500,
    warnings: [],
    problem,
    log: ['why'],
  };
  const skipped: OperationOutcome = { kind: 'skipped', because: `needs ${UNEXPOSE}` };
  expect(outcome(done(1000, 1100, 'slow'), failed, skipped)).toMatchObject({
    result: 'failed',
    warnings: ['slow'],
    ms: 500,
    failure: { op: UNEXPOSE, problem, log: ['why'] },
    because: null,
  });
});

test('what a person should know is told of what was carried out or held, and of nothing else', () => {
  const notes = ['the volume `data` is detached and kept; `pets volume rm web/data` deletes it'];
  const plan = planned({ want: ['web'], have: ['web - volumes=data:/x'] });
  const told = (ended: OperationOutcome) =>
    outcomeOf(plan, new Map(plan.operations.map((op) => [op.id, ended])), false).apps[0]?.notes;
  expect(told(done(0, 1))).toEqual(notes);
  expect(told({ kind: 'skipped', because: 'needs db/settle' })).toEqual([]);
  const held = planned({ want: [], have: ['web - volumes=data:/x'] });
  expect(outcomeOf(held, new Map(), false).apps[0]?.notes).toEqual([
    'the volume `data` is kept; `pets volume rm web/data` deletes it',
  ]);
});

describe('an app of which nothing ran', () => {
  test('was skipped, and says for whom', () => {
    const skipped: OperationOutcome = { kind: 'skipped', because: 'needs b/unexpose:web' };
    expect(outcome(skipped, { kind: 'skipped', because: `needs ${EXPOSE}` })).toMatchObject({
      result: 'skipped',
      ms: 0,
      because: 'needs b/unexpose:web',
    });
  });

  test('was interrupted, which weighs more than skipped', () => {
    const skipped: OperationOutcome = { kind: 'skipped', because: 'needs b/unexpose:web' };
    expect(outcome(skipped, { kind: 'interrupted', because: 'the run was stopped' })?.result).toBe(
      'interrupted',
    );
  });

  test('had nothing to be done', () => {
    expect(outcome()?.result).toBe('unchanged');
  });

  test('is held, and says how to go on', () => {
    const [gone] = outcomeOf(planned({ want: [], have: ['old 80'] }), new Map(), false).apps;
    expect(gone).toMatchObject({
      result: 'held',
      because: 'no longer in the manifest; `pets up --prune` destroys it',
    });
  });
});
