import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { jobsIn, watchJobs } from '../../src/guest/jobs.js';
import type { AppName } from '../../src/domain/names.js';
import type { GuestResult, Incus } from '../../src/domain/services.js';

const APP = 'web' as AppName;

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

/** Work of so many seconds beside a guest that gives these answers in turn, the last one again and again. */
async function watch(seconds: number, answers: readonly (string | Error)[], fails = false) {
  const left = [...answers];
  let looks = 0;
  const exec = (): Promise<GuestResult> => {
    looks++;
    const answer = (left.length > 1 ? left.shift() : left[0]) ?? '';
    if (answer instanceof Error) return Promise.reject(answer);
    return Promise.resolve({ exitCode: 0, stdout: answer, stderr: '' });
  };
  const work = new Promise<string>((resolve, reject) =>
    setTimeout(() => {
      if (fails) reject(new Error('no'));
      else resolve('done');
    }, seconds * 1000),
  );
  const said: string[] = [];
  const incus = { query: exec } as unknown as Incus;
  const watched = watchJobs(incus, APP, work, (what) => said.push(what)).catch(
    (error: unknown) => (error as Error).message,
  );
  await jest.advanceTimersByTimeAsync(seconds * 1000);
  return { result: await watched, said, looks, timers: jest.getTimerCount() };
}

const SLOW = '  12 slow.service start running\n  13 multi-user.target start waiting\n';

describe('what a guest waits for', () => {
  test('is not asked while it takes no time', async () => {
    expect(await watch(4, [SLOW])).toEqual({ result: 'done', said: [], looks: 0, timers: 0 });
  });

  test('is asked now and then, and told when it changes', async () => {
    const other = SLOW.replace('slow', 'other');
    const watched = await watch(46, [SLOW, SLOW, other]);
    expect(watched).toEqual({
      result: 'done',
      said: ['slow.service (start)', 'other.service (start)'],
      looks: 5,
      timers: 0,
    });
  });

  test('that does not answer, or waits for nothing, is no failure', async () => {
    const watched = await watch(26, [new Error('no bus'), '', SLOW]);
    expect(watched).toMatchObject({ result: 'done', said: ['slow.service (start)'], looks: 3 });
  });

  test('leaves the failure as it is', async () => {
    expect(await watch(6, [SLOW], true)).toMatchObject({ result: 'no', said: ['slow.service (start)'] });
  });
});

describe('jobs', () => {
  test('those that run are told; where all wait, these', () => {
    expect(jobsIn(SLOW)).toBe('slow.service (start)');
    expect(jobsIn(' 1 a.service stop waiting\n')).toBe('a.service (stop)');
    expect(jobsIn('')).toBeNull();
  });

  test('are bounded, and nothing but names of units and of kinds of jobs', () => {
    const many = Array.from({ length: 9 }, (_, i) => `${i} u${i}.service restart running`).join('\n');
    expect(jobsIn(many)).toBe('u0.service (restart), u1.service (restart), u2.service (restart) and 6 more');
    expect(jobsIn(`1 ${'x'.repeat(300)}.service start running`)).toBeNull();
    expect(jobsIn('1 \x1b[31mred.service start running\nNo jobs running.')).toBeNull();
    expect(jobsIn(String.raw`1 dev-disk-by\x2dlabel.device start running`)).toBe(
      String.raw`dev-disk-by\x2dlabel.device (start)`,
    );
  });
});
