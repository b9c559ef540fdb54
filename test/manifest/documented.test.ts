import { expect, test } from '@jest/globals';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../support/places.js';
import { STEPS, TABLES } from '../story/interrupts-steps.js';

// Here, as a run has only some of the stories.
test('of every key of an app a story sees what a change of it interrupts', () => {
  const documented = TABLES.flatMap(({ of: table, keys: rows }) =>
    rows.map(({ key }) => `${table ?? ''} ${key}`),
  );
  const steps = Object.values(STEPS).flat();
  expect([...new Set(steps.map(({ table, key }) => `${table} ${key}`))].sort()).toEqual(documented.sort());
  for (const subject of Object.keys(STEPS))
    expect([subject, existsSync(join(ROOT, 'test', 'story', `interrupts-${subject}.test.ts`))]).toEqual([
      subject,
      true,
    ]);
});
