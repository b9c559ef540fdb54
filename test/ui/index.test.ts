import { dirname, join } from 'node:path';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { chooseMode, createReporter, type ProgressMode } from '../../src/ui/index.js';
import { EVENTS, playAll, T0 } from './fixtures.js';
import { fakeTerminal, Screen } from './screen.js';

const MODES: readonly ProgressMode[] = ['tty', 'plain', 'json', 'quiet'];

describe('chooseMode', () => {
  const terminal = { isTTY: true, ci: false, term: 'xterm-256color' };
  test.each([
    ['a terminal', terminal, 'tty'],
    ['a pipe', { ...terminal, isTTY: false }, 'plain'],
    ['a dumb terminal', { ...terminal, term: 'dumb' }, 'plain'],
    ['a terminal without a name', { ...terminal, term: undefined }, 'tty'],
    ['a CI with a pseudo-terminal', { ...terminal, ci: true }, 'plain'],
  ] as const)('auto on %s', (_, surroundings, mode) => {
    expect(chooseMode('auto', surroundings)).toBe(mode);
  });

  test.each(MODES)('%s on request, wherever', (mode) => {
    expect(chooseMode(mode, { isTTY: false, ci: true, term: 'dumb' })).toBe(mode);
  });
});

describe.each(MODES)('%s', (mode) => {
  test('renders a whole run', async () => {
    const screen = new Screen({ columns: 80, rows: 24 });
    const reporter = await createReporter(mode, {
      stream: fakeTerminal(screen),
      env: process.env,
      color: false,
      now: () => T0,
    });
    playAll(reporter);
    await reporter.close();
    expect(screen.text()).toContain('nix build exited with 1');
    expect(screen.text()).not.toContain('\x1b');
  });

  test('a stream that breaks stops the writing, not the run', async () => {
    const screen = new Screen({ columns: 80, rows: 24 });
    const stream = fakeTerminal(screen);
    const reporter = await createReporter(mode, { stream, env: process.env, color: false });
    playAll(reporter, EVENTS.slice(0, 5));
    const written = screen.written.length;
    stream.emit('error', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
    playAll(reporter, EVENTS.slice(5));
    await reporter.close();
    expect(screen.written.length).toBe(written);
  });
});

test('nothing but live.tsx knows Ink, and nothing imports live.tsx before it is needed', () => {
  const importsOf = (file: string) =>
    [
      ...readFileSync(new URL(`../../src/ui/${file}`, import.meta.url), 'utf8').matchAll(
        /^(?:import|export) .*from '(.+)';$/gm,
      ),
    ].map((m) => m[1] ?? '');
  const seen = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const target of importsOf(file)) {
      expect(target).toMatch(/^(\.\.?\/|string-width$)/);
      if (!target.startsWith('.')) continue;
      const next = join(dirname(file), target).replace(/\.js$/, '.ts');
      if (!next.startsWith('..')) visit(next);
    }
  };
  visit('index.ts');
  expect(seen.size).toBeGreaterThan(10);
  expect([...seen]).not.toContain('reporters/live.ts');
});
