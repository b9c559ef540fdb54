import { expect, test } from '@jest/globals';
import { failureOf, runToEnd } from './process.js';

test('all that a command prints, and how it ends', async () => {
  const ended = await runToEnd('sh', ['-c', 'cat; echo é; echo wrong >&2; exit 3']);
  expect(ended).toEqual({ code: 3, signal: null, stdout: 'é\n', stderr: 'wrong\n' });
  expect(failureOf('sh', ['-c', 'x'], ended)).toBe('`sh -c x` failed with exit code 3\n    wrong');
});

test('one that is ended has a signal in place of a code', async () => {
  const interrupt = new AbortController();
  const ended = runToEnd('sleep', ['600'], { signal: interrupt.signal });
  interrupt.abort();
  expect(await ended).toMatchObject({ code: null, signal: 'SIGTERM' });
  expect(failureOf('sleep', ['600'], await ended)).toContain('was ended by SIGTERM');
});

test('one that cannot be run is an error', async () => {
  await expect(runToEnd('/nowhere/program', [])).rejects.toThrow('cannot run /nowhere/program: ');
});
