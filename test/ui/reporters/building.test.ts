import { expect, test } from '@jest/globals';
import { createBuildReporter, type ProgressChoice } from '../../../src/ui/index.js';
import { EVENTS, playAll } from '../fixtures.js';
import { fakeTerminal, Screen } from '../screen.js';

async function shown(mode: ProgressChoice): Promise<string[]> {
  const screen = new Screen({ columns: 80, rows: 60 });
  const reporter = createBuildReporter(mode, { stream: fakeTerminal(screen), env: {}, color: false });
  playAll(reporter, EVENTS);
  await reporter.close();
  return screen.written.join('').split('\n');
}

test.each(['auto', 'tty', 'plain'] as const)('%s: a line a step, then each failure in full', async (mode) => {
  const lines = await shown(mode);
  expect(lines.slice(0, 6)).toEqual([
    'db: evaluating',
    'db: evaluated',
    'db: building',
    'web: evaluating',
    'web: evaluated',
    'web: building',
  ]);
  expect(lines).toContain('db: failed: nix build exited with 1');
  expect(lines).toContain('✖ db failed while building after 3.0s');
  expect(lines).toContain('    error: builder failed');
  expect(lines.join('\n')).not.toMatch(/to create|1 failed|skipped/);
});

test('quiet: the failures only', async () => {
  expect((await shown('quiet'))[0]).toBe('✖ db failed while building after 3.0s');
});

test('json: every line parses; of a whole run nothing is said', async () => {
  const lines = await shown('json');
  const types = lines
    .filter((line) => line !== '')
    .map((line) => (JSON.parse(line) as { type: string }).type);
  expect(types).toContain('failed');
  expect(types).not.toContain('run-started');
  expect(types).not.toContain('run-ended');
});
