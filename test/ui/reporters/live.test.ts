import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Event, Reporter } from '../../../src/domain/event.js';
import { createReporter } from '../../../src/ui/index.js';
import { sleep, until } from '../../support/wait.js';
import { bigPlan, EVENTS, name, outcomeOf, STEPS, T0 } from '../fixtures.js';
import { fakeTerminal, Screen } from '../screen.js';

const CI = process.env['CI'];
beforeEach(() => {
  // Ink draws nothing where it finds CI set; a terminal that was asked for is drawn on all the same.
  process.env['CI'] = 'true';
});
afterEach(() => {
  if (CI === undefined) delete process.env['CI'];
  else process.env['CI'] = CI;
});

const shown = (holds: () => boolean) => until(holds, { what: 'it is not drawn', everyMs: 20 });

describe('the live reporter', () => {
  test('draws, and ends with every app, the failure and the counts', async () => {
    const { screen, reporter } = await start({ columns: 80, rows: 24 });
    await play(reporter, EVENTS.slice(0, 8));
    await shown(() => screen.text().includes('web   building'));
    expect(screen.text()).toMatch(
      /^[⠀-⣿] db {4}building +5s\n[⠀-⣿] web {3}building +4s {2}building hello\n· wiki {2}waiting for a slot\n/,
    );
    await play(reporter, EVENTS.slice(8));
    await Promise.all([reporter.close(), reporter.close()]);
    expect(screen.text()).toBe(LAST_SCREEN);
  });

  test('takes from CI only what it needs', async () => {
    await start({ columns: 80, rows: 24 });
    expect(process.env['CI']).toBe('true');
  });

  test('keeps the scrollback with 100 apps in 24 rows', async () => {
    const { screen, reporter } = await start({ columns: 80, rows: 24 });
    await play(reporter, manyApps(100));
    await reporter.close();
    expect(screen.written.join('')).not.toMatch(/\x1b\[[23]J/);
    expect(screen.text().match(/^✔ app-\d+ /gm)).toHaveLength(100);
    expect(screen.text().split('\n').at(-1)).toBe('100 created in 4.0s');
  });

  test('follows a resize, and says everything at its end', async () => {
    const { screen, stream, reporter } = await start({ columns: 80, rows: 24 });
    const events = manyApps(30);
    await play(reporter, events.slice(0, 60));
    screen.resize(40, 8);
    stream.emit('resize');
    await play(reporter, events.slice(60, 100));
    expect(screen.text().split('\n').length).toBeLessThanOrEqual(7);
    expect(screen.text()).toMatch(/^… \d+ more \(\d+ waiting\)\n {2}homelab: \d+ of 30 done {2}5s$/m);
    await play(reporter, events.slice(100));
    await reporter.close();
    expect(screen.written.join('')).not.toMatch(/\x1b\[[23]J/);
    expect(screen.text()).toMatch(/✔ app-029 {2}created.*\n.*\n\n30 created in 1.2s$/);
  });

  test('a terminal that got narrower, and says so later, has nothing torn on it', async () => {
    const { screen, stream, reporter } = await start({ columns: 80, rows: 24 });
    screen.write('$ pets up\n');
    const events = manyApps(6);
    await play(reporter, events.slice(0, 60));
    for (const columns of [50, 30]) {
      screen.resize(columns);
      // Frames for the width that it had.
      await play(reporter, []);
      stream.emit('resize');
      await play(reporter, []);
      expect(screen.text().match(/homelab:/g)).toHaveLength(1);
    }
    await play(reporter, events.slice(60));
    await reporter.close();
    expect(screen.text()).toMatch(/^\$ pets up\n✔ app-000 /);
    expect(screen.text()).not.toMatch(/homelab|⠋/);
  });

  test('shows what was done last above what is under way, as far as there is room', async () => {
    const { screen, reporter } = await start({ columns: 80, rows: 6 });
    await play(reporter, manyApps(8).slice(0, 5 * 7 * 5 + 10));
    expect(screen.text().split('\n').slice(0, 2)).toEqual([
      expect.stringMatching(/^✔ app-00\d {2}created/),
      expect.stringMatching(/^[⠀-⣿✔] app-00\d /),
    ]);
    await reporter.close();
  });

  test('without colour the same layout', async () => {
    const plain = await start({ columns: 80, rows: 24 }, false);
    await play(plain.reporter, EVENTS);
    await plain.reporter.close();
    expect(plain.screen.text()).toBe(LAST_SCREEN);
    expect(plain.screen.written.join('')).not.toMatch(/\x1b\[\d+m/);
  });

  test('says what an interrupted run waits for', async () => {
    const { screen, reporter } = await start({ columns: 100, rows: 24 });
    await play(reporter, EVENTS.slice(0, 8));
    reporter.event({ kind: 'interrupted', at: T0 + 2000, running: 2 });
    const waiting = 'stopping: waiting for 2 running operations — Ctrl-C again to abandon them';
    await shown(() => screen.text().endsWith(waiting));
    expect(screen.text()).not.toContain('wiki');
    await reporter.close();
  });

  test('an outcome without a run is only a summary; a run without an outcome leaves its last frame', async () => {
    const idle = await start({ columns: 80, rows: 24 });
    await idle.reporter.close();
    expect(idle.screen.text()).toBe('');
    const cut = await start({ columns: 80, rows: 24 });
    await play(cut.reporter, EVENTS.slice(0, 8));
    await cut.reporter.close();
    expect(cut.screen.text()).toContain('homelab: 0 of 3 done');
  });
});

const LAST_SCREEN = `· blog  unchanged  http://127.0.0.1:7704
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

1 created, 1 failed, 1 skipped, 1 left alone, 1 unchanged in 5.1s`;

async function start(size: { columns: number; rows: number }, color = true) {
  const screen = new Screen(size);
  const stream = fakeTerminal(screen);
  return {
    screen,
    stream,
    reporter: await createReporter('tty', { stream, env: process.env, color, now: () => T0 + 5000 }),
  };
}

/** Gives the terminal a moment for a frame now and then. */
async function play(reporter: Reporter, events: readonly Event[]): Promise<void> {
  for (const [i, event] of events.entries()) {
    reporter.event(event);
    if (i % 400 === 0) await sleep(120);
  }
  await sleep(120);
}

function manyApps(count: number): Event[] {
  const plan = bigPlan(count);
  const run = plan.apps.flatMap(({ app }, i) =>
    STEPS.create.flatMap((kind): Event[] => {
      const op = { at: T0 + i * 40, app: name(app), op: `${app}/${kind}` };
      const chatter = Array.from({ length: 5 }, (_, n): Event => ({
        kind: 'output',
        ...op,
        line: `line ${n}`,
      }));
      return [{ kind: 'started', ...op }, ...chatter, { kind: 'finished', ...op }];
    }),
  );
  const outcome = { interrupted: false, apps: plan.apps.map((app) => outcomeOf(app, { ms: 0 })) };
  const end: Event = { kind: 'run-ended', at: T0 + count * 40, outcome };
  return [{ kind: 'run-started', at: T0, plan }, ...run, end];
}
