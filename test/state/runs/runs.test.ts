import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Event } from '../../../src/domain/event.js';
import type { Plan } from '../../../src/domain/plan.js';
import { printPlanRecord } from '../../../src/domain/plan-record.js';
import type { RunMeta } from '../../../src/domain/run.js';
import { RUN_ID, runId, startedOf } from '../../../src/state/runs/id.js';
import { parsePlan } from '../../../src/state/runs/parse.js';
import { isAlive, ownProcess, parseStat } from '../../../src/state/runs/process.js';
import { listRuns, readRun } from '../../../src/state/runs/read.js';
import { RunRecord } from '../../../src/state/runs/write.js';
import { appsOf, eventLine, jsonText, outcomeRecord, runsText, runText } from '../../../src/ui/index.js';
import { name, T0 } from '../../ui/fixtures.js';

const ID = '20261121T120000Z-0000';
const GONE = { pid: process.pid, start: '1' };
const web = name('web');
const op = 'web/build';

const PLAN: Plan = {
  version: 1,
  project: 'p',
  apps: ['web', 'db', 'same'].map((app) => ({
    app: name(app),
    verb: app === 'same' ? 'unchanged' : 'create',
    changes: [],
    interrupts: 'nothing',
    url: null,
    held: null,
    condemned: false,
    hold: null,
    notes: [],
  })),
  operations: ['web', 'db'].map((app) => ({
    ...{ id: `${app}/build`, app: name(app), phase: 'forward' },
    action: { kind: 'build' },
    cause: 'new',
    interrupts: 'nothing',
    needs: [],
    after: [],
  })),
  problems: [],
};

const problem = { message: 'a bad build', hint: 'mend it' };
const EVENTS: readonly Event[] = [
  { kind: 'run-started', at: T0, plan: PLAN },
  { kind: 'started', at: T0 + 1, op, app: web },
  { kind: 'output', at: T0 + 2, op, app: web, line: 'one \u001b[31mred' },
  { kind: 'output', at: T0 + 3, op, app: web, line: 'two' },
  { kind: 'failed', at: T0 + 4, op, app: web, problem, log: ['two'] },
  {
    kind: 'run-ended',
    at: T0 + 5,
    outcome: {
      interrupted: false,
      apps: PLAN.apps.map(({ app, verb, url }) => ({
        app,
        verb,
        url,
        result: app === 'web' ? 'failed' : app === 'db' ? 'skipped' : 'unchanged',
        warnings: [],
        notes: [],
        ms: 3,
        failure: app === 'web' ? { op, problem, log: ['two'] } : null,
        because: null,
      })),
    },
  },
];

let runs = '';
beforeEach(() => {
  runs = join(mkdtempSync(join(tmpdir(), 'pets-runs-')), 'state', 'p', 'runs');
});
afterEach(() => {
  rmSync(join(runs, '..', '..', '..'), { recursive: true });
});

const print = { json: jsonText, event: eventLine, outcome: outcomeRecord };
const metaOf = (over: Partial<RunMeta> = {}): RunMeta => ({
  v: 1,
  id: ID,
  project: 'p',
  verb: 'up',
  argv: ['up', '--prune'],
  user: 'me',
  process: ownProcess(),
  version: '0',
  started: new Date(T0).toISOString(),
  ended: null,
  exitCode: null,
  ...over,
});
const record = (over: Partial<RunMeta> = {}) => new RunRecord(runs, metaOf(over), PLAN, print);
const file = (...path: readonly string[]) => join(runs, ID, ...path);

describe('ids', () => {
  test('sort by time, within a second too, and say when', () => {
    const ids = [T0, T0 + 1, T0 + 2, T0 + 999, T0 + 1000].map((at) => runId(at, 0.99));
    expect([...ids].sort()).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of [...ids, runId(T0, 0)]) expect(id).toMatch(RUN_ID);
    expect(startedOf(runId(T0, 0.5))).toBe('2026-11-21T12:00:00Z');
  });
});

describe('a process', () => {
  test('is one by its pid and its start', () => {
    expect(isAlive(ownProcess())).toBe(true);
    expect(isAlive(GONE)).toBe(false);
    expect(isAlive({ pid: 2 ** 22 + 1, start: null })).toBe(false);
  });

  test('a name with brackets and spaces', () => {
    const fields = Array.from({ length: 30 }, (_, i) => String(i + 4)).join(' ');
    expect(parseStat(`12 (a) (b c) S ${fields}`)).toEqual({ state: 'S', start: '22' });
    expect(parseStat('12 (a')).toBeNull();
  });
});

describe('what is written', () => {
  test('is there at once, for its owner only', () => {
    const written = record();
    for (const event of EVENTS.slice(0, 4)) written.event(event);
    const lines = readFileSync(file('events.jsonl'), 'utf8').trim().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { type: string }).type)).toEqual(
      EVENTS.slice(0, 4).map(({ kind }) => kind),
    );
    expect(readFileSync(file('log/web.log'), 'utf8')).toMatch(/^== \S+ build\none \u001b\[31mred\ntwo\n$/);
    expect(written.logOf(web)).toBe(file('log/web.log'));
    expect(written.logOf(name('db'))).toBeNull();
    for (const path of ['meta.json', 'plan.json', 'events.jsonl', 'log/web.log'])
      expect(statSync(file(path)).mode & 0o777).toBe(0o600);
    for (const path of ['', 'log', '..', '../../..']) expect(statSync(file(path)).mode & 0o777).toBe(0o700);
  });

  test('a failure is told once: its last lines only where they had not been printed', () => {
    const written = record();
    for (const event of EVENTS) written.event(event);
    written.event({ kind: 'failed', at: T0, op: 'db/settle', app: name('db'), problem, log: ['journal'] });
    expect(readFileSync(file('log/web.log'), 'utf8').match(/two/g)).toHaveLength(1);
    expect(readFileSync(file('log/db.log'), 'utf8')).toMatch(/settle\njournal\nfailed: a bad build\n$/);
  });

  test('only the newest 50 stay; what is no run is left alone', () => {
    for (let n = 0; n < 55; n++) mkdirSync(join(runs, runId(T0 - 1000 * n, 0)), { recursive: true });
    mkdirSync(join(runs, `.${runId(T0 - 5000, 0)}`));
    writeFileSync(join(runs, 'notes.txt'), 'mine');
    record({ id: runId(T0 + 1000, 0) });
    expect(listRuns(runs)).toHaveLength(50);
    expect(listRuns(runs)[0]).toBe(runId(T0 + 1000, 0));
    expect(listRuns(runs).at(-1)).toBe(runId(T0 - 48_000, 0));
    expect(readdirSync(runs).filter((entry) => entry.startsWith('.'))).toEqual([]);
    expect(existsSync(join(runs, 'notes.txt'))).toBe(true);
  });

  test('nowhere to write: it says why, and nothing else happens', () => {
    mkdirSync(join(runs, '..'), { recursive: true });
    writeFileSync(runs, 'a file');
    const written = record();
    for (const event of EVENTS) written.event(event);
    written.end(0);
    expect(written.problem).toMatch(/EEXIST|ENOTDIR/);
    expect(written.logOf(web)).toBeNull();
    expect(listRuns(runs)).toEqual([]);
  });

  test('no room for more: which code it ended with is still told', () => {
    const written = record({ process: GONE });
    // As on a full disk: no new file can be made.
    mkdirSync(file(`.meta.json.${process.pid}`));
    mkdirSync(file(`.outcome.json.${process.pid}`));
    for (const event of EVENTS) written.event(event);
    written.end(0);
    expect(written.problem).toContain('EISDIR');
    const run = readRun(runs, ID);
    expect(run).toMatchObject({ state: 'done', outcome: null });
    expect(appsOf(run).map(({ result }) => result)).toEqual(['failed', 'done', 'unchanged']);
  });

  test('a folder that goes away meanwhile: the same', () => {
    const written = record();
    rmSync(file(), { recursive: true });
    for (const event of EVENTS) written.event(event);
    written.end(0);
    expect(written.problem).toContain('ENOENT');
  });
});

describe('what is read', () => {
  const states = (over: Partial<RunMeta>, events: number, exitCode?: number) => {
    const written = record(over);
    for (const event of EVENTS.slice(0, events)) written.event(event);
    if (exitCode !== undefined) written.end(exitCode);
    return readRun(runs, ID).state;
  };

  test.each([
    ['running', {}, 3, undefined],
    ['abandoned', { process: GONE }, 3, undefined],
    // Killed between its last event and its end.
    ['failed', { process: GONE }, EVENTS.length, undefined],
    ['done', { process: GONE }, EVENTS.length, 0],
    ['failed', { process: GONE }, 2, 70],
    ['interrupted', { process: GONE }, 2, 130],
    ['interrupted', { process: GONE }, 2, 143],
  ] as const)('%s: %j, %d events, exit code %s', (state, over, events, exitCode) => {
    expect(states(over, events, exitCode)).toBe(state);
  });

  test('without an outcome: how far each app came', () => {
    states({ process: GONE }, 3);
    expect(appsOf(readRun(runs, ID)).map(({ app, result, because }) => [app, result, because])).toEqual([
      ['web', 'interrupted', 'building'],
      ['db', 'interrupted', 'not begun'],
      ['same', 'unchanged', null],
    ]);
  });

  test('while it runs: what each app is at', () => {
    states({}, 3);
    const run = readRun(runs, ID);
    expect(runText(run, { color: false, now: T0 + 2000 })).toMatch(/› web {3}running \(building\)\n/);
  });

  test('a failure is as the run told it, with its log and nothing that is null', () => {
    states({}, 5);
    const cut = appsOf(readRun(runs, ID))[0]?.failure;
    expect(cut).toEqual({ op, problem, log: ['two'] });
    rmSync(file(), { recursive: true });
    const again = record();
    for (const event of EVENTS) again.event(event);
    again.end(1);
    const text = runText(readRun(runs, ID), { color: false, now: T0 });
    expect(text).toContain('✖ web failed while building');
    expect(text).toContain('next: mend it');
    expect(text).toMatch(/log: .*-0000\/log\/web\.log\n/);
  });

  test('a failure keeps its code and data, known here or not; one without, of an earlier release, is read', () => {
    const coded = { ...problem, code: 'of-a-later-release', data: { unit: 'web.service', exitCode: 1 } };
    const written = record();
    for (const event of EVENTS.slice(0, 4)) written.event(event);
    written.event({ kind: 'failed', at: T0 + 4, op, app: web, problem: coded, log: ['two'] });
    expect(appsOf(readRun(runs, ID))[0]?.failure?.problem).toEqual(coded);
    rmSync(file(), { recursive: true });
    states({}, 5);
    expect(appsOf(readRun(runs, ID))[0]?.failure?.problem).toEqual(problem);
  });

  test('cut off at any place, or with any file missing, it can still be read', () => {
    const written = record({ process: GONE });
    for (const event of EVENTS) written.event(event);
    written.end(1);
    const whole = runText(readRun(runs, ID), { color: false, now: T0 });
    expect(whole).toContain('failed (exit code 1)');
    const originals = ['outcome.json', 'meta.json', 'plan.json', 'events.jsonl'].map(
      (path) => [file(path), readFileSync(file(path))] as const,
    );
    for (const [first, text] of originals) {
      for (let length = 0; length < text.length; length += 17) {
        truncateSync(first, length);
        expect(runText(readRun(runs, ID), { color: false, now: T0 })).toContain(ID);
        writeFileSync(first, text);
      }
    }
    for (const [path] of originals) {
      rmSync(path);
      expect(runText(readRun(runs, ID), { color: false, now: T0 })).toContain(ID);
    }
    rmSync(file('log'), { recursive: true });
    expect(runText(readRun(runs, ID), { color: false, now: T0 })).toContain('files: ');
    expect(readRun(runs, ID).state).toBe('abandoned');
  });

  test.each([
    '{"v":1}',
    'null',
    '[]',
    '7',
    '{"v":1,"id":null,"argv":null,"process":null}',
    JSON.stringify({ ...metaOf({ exitCode: 0 }), process: { pid: -1, start: null } }),
    JSON.stringify({ ...metaOf(), started: 'yesterday' }),
    JSON.stringify({ ...metaOf(), exitCode: 1e308 }),
  ])('meta.json with %s: that run is unreadable, alone', (text) => {
    const written = record({ process: GONE });
    for (const event of EVENTS) written.event(event);
    written.end(0);
    record({ id: runId(T0 + 1000, 0) }).end(0);
    writeFileSync(file('meta.json'), text);
    const all = listRuns(runs).map((id) => readRun(runs, id));
    expect(all.map(({ state, unreadable }) => [state, unreadable])).toEqual([
      ['done', []],
      ['unreadable', ['meta.json']],
    ]);
    expect(runsText(all, T0)).toContain('unreadable');
    expect(runText(readRun(runs, ID), { color: false, now: T0 })).toContain('meta.json cannot be read');
  });

  test.each([
    ['plan.json', '{"version":1,"apps":null}'],
    ['plan.json', JSON.stringify({ ...printPlanRecord(PLAN), operations: [{ id: 1 }] })],
    ['plan.json', JSON.stringify(printPlanRecord(PLAN)).replace('"build"', '"conquer"')],
    ['outcome.json', '{"v":1,"interrupted":false,"apps":[null]}'],
    [
      'outcome.json',
      '{"v":1,"interrupted":false,"apps":[{"app":"web","result":"toString","verb":"create"}]}',
    ],
    ['events.jsonl', '{"v":1,"type":"started","time":null}\n{"v":1,"type":"failed"}\nnull\n'],
  ])('%s with %s: the rest is shown', (path, text) => {
    const written = record({ process: GONE });
    for (const event of EVENTS) written.event(event);
    written.end(1);
    if (path !== 'outcome.json') rmSync(file('outcome.json'));
    writeFileSync(file(path), text);
    const run = readRun(runs, ID);
    expect(run.state).toBe('failed');
    expect(run.unreadable).toEqual(path === 'events.jsonl' ? [] : [path]);
    expect(runText(run, { color: false, now: T0 })).toContain(ID);
    expect(runsText([run], T0)).toContain(ID);
  });

  test('a named pipe in place of a file is not waited for', () => {
    states({ process: GONE }, 3);
    rmSync(file('meta.json'));
    execFileSync('mkfifo', [file('meta.json')]);
    expect(readRun(runs, ID)).toMatchObject({ state: 'unreadable', unreadable: ['meta.json'] });
  });

  test('the last line of the events is not whole: what was before it counts', () => {
    states({ process: GONE }, 5);
    const length = statSync(file('events.jsonl')).size;
    truncateSync(file('events.jsonl'), length - 20);
    expect(appsOf(readRun(runs, ID))[0]?.result).toBe('interrupted');
  });
});

test('a plan with what somebody had added to a container is read as it was', () => {
  const added = { facet: 'container', field: 'device.x', kind: 'added', from: '/x', to: null } as const;
  const plan = { ...PLAN, apps: PLAN.apps.map((app) => ({ ...app, changes: [added] })) };
  expect(parsePlan(JSON.stringify(printPlanRecord(plan)))).toEqual(plan);
});
