import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Event } from '../../../src/domain/event.js';
import { countRows, emptyBoard, reduce, type ProgressState } from '../../../src/ui/reporters/board.js';
import { appPlan, EVENTS, name, operation, PLAN, planOf, PROBLEM, T0 } from '../fixtures.js';

function after(events: readonly Event[]): ProgressState {
  return events.reduce(reduce, emptyBoard);
}

function states(board: ProgressState): Record<string, string> {
  return Object.fromEntries(board.rows.map((row) => [row.app, row.state]));
}

describe('fold', () => {
  test('one row per app with something to do; unchanged ones are counted, held ones left out', () => {
    const board = after(EVENTS.slice(0, 1));
    expect(states(board)).toEqual({ db: 'waiting', web: 'waiting', wiki: 'waiting' });
    expect(board.unchanged).toBe(1);
  });

  test('follows each app through its operations', () => {
    expect(states(after(EVENTS.slice(0, 8)))).toEqual({ db: 'running', web: 'running', wiki: 'waiting' });
    const done = after(EVENTS);
    expect(states(done)).toEqual({ db: 'failed', web: 'done', wiki: 'skipped' });
    expect(done.finished).toEqual(['web']);
    expect(done.rows.map((row) => [row.startedAt, row.endedAt].map((at) => (at ? at - T0 : at)))).toEqual([
      [0, 3000],
      [1000, 5000],
      [null, null],
    ]);
    expect(done.rows[1]?.warnings).toEqual(['unit nginx.service failed to reload']);
    expect(done.rows[0]?.failure?.problem).toBe(PROBLEM);
  });

  test('between two operations an app is still running, with what it did last', () => {
    const [row] = after(EVENTS.slice(0, 3)).rows;
    expect(row).toMatchObject({ state: 'running', running: [], last: 'evaluated', left: 3 });
  });

  test('an interrupt lets running ones end and stops the others', () => {
    const board = after([...EVENTS.slice(0, 8), { kind: 'interrupted', at: T0, running: 2 }]);
    expect(states(board)).toEqual({ db: 'running', web: 'running', wiki: 'interrupted' });
    const drained = reduce(board, { kind: 'finished', at: T0, op: 'web/build', app: name('web') });
    expect(states(drained)['web']).toBe('interrupted');
  });

  test('events of apps without a row change nothing', () => {
    const board = after(EVENTS.slice(0, 1));
    expect(reduce(board, { kind: 'output', at: T0, op: 'x/build', app: name('x'), line: 'x' })).toBe(board);
  });

  test('never changes the board it is given', () => {
    EVENTS.reduce((board, event) => reduce(freeze(board), event), emptyBoard);
  });
});

describe('whatever order the events come in', () => {
  const plan = planOf([appPlan('a', 'create'), appPlan('b', 'rebuild'), appPlan('c', 'start')]);
  const someEvent = fc
    .tuple(
      fc.constantFrom(...plan.operations),
      fc.constantFrom('started', 'finished', 'failed', 'skipped', 'interrupted'),
    )
    .map(([op, kind]) => eventOf(op, kind));

  test('rows stay the same apps, counts add up, finished only grows', () => {
    fc.assert(
      fc.property(fc.array(someEvent, { maxLength: 60 }), (events) => {
        let board = after([{ kind: 'run-started', at: T0, plan }]);
        for (const event of events) {
          const next = reduce(board, event);
          expect(next.rows.map((row) => row.app)).toEqual(['a', 'b', 'c']);
          expect(Object.values(countRows(next.rows)).reduce((a, b) => a + b)).toBe(3);
          expect(next.finished.slice(0, board.finished.length)).toEqual(board.finished);
          expect(new Set(next.finished).size).toBe(next.finished.length);
          for (const row of next.rows) if (row.state === 'done') expect(row.left).toBe(0);
          board = next;
        }
      }),
    );
  });
});

function eventOf({ id, app }: ReturnType<typeof operation>, kind: string): Event {
  const op = { at: T0, op: id, app };
  if (kind === 'failed') return { kind, ...op, problem: PROBLEM, log: [] };
  if (kind === 'skipped') return { kind, ...op, because: 'needs x' };
  if (kind === 'interrupted') return { kind, at: T0, running: 1 };
  return { kind: kind === 'started' ? kind : 'finished', ...op };
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(freeze);
  }
  return value;
}

test('the fixture plan has what these tests lean on', () => {
  expect(PLAN.operations.map((op) => op.app)).toEqual([
    'db',
    'db',
    'db',
    'db',
    'web',
    'web',
    'web',
    'web',
    'web',
    'wiki',
    'wiki',
  ]);
});
