import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { PassThrough } from 'node:stream';
import type { Context, GlobalOptions } from '../../src/runtime/context.js';
import { outputFor } from '../../src/runtime/output.js';
import { tellWaiting } from '../../src/runtime/patience.js';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

const waiting = (progress: GlobalOptions['progress'] = 'plain', quiet = false) => {
  const stderr = new PassThrough();
  const options = { progress, quiet, color: 'never' } as const;
  let end: (value: string) => void = () => undefined;
  const work = new Promise<string>((resolve) => (end = resolve));
  const result = tellWaiting(
    'Nix',
    work,
    outputFor({ stderr, stdout: {}, env: {} } as unknown as Context, options),
  );
  // A piece at a time: from Node 26 on one read is no longer all that is there.
  const said = () => {
    let text = '';
    for (let piece; (piece = stderr.read() as Buffer | null) !== null;) text += String(piece);
    return text;
  };
  return { result, end, said };
};

test('what takes long is told, and less and less often; then no more', async () => {
  const { result, end, said } = waiting();
  jest.advanceTimersByTime(9_999);
  expect(said()).toBe('');
  jest.advanceTimersByTime(1);
  expect(said()).toBe('pets: waiting for Nix (10 s)\n');
  jest.advanceTimersByTime(30_000);
  expect(said()).toBe('pets: waiting for Nix (20 s)\npets: waiting for Nix (40 s)\n');
  end('done');
  expect(await result).toBe('done');
  jest.advanceTimersByTime(1_000_000);
  expect(said()).toBe('');
  expect(jest.getTimerCount()).toBe(0);
});

test('as JSON where that is wanted, and not at all where quiet is', () => {
  const [json, quiet] = [waiting('json'), waiting('plain', true)];
  jest.advanceTimersByTime(10_000);
  expect(JSON.parse(json.said())).toMatchObject({ v: 1, type: 'waiting', message: 'waiting for Nix (10 s)' });
  expect(quiet.said()).toBe('');
});

test('what fails is told as it is, and waits for nothing', async () => {
  const context = { stderr: new PassThrough(), stdout: {}, env: {} } as unknown as Context;
  const options = { progress: 'plain', quiet: false, color: 'never' } as const;
  await expect(
    tellWaiting('Nix', Promise.reject(new Error('no')), outputFor(context, options)),
  ).rejects.toThrow('no');
  expect(jest.getTimerCount()).toBe(0);
});
