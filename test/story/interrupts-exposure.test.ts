import { expect, test } from '@jest/globals';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { STEPS } from './interrupts-steps.js';
import { TABLES, walkThrough } from './interrupts.js';

test('every key of the tables is walked', () => {
  const documented = TABLES.flatMap(({ of: table, keys: rows }) =>
    rows.map(({ key }) => `${table ?? ''} ${key}`),
  );
  const steps = Object.values(STEPS).flat();
  expect([...new Set(steps.map(({ table, key }) => `${table} ${key}`))].sort()).toEqual(documented.sort());
  for (const subject of Object.keys(STEPS))
    expect([subject, existsSync(join(import.meta.dirname, `interrupts-${subject}.test.ts`))]).toEqual([
      subject,
      true,
    ]);
});

walkThrough('exposure');
