import { describe, expect, test } from '@jest/globals';
import { exec } from '../src/exec.js';
import { EXIT, ProblemError } from '../src/problem.js';

describe('exec', () => {
  test('gives exit code, output and error lines as they come', async () => {
    const lines: string[] = [];
    const script = 'echo out; echo one >&2; echo two >&2; exit 3';
    const result = await exec('sh', ['-c', script], { onLine: (line) => lines.push(line) });
    expect(result).toEqual({ exitCode: 3, stdout: 'out', stderr: 'one\ntwo' });
    expect(lines).toEqual(['one', 'two']);
  });

  test('passes arguments as they are', async () => {
    const odd = '$(touch x) "quoted" `a` \\ \n;';
    expect((await exec('printf', ['%s', odd])).stdout).toBe(odd);
  });

  test('a killed program has no exit code', async () => {
    expect((await exec('sh', ['-c', 'kill -9 $$'])).exitCode).toBeNull();
  });

  test('a program that is not there is a problem, exit 69', async () => {
    const failure = exec('no-such-program', []);
    await expect(failure).rejects.toBeInstanceOf(ProblemError);
    await expect(failure).rejects.toMatchObject({ exitCode: EXIT.unavailable });
  });

  test('runs in a process group of its own', async () => {
    const group = (await exec('sh', ['-c', 'ps -o pgid= -p $$'])).stdout.trim();
    const own = (await exec('sh', ['-c', `ps -o pgid= -p ${process.pid}`])).stdout.trim();
    expect(group).not.toBe(own);
  });
});
