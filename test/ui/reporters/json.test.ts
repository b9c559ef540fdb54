import { expect, test } from '@jest/globals';
import { createJsonReporter, jsonLine, problemRecord } from '../../../src/ui/reporters/json.js';
import { collector, EVENTS, playAll, OUTCOME, PLAN, T0 } from '../fixtures.js';

function lines(): unknown[] {
  const out = collector();
  const reporter = createJsonReporter(out);
  playAll(reporter);
  return out
    .text()
    .trimEnd()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
}

test('every event is one object', () => {
  const all = lines();
  expect(all).toHaveLength(EVENTS.length);
  expect(all[1]).toEqual({
    v: 1,
    type: 'started',
    time: '2026-11-21T12:00:00.000Z',
    op: 'db/evaluate',
    app: 'db',
  });
  expect(all[7]).toMatchObject({
    type: 'output',
    line: '\x1b[2J\x1b]0;title\x07building \x1b[1mhello\x1b[0m',
  });
});

test('the run starts with a compact plan and ends with the outcome', () => {
  const all = lines();
  expect(all[0]).toEqual({
    v: 1,
    type: 'run-started',
    time: new Date(T0).toISOString(),
    project: 'homelab',
    apps: PLAN.apps,
    problems: [],
  });
  expect(all.at(-1)).toMatchObject({
    type: 'run-ended',
    outcome: { interrupted: false, apps: [{ app: 'blog' }, { failure: { op: 'db/build' } }, {}, {}, {}] },
  });
});

test('a problem is its message, place and hint', () => {
  const failure = OUTCOME.apps[1]?.failure;
  expect(lines()[8]).toMatchObject({ type: 'failed', problem: { ...failure?.problem, place: null } });
});

test('a code and data are printed; what a release before there were codes recorded has none', () => {
  const told = { code: 'port-taken', message: 'no', data: { binding: '127.0.0.1:80' } };
  expect(problemRecord(told)).toEqual({ ...told, place: null, hint: null });
  expect(problemRecord({ message: 'no' })).toMatchObject({ code: null, message: 'no', data: null });
});

test('a terminal finds nothing to obey in it', () => {
  const text = jsonLine({ a: '\x1b\x9b\x7f\u2028' });
  expect(text).toBe('{"a":"\\u001b\\u009b\\u007f\\u2028"}');
  expect(JSON.parse(text)).toEqual({ a: '\x1b\x9b\x7f\u2028' });
});
