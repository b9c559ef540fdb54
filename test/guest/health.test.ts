import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { check } from '../../src/guest/health.js';
import type { AppName } from '../../src/domain/names.js';
import type { Health } from '../../src/domain/manifest.js';
import type { GuestResult, Incus } from '../../src/domain/services.js';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

const TOPLEVEL = '/nix/store/x-system';
const UNITS = 'LoadState=loaded\nId=web.service\nActiveState=active\nSubState=exited\nMainPID=0';

/** When each try began, in ms of a clock that only tries and pauses move; each takes `triesMs`. */
async function begins(
  triesMs: readonly number[],
  health: Partial<Pick<Health, 'intervalMs'>> = {},
): Promise<readonly number[]> {
  const start = Date.now();
  const begun: number[] = [];
  const query = async (_: string, command: readonly string[]): Promise<GuestResult> => {
    if (command.some((word) => word.endsWith('readlink')))
      return { exitCode: 0, stdout: TOPLEVEL, stderr: '' };
    const takes = triesMs[begun.length] ?? 0;
    begun.push(Date.now() - start);
    await new Promise((resolve) => setTimeout(resolve, takes));
    return { exitCode: 0, stdout: `${UNITS}\n=\n`, stderr: '' };
  };
  const status = () => Promise.resolve('Running');
  const incus = { query, status, instance: () => Promise.resolve({ config: {} }) } as unknown as Incus;
  const patience = { timeoutMs: 60_000, intervalMs: 1000, successes: triesMs.length, ...health };
  const asking = {
    ...{ app: 'web' as AppName, toplevel: TOPLEVEL, through: [] },
    health: { check: { kind: 'command' as const, command: ['true'] as const }, ...patience },
  };
  const exec = () => Promise.resolve({ exitCode: 0, stdout: '', stderr: '' });
  const found = check({ incus, exec }, asking, () => undefined);
  await jest.advanceTimersByTimeAsync(60_000);
  expect(await found).toEqual({ note: 'true exits with 0' });
  return begun.map((ms) => Math.round(ms / 100) * 100);
}

test('tries begin an interval apart, whatever each of them takes', async () => {
  expect(await begins([0, 400, 300, 0])).toEqual([0, 1000, 2000, 3000]);
});

test('one that takes longer than that is followed by the next', async () => {
  expect(await begins([2500, 0, 0])).toEqual([0, 2500, 3500]);
});

test('the one that is enough is followed by nothing', async () => {
  expect(await begins([100])).toEqual([0]);
  expect(await begins([50, 50], { intervalMs: 500 })).toEqual([0, 500]);
});
