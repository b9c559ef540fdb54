import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ledger, servingLedger } from './ledger.js';

describe('a rollback by hand that is killed once what it went back to serves', () => {
  const { story, rows, write, versions, setUp } = servingLedger('rbkilled');
  const app = story.name('app');

  /** Ended while health is checked; then the app, which serves, is given a row. */
  const killed = async (row: string) => {
    const { child, ended } = story.start(['rollback', app, '1', '--progress', 'plain']);
    child.stderr?.on('data', (chunk: Buffer) => {
      if (chunk.toString().includes(': checking health')) child.kill('SIGKILL');
    });
    expect((await ended).code).toBeNull();
    await write(row);
  };

  beforeAll(async () => {
    await setUp();
    ledger(story, 'v2');
    await story.ok(['up']);
  });
  afterAll(() => story.cleanUp());

  test('`up` brings back what is wanted, with what was written meanwhile', async () => {
    await killed('row 3');
    expect((await story.ok(['ps'])).stdout).toContain('rollback not finished');
    expect((await story.ok(['history', app])).stdout).toContain('A rollback was cut short');
    await story.ok(['up']);
    expect(await versions()).toEqual(['v1', 'v2', 'v1', 'v2']);
    expect(await rows()).toBe('row 1\nrow 2\nrow 3');
    expect((await story.ok(['diff'])).stdout).toContain('No changes');
  });

  test('the same rollback goes on to its end, with all that was written', async () => {
    await killed('row 4');
    await story.ok(['rollback', app, '1']);
    expect((await versions()).at(-1)).toBe('v1');
    expect(await rows()).toBe('row 1\nrow 2\nrow 3\nrow 4');
    expect(await story.pets(['up'])).toMatchObject({ code: 3 });
    expect(await rows()).toBe('row 1\nrow 2\nrow 3\nrow 4');
  });
});
