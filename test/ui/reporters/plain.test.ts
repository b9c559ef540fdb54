import { expect, test } from '@jest/globals';
import { createPlainReporter } from '../../../src/ui/reporters/plain.js';
import { collector, name, playAll, outcomeOf, planOf, appPlan, T0 } from '../fixtures.js';

test('one line for each change of state, then the summary', async () => {
  const out = collector();
  const reporter = createPlainReporter(out);
  playAll(reporter);
  await reporter.close();
  expect(out.text()).toBe(`\
homelab: 1 to create, 1 to rebuild, 1 to start, 0 to destroy, 1 held, 1 unchanged
db: evaluating (source changed)
db: evaluated in 1.0s
db: building (source changed)
web: evaluating (source changed)
web: evaluated in 0.5s
web: building (source changed)
db: failed: nix build exited with 1
wiki: skipped (needs db/build)
web: built in 2.1s
web: creating (source changed)
web: created in 0.3s
web: starting (source changed)
web: started in 0.3s
web: waiting for the system (source changed)
web: warning: unit nginx.service failed to reload
stopping: waiting for 1 running operation
web: up in 0.8s (degraded)

· blog  unchanged  http://127.0.0.1:7704
✖ db    failed: nix build exited with 1  3.0s
- old   left alone (no longer in the manifest; \`pets up --prune\` destroys it)
! web   created    http://127.0.0.1:7703  4.0s
– wiki  skipped (needs db/build)
! web: unit nginx.service failed to reload

✖ db failed while building after 3.0s
  db: nix build exited with 1
  its last lines:
    error: builder failed
      tabs    and colours
  next: fix flake.nix, then run \`pets up db\` again

1 created, 1 failed, 1 skipped, 1 left alone, 1 unchanged in 5.1s
`);
});

test('what a guest waits for is a line of its own, with nothing in it that a terminal obeys', () => {
  const out = collector();
  const op = { op: 'web/activate', app: name('web') };
  playAll(createPlainReporter(out), [
    { kind: 'run-started', at: T0, plan: planOf([appPlan('web', 'rebuild')]) },
    { kind: 'started', at: T0, ...op },
    { kind: 'waiting', at: T0 + 5000, ...op, what: 'slow.service\x1b[31m\n (start)' },
  ]);
  expect(out.text().split('\n').at(-2)).toBe('web: switching: waiting for slow.service (start)');
});

test('an app that comes to where others must go first says so, once', () => {
  const out = collector();
  const plan = planOf([appPlan('db', 'start'), appPlan('web', 'start')]);
  const operations = plan.operations.map((op) =>
    op.id === 'web/settle' ? { ...op, needs: ['db/settle', 'web/start'] } : op,
  );
  playAll(createPlainReporter(out), [
    { kind: 'run-started', at: T0, plan: { ...plan, operations } },
    { kind: 'started', at: T0, op: 'web/start', app: name('web') },
    { kind: 'finished', at: T0, op: 'web/start', app: name('web') },
    { kind: 'started', at: T0, op: 'db/start', app: name('db') },
    { kind: 'finished', at: T0, op: 'db/start', app: name('db') },
  ]);
  expect(out.text().match(/^web: waiting.*$/gm)).toEqual(['web: waiting for db']);
});

test('nothing to do: only the summary', () => {
  const out = collector();
  const reporter = createPlainReporter(out);
  const web = appPlan('web', 'unchanged');
  reporter.event({ kind: 'run-started', at: T0, plan: planOf([web]) });
  reporter.event({
    kind: 'run-ended',
    at: T0 + 100,
    outcome: { interrupted: false, apps: [outcomeOf(web)] },
  });
  expect(out.text()).toBe('· web  unchanged  http://127.0.0.1:7703\n\n1 unchanged in 0.1s\n');
});
