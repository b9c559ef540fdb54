import { describe, expect, test } from '@jest/globals';
import type { Event } from '../../../src/domain/event.js';
import type { Operation } from '../../../src/domain/plan.js';
import { emptyBoard, reduce, type ProgressState } from '../../../src/ui/reporters/board.js';
import { liveLines, screenRows } from '../../../src/ui/reporters/layout.js';
import { lineWidth, type Line } from '../../../src/ui/text.js';
import { sampleOf } from '../../sample.js';
import { appPlan, bigPlan, EVENTS, name, planOf, PROBLEM, T0 } from '../fixtures.js';

function after(events: readonly Event[]): ProgressState {
  return events.reduce(reduce, emptyBoard);
}

function text(lines: readonly Line[]): string[] {
  return lines.map((line) =>
    line
      .map((segment) => segment.text)
      .join('')
      .trimEnd(),
  );
}

function live(board: ProgressState, columns: number, rows: number, now = T0 + 2000): string[] {
  return text(liveLines(screenRows(board, { columns, rows, now })));
}

/** `running` of them build, `failed` of them failed, the others wait. */
function boardOf(count: number, running: number, failed: number): ProgressState {
  const plan = bigPlan(count);
  const apps = plan.apps.slice(0, running + failed);
  const started = apps.map(({ app }): Event => ({ kind: 'started', at: T0, op: `${app}/build`, app }));
  const output = apps.map(({ app }): Event => ({
    kind: 'output',
    at: T0,
    op: `${app}/build`,
    app,
    line: `${'宽'.repeat(90)} ${'long '.repeat(90)}`,
  }));
  const failures = apps.slice(0, failed).map(({ app }): Event => ({
    kind: 'failed',
    at: T0,
    op: `${app}/build`,
    app,
    problem: PROBLEM,
    log: [],
  }));
  return after([{ kind: 'run-started', at: T0, plan }, ...started, ...output, ...failures]);
}

const SIZES = [
  [20, 5],
  [80, 24],
  [200, 50],
  [1, 1],
  [33, 2],
] as const;

const ALL_COUNTS = Array.from({ length: 100 }, (_, n) => n + 1);

/** Of each number of apps: none begun, all at work, some failed, and an interrupt. */
const BOARDS = [...new Set([1, 2, 100, ...sampleOf(ALL_COUNTS, 25)])].flatMap((count) => {
  const busy = boardOf(count, count, 0);
  return [
    boardOf(count, 0, 0),
    busy,
    boardOf(count, Math.ceil(count / 3), Math.floor(count / 3)),
    reduce(busy, { kind: 'interrupted', at: T0, running: count }),
  ];
});

describe.each(SIZES)('at %i × %i', (columns, rows) => {
  test('never as tall as the terminal nor wider, with 1 to 100 apps', () => {
    for (const board of BOARDS) {
      const screen = screenRows(board, { columns, rows, now: T0 + 1000 });
      const lines = liveLines(screen);
      expect(lines.length).toBeLessThanOrEqual(Math.max(1, rows - 2));
      expect(lines.length).toBeGreaterThan(0);
      const all = [...lines, ...screen.done];
      expect(all.filter((line) => lineWidth(line) > columns)).toEqual([]);
    }
  });
});

describe('the live area', () => {
  test('one aligned line per app', () => {
    expect(live(after(EVENTS.slice(0, 8)), 80, 24)).toEqual([
      '⠋ db    building                   2s',
      '⠋ web   building                   1s  building hello',
      '· wiki  waiting for a slot',
      '  homelab: 0 of 3 done  2s',
    ]);
  });

  test('between two operations it says what it waits for', () => {
    expect(live(after(EVENTS.slice(0, 3)), 80, 24)[0]).toBe('· db    waiting for a slot         2s');
  });

  test('failed first, then running, then waiting; the rest is counted', () => {
    expect(live(boardOf(20, 3, 2), 60, 11)).toEqual([
      '✖ app-000  failed: nix build exited with 1',
      '✖ app-001  failed: nix build exited with 1',
      '⠋ app-002  building                   2s  宽宽宽宽宽宽宽宽…',
      '⠋ app-003  building                   2s  宽宽宽宽宽宽宽宽…',
      '⠋ app-004  building                   2s  宽宽宽宽宽宽宽宽…',
      '· app-005  waiting for a slot',
      '· app-006  waiting for a slot',
      '… 13 more (13 waiting)',
      '  homelab: 0 of 20 done, 2 failed  2s',
    ]);
  });

  test('many failures leave room for what still runs', () => {
    expect(live(boardOf(40, 12, 20), 80, 8)).toEqual([
      '✖ app-000  failed: nix build exited with 1',
      '✖ app-001  failed: nix build exited with 1',
      expect.stringMatching(/^⠋ app-020 {2}building/),
      expect.stringMatching(/^⠋ app-021 {2}building/),
      '… 36 more (18 failed, 8 waiting, 10 running)',
      '  homelab: 0 of 40 done, 20 failed  2s',
    ]);
  });

  test('narrow: first the output goes, then the time, then the words', () => {
    const board = boardOf(1, 1, 0);
    const first = (columns: number) => live(board, columns, 24)[0];
    expect(first(60)).toBe('⠋ app-000  building                   2s  宽宽宽宽宽宽宽宽…');
    expect(first(40)).toBe('⠋ app-000  building                  2s');
    expect(first(30)).toBe('⠋ app-000  building        2s');
    expect(first(22)).toBe('⠋ app-000  building');
    expect(first(16)).toBe('⠋ app-000');
    expect(first(8)).toBe('⠋ app-…');
  });

  test('a long name gets at most 24 columns, store paths lose what is the same in all', () => {
    const app = name('a-very-long-name-for-an-app-indeed');
    const line = `building '/nix/store/${'0'.repeat(32)}-hello-2.12.drv'...`;
    const board = after([
      { kind: 'run-started', at: T0, plan: planOf([appPlan(app, 'create')]) },
      { kind: 'started', at: T0, op: `${app}/build`, app },
      { kind: 'output', at: T0, op: `${app}/build`, app, line },
    ]);
    expect(live(board, 100, 24)[0]).toBe(
      "⠋ a-very-long-name-for-an…  building                   2s  building 'hello-2.12.drv'...",
    );
  });

  test('what a guest waits for is where a build shows its last line', () => {
    const app = name('web');
    const board = after([
      { kind: 'run-started', at: T0, plan: planOf([appPlan(app, 'rebuild')]) },
      { kind: 'started', at: T0, op: 'web/activate', app },
      { kind: 'waiting', at: T0, op: 'web/activate', app, what: 'slow.service\x1b[2J (start)' },
    ]);
    expect(live(board, 80, 24)[0]).toMatch(/^⠋ web {2}switching +2s {2}waiting for slow\.service \(start\)$/);
  });

  test('an interrupt: only what is waited for, and that there is a second Ctrl-C', () => {
    const board = reduce(boardOf(30, 2, 0), { kind: 'interrupted', at: T0, running: 2 });
    expect(live(board, 80, 24)).toEqual([
      expect.stringMatching(/^⠋ app-000 {2}building/),
      expect.stringMatching(/^⠋ app-001 {2}building/),
      'stopping: waiting for 2 running operations — Ctrl-C again to abandon them',
    ]);
    expect(live(board, 80, 3)).toEqual([
      'stopping: waiting for 2 running operations — Ctrl-C again to abandon them',
    ]);
  });

  test('is empty before the run and after its end', () => {
    expect(live(emptyBoard, 80, 24)).toEqual([]);
    expect(live(after(EVENTS), 80, 24)).toEqual([]);
  });
});

describe('finished rows', () => {
  test('done ones, as in the summary; the others are told at the end', () => {
    const done = screenRows(after(EVENTS), { columns: 80, rows: 24, now: T0 }).done;
    expect(text(done)).toEqual(['! web   created    http://127.0.0.1:7703  4.0s']);
  });

  test('narrow: the URL goes below, and what is too long is cut off', () => {
    const at = (columns: number) => text(screenRows(after(EVENTS), { columns, rows: 24, now: T0 }).done);
    expect(at(30)).toEqual(['! web  created  4.0s', '  http://127.0.0.1:7703']);
    expect(at(18)).toEqual(['! web  created', '  http://127.0.0…']);
  });
});

describe('a row that does nothing says what it waits for', () => {
  type Edges = Partial<Pick<Operation, 'needs' | 'after'>>;
  /** web starts after db is up; api, db and web are rebuilt, and none is touched before all are built. */
  function board(edges: Readonly<Record<string, Edges>>, done: readonly string[] = []): ProgressState {
    const plan = planOf([appPlan('api', 'rebuild'), appPlan('db', 'rebuild'), appPlan('web', 'rebuild')]);
    const operations = plan.operations.map((op, i) => {
      const before = plan.operations[i - 1];
      return { ...op, needs: before?.app === op.app ? [before.id] : [], ...edges[op.id] };
    });
    const events = done.flatMap((op): Event[] => {
      const about = { at: T0, op, app: name(op.split('/')[0] ?? '') };
      return [
        { kind: 'started', ...about },
        { kind: 'finished', ...about },
      ];
    });
    return after([{ kind: 'run-started', at: T0, plan: { ...plan, operations } }, ...events]);
  }
  const words = (of: ProgressState) => live(of, 80, 24).filter((line) => line.includes('web '));

  test.each([
    ['a slot', {}, []],
    ['another app', { 'web/set-profile': { needs: ['db/activate'] } }, ['web/evaluate', 'web/build']],
    ['two', { 'web/set-profile': { needs: ['db/activate', 'api/activate'] } }, ['web/evaluate', 'web/build']],
    ['builds', { 'web/set-profile': { after: ['db/build', 'api/build'] } }, ['web/evaluate', 'web/build']],
    [
      'the build that is left',
      { 'web/set-profile': { after: ['db/build', 'api/build'] } },
      ['web/evaluate', 'web/build', 'api/evaluate', 'api/build'],
    ],
  ] as const)('%s', (what, edges, done) => {
    const expected = {
      'a slot': 'waiting for a slot',
      'another app': 'built, waiting for db',
      two: 'waiting for 2 apps',
      builds: 'waiting for 2 builds',
      'the build that is left': 'built, waiting for db',
    }[what];
    expect(words(board(edges, done))[0]).toContain(`web  ${expected}`);
  });

  test('and comes after those that do something', () => {
    const waiting = board({ 'api/set-profile': { needs: ['db/activate'] } }, ['api/evaluate', 'api/build']);
    const started = reduce(waiting, { kind: 'started', at: T0 + 1000, op: 'web/evaluate', app: name('web') });
    expect(live(started, 80, 24).slice(0, 3)).toEqual([
      expect.stringMatching(/^⠋ web {2}evaluating/),
      expect.stringMatching(/^· api {2}built, waiting for db/),
      expect.stringMatching(/^· db {3}waiting for a slot/),
    ]);
  });
});
