import { expect, test } from '@jest/globals';
import type { Run } from '../../../src/domain/run.js';
import { runsText, runText } from '../../../src/ui/pages/run.js';
import { appPlan, outcomeOf, T0 } from '../fixtures.js';

const META = {
  v: 1,
  id: '20261121T120000Z-0001',
  project: 'p',
  verb: 'up',
  argv: ['up', 'we\u001b[31mb'],
  user: 'me',
  process: { pid: 7, start: '1' },
  version: '1.2.3',
  started: new Date(T0).toISOString(),
  ended: new Date(T0 + 12_300).toISOString(),
  exitCode: 1,
} as const;

const RUN: Run = {
  id: META.id,
  directory: '/state/p/runs/20261121T120000Z-0001',
  started: META.started,
  state: 'failed',
  meta: META,
  plan: { version: 1, project: 'p', apps: [], operations: [], problems: [] },
  outcome: {
    interrupted: false,
    apps: [
      outcomeOf(appPlan('a', 'create')),
      outcomeOf(appPlan('b', 'create')),
      outcomeOf(appPlan('db', 'rebuild'), {
        result: 'failed',
        failure: { op: 'db/build', problem: { message: 'broken', hint: 'mend it' }, log: ['its words'] },
      }),
      outcomeOf(appPlan('same', 'unchanged')),
    ],
  },
  events: [],
  files: ['events.jsonl', 'log/db.log', 'meta.json'],
  unreadable: [],
};

test('the list: a line per run, unchanged apps are not counted', () => {
  const killed: Run = {
    ...RUN,
    id: '20261121T115900Z-0001',
    started: '2026-11-21T11:59:00Z',
    state: 'abandoned',
    meta: null,
    plan: null,
    outcome: null,
  };
  expect(runsText([RUN, killed], T0 + 90_000)).toBe(`\
ID                     VERB  WHEN           TOOK   OUTCOME    APPS
20261121T120000Z-0001  up    1 minute ago   12.3s  failed     2 created, 1 failed
20261121T115900Z-0001  -     2 minutes ago  -      abandoned  -
`);
});

test('one run: what it was, each app, failures with their lines and their log, the files', () => {
  expect(runText(RUN, { color: false, now: T0 })).toBe(`\
20261121T120000Z-0001  pets up web
failed (exit code 1), took 12.3s
started 2026-11-21T12:00:00.000Z, by me, process 7, pets 1.2.3

plan: 0 to create, 0 to rebuild, 0 to destroy, 0 unchanged

✔ a     created    http://127.0.0.1:7701  2.1s
✔ b     created    http://127.0.0.1:7701  2.1s
✖ db    failed: broken  2.1s
· same  unchanged  http://127.0.0.1:7704

✖ db failed while building after 2.1s
  db: broken
  its last lines:
    its words
  log: /state/p/runs/20261121T120000Z-0001/log/db.log
  next: mend it

files: /state/p/runs/20261121T120000Z-0001
  events.jsonl, log/db.log, meta.json
`);
});
