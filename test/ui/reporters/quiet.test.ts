import { expect, test } from '@jest/globals';
import { createQuietReporter } from '../../../src/ui/reporters/quiet.js';
import { collector, EVENTS, playAll, OUTCOME, outcomeOf, appPlan, T0 } from '../fixtures.js';

test('nothing but the failures, at the end', () => {
  const out = collector();
  const reporter = createQuietReporter({ ...out, color: false });
  playAll(reporter, EVENTS.slice(0, -1));
  expect(out.text()).toBe('');
  reporter.event({ kind: 'run-ended', at: T0, outcome: OUTCOME });
  expect(out.text()).toBe(`\
✖ db failed while building after 3.0s
  db: nix build exited with 1
  its last lines:
    error: builder failed
      tabs    and colours
  next: fix flake.nix, then run \`pets up db\` again
`);
});

test('no failure, no word', () => {
  const out = collector();
  const outcome = { interrupted: false, apps: [outcomeOf(appPlan('web', 'create'))] };
  createQuietReporter({ ...out, color: false }).event({ kind: 'run-ended', at: T0, outcome });
  expect(out.text()).toBe('');
});
