import { describe, expect, test } from '@jest/globals';
import type { AppOutcome, Outcome } from '../../src/domain/outcome.js';
import type { Event } from '../../src/domain/event.js';
import type { Plan } from '../../src/domain/plan.js';
import type { Run } from '../../src/domain/run.js';
import { countRows, emptyBoard, reduce, type ProgressState } from '../../src/ui/reporters/board.js';
import { liveLines, screenRows } from '../../src/ui/reporters/layout.js';
import { createPlainReporter } from '../../src/ui/reporters/plain.js';
import { appsOf } from '../../src/ui/pages/run.js';
import { summaryLines } from '../../src/ui/reporters/summary.js';
import { planned } from '../planner/worlds.js';
import { appPlan, collector, name, outcomeOf, playAll, T0 } from './fixtures.js';

/** An upgrade that does not settle, and the way back from it. */
const PLAN: Plan = planned({ want: ['web - source=b'], have: ['web - kept=1'] });
const PROBLEM = { message: 'nginx.service failed', hint: 'look at `pets logs web`' };
const STEPS = PLAN.operations.map(({ id }) => id);
const web = name('web');

const started = (op: string): Event => ({ kind: 'started', at: T0, op: `web/${op}`, app: web });
const finished = (op: string): Event => ({ kind: 'finished', at: T0 + 1000, op: `web/${op}`, app: web });
const skipped = (op: string): Event => {
  return { kind: 'skipped', at: T0, op: `web/${op}`, app: web, because: 'needs web/settle' };
};
const failed = (op: string): Event => {
  return { kind: 'failed', at: T0 + 500, op: `web/${op}`, app: web, problem: PROBLEM, log: ['its words'] };
};
const FORWARD = ['evaluate', 'build', 'mark', 'set-profile', 'activate'];
const BACK = ['condemn', 'stop', 'return', 'mark', 'start', 'settle'].map((step) => `${step}~back`);

const UP: AppOutcome = outcomeOf(PLAN.apps[0] ?? appPlan('web', 'rebuild'), {
  ...{ result: 'rolled-back', because: 'generation 1 serves' },
  failure: { op: 'web/settle', problem: PROBLEM, log: ['its words'] },
});
const OUTCOME: Outcome = { interrupted: false, apps: [UP] };

const FAILED: readonly Event[] = [
  { kind: 'run-started', at: T0, plan: PLAN },
  ...FORWARD.flatMap((op) => [started(op), finished(op)]),
  started('settle'),
  failed('settle'),
];
const EVENTS: readonly Event[] = [
  ...FAILED,
  started('condemn~back'),
  // At the same time as the way back begins.
  ...['record', 'collect'].map(skipped),
  finished('condemn~back'),
  ...BACK.slice(1).flatMap((op) => [started(op), finished(op)]),
];

function after(events: readonly Event[]): ProgressState {
  return events.reduce(reduce, emptyBoard);
}

function live(board: ProgressState): string[] {
  const lines = liveLines(screenRows(board, { columns: 100, rows: 24, now: T0 + 2000 }));
  return lines.map((line) => line.map(({ text }) => text).join(''));
}

test('the plan has the operations that these events are of', () => {
  expect(STEPS).toEqual([...FORWARD, 'settle', 'record', 'collect', ...BACK].map((op) => `web/${op}`));
});

describe('on the screen', () => {
  test('an app on its way back says what it is doing', () => {
    expect(live(after(FAILED))[0]).toBe('✖ web  failed: nginx.service failed');
    const stopping = [...EVENTS.slice(0, EVENTS.indexOf(EVENTS.at(-9) as Event))];
    expect(live(after(stopping))[0]).toMatch(/^[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] web {2}back: stopping +2s/);
    expect(live(after([...stopping, finished('stop~back')]))[0]).toMatch(/^↩ web {2}back: stopped, waiting/);
    expect(live(after([...stopping, finished('stop~back')])).at(-1)).toContain(
      '0 of 1 done, 1 on the way back',
    );
    expect(live(after(EVENTS))).toEqual(['↩ web  rolled back', '  homelab: 0 of 1 done, 1 rolled back  2s']);
  });

  test('a step of it that fails ends as any failure', () => {
    const board = after([...FAILED, started('stop~back'), failed('stop~back'), skipped('start~back')]);
    expect(board.rows[0]).toMatchObject({ state: 'failed', failure: { op: 'web/settle' } });
  });

  test('a way back of which not every step was due is told by the outcome', () => {
    const board = after([...FAILED, started('return~back'), finished('return~back')]);
    expect(board.rows[0]?.state).toBe('returning');
    const ended = reduce(board, { kind: 'run-ended', at: T0 + 2000, outcome: OUTCOME });
    expect(countRows(ended.rows)).toMatchObject({ 'rolled-back': 1, returning: 0, failed: 0 });
  });
});

test('in a log: each step with its cause, and what serves at the end', () => {
  const out = collector();
  playAll(createPlainReporter(out), [...EVENTS, { kind: 'run-ended', at: T0 + 4000, outcome: OUTCOME }]);
  const text = out.text();
  expect(text.slice(text.indexOf('web: failed'))).toBe(`\
web: failed: nginx.service failed
web: holding what it leaves (it did not work)
web: held in 1.0s
web: stopping (back to generation 1)
web: stopped in 1.0s
web: returning to the generation before (back to generation 1)
web: generation returned in 1.0s
web: marking (back to generation 1)
web: marked in 1.0s
web: starting (back to generation 1)
web: started in 1.0s
web: waiting for the system (back to generation 1)
web: up in 1.0s

↩ web  rolled back (generation 1 serves)  2.1s

✖ web failed while waiting for the system after 2.1s
  web: nginx.service failed
    hint: look at \`pets logs web\`
  its last lines:
    its words
  next: fix it, then run \`pets up web\` again; \`pets up --retry web\` tries the very same; \`pets history web\` says what serves

1 rolled back in 4.0s
`);
});

test('what failed before is left, and counted so', () => {
  const world = { want: ['web 80 source=b'], have: ['web 80 kept=1 condemned=b'] };
  const [held = appPlan('web', 'rebuild')] = planned(world).apps;
  const outcome = outcomeOf(held, { result: 'condemned', ms: 0, because: held.held });
  expect(summaryLines({ apps: [outcome], interrupted: false }, { color: false })).toEqual([
    '- web  left alone (tried before: it broke (2026-01-02 03:04 UTC); generation 1 serves; change it, or `pets up --retry web`)',
    '',
    '1 left alone',
  ]);
});

test('what is held while other things of the app were brought about is told as both', () => {
  const moved = appPlan('web', 'proxy-update');
  const notes = ['its system is held: tried before: it broke'];
  const outcome = { ...outcomeOf(moved, { result: 'condemned', ms: 0, because: null }), notes };
  expect(summaryLines({ apps: [outcome], interrupted: false }, { color: false })).toEqual([
    expect.stringMatching(/^- web {2}proxy updated, its system is held/),
    'i web: its system is held: tried before: it broke',
    '',
    '1 proxy updated',
  ]);
});

describe('in the list of runs, of one that was killed', () => {
  const run = (events: readonly Event[]): Run => ({
    ...{ id: '20261121T115900Z-0001', directory: '/state/p', started: '2026-11-21T11:59:00Z' },
    ...{ state: 'abandoned', meta: null, plan: PLAN, outcome: null, files: [], unreadable: [], events },
  });

  test('on its way back: how far it came', () => {
    const events = [...FAILED, started('stop~back'), finished('stop~back'), started('return~back')];
    expect(appsOf(run(events))).toMatchObject([
      { result: 'interrupted', because: 'back: returning to the generation before' },
    ]);
  });

  test('after that', () => {
    expect(appsOf(run(EVENTS))).toMatchObject([
      { result: 'rolled-back', because: null, failure: { op: 'web/settle' } },
    ]);
  });
});
