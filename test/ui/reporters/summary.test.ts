import { describe, expect, test } from '@jest/globals';
import type { AppOutcome } from '../../../src/domain/outcome.js';
import type { Verb } from '../../../src/domain/plan.js';
import { summaryLines, type SummaryOptions } from '../../../src/ui/reporters/summary.js';
import { appPlan, OUTCOME, outcomeOf } from '../fixtures.js';

function summary(
  apps: readonly AppOutcome[],
  options: Partial<SummaryOptions> = {},
  interrupted = false,
): string {
  return summaryLines({ apps, interrupted }, { color: false, ...options }).join('\n');
}

const failed = (over: Partial<AppOutcome['failure'] & object>) =>
  outcomeOf(appPlan('db', 'rebuild'), {
    result: 'failed',
    ms: 0,
    failure: { op: 'db/build', problem: { message: 'broken' }, log: [], ...over },
  });

describe('summaryLines', () => {
  test('a failure names the file that has all that was printed', () => {
    const text = summary([failed({ log: ['its words'] })], { logOf: (app) => `/state/log/${app}.log` });
    expect(text).toMatch(/its words\n {2}log: \/state\/log\/db\.log\n {2}next:/);
    expect(summary([failed({})], { logOf: () => null })).not.toContain('log:');
  });

  test('every kind of result, aligned', () => {
    const apps = [
      outcomeOf(appPlan('a', 'create')),
      outcomeOf(appPlan('bb', 'proxy-update', { url: 'http://[::1]:80' }), { ms: 62_000 }),
      outcomeOf(appPlan('ccc', 'start')),
      outcomeOf(appPlan('d', 'destroy')),
      outcomeOf(appPlan('e', 'rebuild', { url: null })),
      outcomeOf(appPlan('f', 'metadata')),
      outcomeOf(appPlan('g', 'unchanged')),
      outcomeOf(appPlan('h', 'create'), { result: 'interrupted', because: 'Ctrl-C' }),
    ];
    expect(summary(apps, { ms: 12_300 })).toBe(`\
✔ a    created           http://127.0.0.1:7701  2.1s
✔ bb   proxy updated     http://[::1]:80        1m02s
✔ ccc  started           http://127.0.0.1:7703  2.1s
✔ d    destroyed                                2.1s
✔ e    rebuilt                                  2.1s
✔ f    metadata updated  http://127.0.0.1:7701  2.1s
· g    unchanged         http://127.0.0.1:7701
– h    interrupted (Ctrl-C)  2.1s

1 created, 1 rebuilt, 1 proxy updated, 1 metadata updated, 1 started, 1 destroyed, 1 interrupted, 1 unchanged in 12.3s`);
  });

  test('what a person should know stands with the warnings', () => {
    const apps = [
      outcomeOf(appPlan('db', 'recreate'), {
        warnings: ['nothing enforces the size'],
        notes: ['it is\x1b[2J kept'],
      }),
      outcomeOf(appPlan('new', 'rename')),
    ];
    expect(summary(apps)).toBe(`\
! db   created anew  http://127.0.0.1:7702  2.1s
✔ new  renamed       http://127.0.0.1:7703  2.1s
! db: nothing enforces the size
i db: it is kept

1 created anew, 1 renamed`);
  });

  test('more than ten unchanged ones are one line, unless asked for', () => {
    const apps = Array.from({ length: 41 }, (_, i) => outcomeOf(appPlan(`app${i}`, 'unchanged')));
    expect(summary([...apps, failed({})])).toMatch(/^✖ db {5}failed: broken\n· 41 unchanged\n\n✖ db failed/);
    expect(summary(apps, { verbose: true }).split('\n')).toHaveLength(43);
  });

  test('a way back that is not whole says what serves and what is missing', () => {
    const because = 'generation 1 serves, but 127.0.0.1:80 is not exposed: it is in use';
    const app = { ...failed({ log: ['its words'] }), because };
    expect(summary([app])).toMatch(new RegExp(`its words\n  now: ${because}\n  next: `));
    expect(summary([{ ...app, result: 'rolled-back' as const }])).not.toContain('now:');
  });

  test('failures are complete: 20 lines of log and what to do', () => {
    const log = Array.from({ length: 30 }, (_, i) => `line ${i}`);
    const text = summary([failed({ log })]);
    expect(text).toContain('\n    line 10\n');
    expect(text).not.toContain('line 9\n');
    expect(text).toContain('  next: fix it, then run `pets up db` again\n');
  });

  test('a first deployment that failed is left running, and gone on with', () => {
    const at = (op: string, message = 'broken') =>
      summary([
        outcomeOf(appPlan('db', 'create'), {
          result: 'failed',
          failure: { op, problem: { message, hint: 'look' }, log: [] },
        }),
      ]);
    const left = '\n  it is left running: `pets shell db` looks inside, `pets up db` goes on with it';
    expect(at('db/settle')).toContain(`  next: look${left}`);
    expect(at('db/expose:web')).toContain(left);
    expect(at('db/build')).not.toContain('left running');
    expect(at('db/start')).not.toContain('left running');
    expect(at('db/settle', 'the container died while it booted')).not.toContain('left running');
    expect(summary([failed({ op: 'db/settle' })])).not.toContain('left running');
  });

  test('what was to be destroyed or stopped is not told to be brought up', () => {
    const next = (verb: Verb) =>
      summary([
        outcomeOf(appPlan('db', verb), {
          result: 'failed',
          failure: { op: 'db/stop', problem: { message: 'no' }, log: [] },
        }),
      ]);
    expect(next('destroy')).toContain('next: fix it, then run `pets rm db` again');
    expect(next('stop')).toContain('next: fix it, then run `pets stop db` again');
    expect(next('destroy')).not.toContain('pets up');
  });

  test('a problem with a place and with a hint of several lines', () => {
    const place = { file: 'pets.toml', line: 3, column: 8 };
    const excerpt = { text: 'port = \x1b77', width: 3 };
    const text = summary([
      failed({ problem: { message: 'taken\x1b[2J\nby x', place, excerpt, hint: 'a bug\n  at b' } }),
    ]);
    expect(text).toContain(`
✖ db failed while building
  pets.toml:3:8: taken
  by x
    3 | port = ·77
      |        ^^^
    hint: a bug
            at b
  next: fix it, then run \`pets up db\` again
`);
  });

  test('an interrupted run: what never started is counted, and how to go on', () => {
    const idle = Array.from({ length: 12 }, (_, i) =>
      outcomeOf(appPlan(`app${i}`, 'create'), { result: 'interrupted', ms: 0 }),
    );
    expect(summary(idle, { ms: 1000 }, true)).toBe(
      '· 12 not started\n\ninterrupted: 12 interrupted in 1.0s\nnext: run `pets up` again to finish',
    );
  });

  test('narrow terminals get the URL below', () => {
    expect(summary([outcomeOf(appPlan('web', 'create'))], { columns: 30 })).toMatch(
      /^✔ web {2}created {2}2.1s\n {2}http:\/\/127/,
    );
  });

  test('colours only on request', () => {
    expect(summary(OUTCOME.apps, { color: true })).toContain('\x1b[31m✖\x1b[39m db');
    expect(summary(OUTCOME.apps)).not.toContain('\x1b');
  });
});
