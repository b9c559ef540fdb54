import { expect, test } from '@jest/globals';
import { createTeller } from '../../../src/ui/index.js';
import { farWords } from '../../../src/ui/reporters/far.js';
import { eventLine } from '../../../src/ui/reporters/json.js';
import { createPlainReporter } from '../../../src/ui/reporters/plain.js';
import { appPlan, collector, name, planOf, playAll, T0 } from '../fixtures.js';
import { fakeTerminal, Screen } from '../screen.js';

const GIB = 2 ** 30;
const data = { what: 'data\x1b[2J', done: GIB, total: 4 * GIB, ms: 10_000 };

test('bytes of a total; where nobody knows it, a rate', () => {
  expect(farWords(data)).toBe('data: 1.0 GiB of 4.0 GiB');
  expect(farWords({ ...data, total: null })).toBe('data: 1.0 GiB, 102.4 MiB/s');
  expect(farWords({ ...data, total: null, ms: 0 })).toBe('data: 1.0 GiB');
});

const op = { op: 'web/start', app: name('web') };
const progress = (ms: number) => ({ kind: 'progress', at: T0 + ms, ...op, ...data, ms }) as const;

test('plain: a line every few seconds, whatever is told', () => {
  const out = collector();
  playAll(createPlainReporter(out), [
    { kind: 'run-started', at: T0, plan: planOf([appPlan('web', 'start')]) },
    { kind: 'started', at: T0, ...op },
    ...Array.from({ length: 11 }, (_, i) => progress(1000 * i)),
  ]);
  expect(out.text().match(/1\.0 GiB of 4\.0 GiB/g)).toHaveLength(3);
  expect(out.text()).toContain('\nweb: starting: data: 1.0 GiB of 4.0 GiB\n');
});

test('JSON: the numbers', () => {
  expect(JSON.parse(eventLine(progress(1000)))).toEqual({
    ...{ v: 1, type: 'progress', time: new Date(T0 + 1000).toISOString(), ...op },
    ...data,
    ms: 1000,
  });
});

test('what is no plan: on a terminal a line that goes again, else lines', () => {
  const told = (mode: 'tty' | 'plain' | 'json' | 'quiet') => {
    const screen = new Screen({ columns: mode === 'tty' ? 24 : 999, rows: 5 });
    let now = T0;
    const tell = createTeller(mode, { stream: fakeTerminal(screen), app: 'web', now: () => now });
    for (now = T0; now <= T0 + 10_000; now += 1000) tell(data);
    const during = screen.text();
    tell(null);
    return [during, screen.text()];
  };
  expect(told('tty')).toEqual(['web: data: 1.0 GiB of…', '']);
  expect(told('plain')[1]?.match(/web: data/g)).toHaveLength(3);
  expect(told('json')[1]?.match(/"progress"/g)).toHaveLength(11);
  expect(told('quiet')).toEqual(['', '']);
});
