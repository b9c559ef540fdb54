import { expect, test } from '@jest/globals';
import { topFrame, topText, type TopRow } from '../../../src/ui/pages/top.js';

const MIB = 2 ** 20;
const row = (name: string, more: Partial<TopRow> = {}): TopRow => ({
  ...{ name, state: 'running', health: 'healthy', cpuPercent: 1.25, memory: 12 * MIB, memoryLimit: null },
  ...{ processes: 3, exposure: 'http://127.0.0.1:7700' },
  ...more,
});

test('numbers stand to the right; what does not run uses nothing', () => {
  const stopped = {
    state: 'stopped',
    health: '-',
    cpuPercent: null,
    memory: null,
    processes: null,
    exposure: '-',
  };
  expect(topText([row('web', { cpuPercent: 101, memoryLimit: '512MiB' }), row('a-long-name', stopped)])).toBe(
    [
      'NAME            CPU    MEMORY   LIMIT  PROCS  STATE    HEALTH   EXPOSURE',
      'web          101.0%  12.0 MiB  512MiB      3  running  healthy  http://127.0.0.1:7700',
      'a-long-name       -         -       -      -  stopped  -        -',
      '',
    ].join('\n'),
  );
});

test.each([
  [3, 24],
  [100, 24],
  [100, 5],
  [20, 23],
])('a frame of %d pets leaves room in %d rows', (count, rows) => {
  const pets = Array.from({ length: count }, (_, i) => row(`app-${i}`));
  const { active, more } = topFrame(pets, { columns: 40, rows }, 'q quits');
  expect(active.length + (more === null ? 0 : 1) + 1).toBeLessThan(rows);
  const shown = active.length - 1;
  if (shown < count) expect(more).toBe(`… ${count - shown} more`);
  else expect(more).toBeNull();
  for (const [segment] of active) expect(segment?.text.length).toBeLessThan(40);
});
