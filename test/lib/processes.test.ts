import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { capture, exec, launch, pipe } from '../programs.js';
import { EXIT, ProblemError, TimeoutProblem } from '../../src/domain/problem.js';
import { until } from '../support/wait.js';

describe('exec', () => {
  test('gives exit code, output and error lines as they come', async () => {
    const lines: string[] = [];
    const script = 'echo out; echo one >&2; echo two >&2; exit 3';
    const result = await exec('sh', ['-c', script], { onLine: (line) => lines.push(line) });
    expect(result).toEqual({ exitCode: 3, stdout: 'out', stderr: 'one\ntwo' });
    expect(lines).toEqual(['one', 'two']);
  });

  test('a program that is listened to may print without end: its last lines are kept', async () => {
    let count = 0;
    const script =
      'i=0; while [ $i -lt 24 ]; do head -c 3000000 /dev/zero | tr "\\0" x | fold -w 100000; i=$((i+1)); done; echo; echo last';
    const result = await exec('bash', ['-c', `(${script}) >&2`], { onLine: () => count++ });
    expect(result.exitCode).toBe(0);
    expect(count).toBeGreaterThan(650);
    expect(result.stderr.endsWith('\nlast')).toBe(true);
    expect(result.stderr.length).toBeLessThan(2_000_000);
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

  test('a program that takes too long is ended, with what it has started', async () => {
    const limited = exec('sh', ['-c', 'sleep 86400 & sleep 86400'], { limitMs: 200 });
    await expect(limited).rejects.toBeInstanceOf(TimeoutProblem);
    await expect(limited).rejects.toThrow('no end after 0.2 s');
  });

  test('runs in a process group of its own', async () => {
    const group = (await exec('sh', ['-c', 'ps -o pgid= -p $$'])).stdout.trim();
    const own = (await exec('sh', ['-c', `ps -o pgid= -p ${process.pid}`])).stdout.trim();
    expect(group).not.toBe(own);
  });
});

describe('pipe', () => {
  const sh = (script: string) => ['sh', '-c', script] as const;
  /** Longer than what goes over without a pause is ever held up. */
  const LONG_MS = 600_000;

  test('what the first writes is what the second reads, byte for byte', async () => {
    const piped = await pipe(sh('head -c 3000000 /dev/urandom'), sh('wc -c'), LONG_MS);
    expect(piped.to).toEqual({ exitCode: 0, stdout: '3000000', stderr: '' });
    expect(piped.from.exitCode).toBe(0);
  });

  test('both sides tell how they ended', async () => {
    const piped = await pipe(
      sh('echo half; echo broke >&2; exit 3'),
      sh('cat; echo short >&2; exit 4'),
      LONG_MS,
    );
    expect(piped).toEqual({
      from: { exitCode: 3, stdout: '', stderr: 'broke' },
      to: { exitCode: 4, stdout: 'half', stderr: 'short' },
    });
  });

  test('a reader that ends early ends the writer', async () => {
    const piped = await pipe(['yes'], sh('head -c 1; echo full >&2; exit 1'), LONG_MS);
    expect(piped.to).toMatchObject({ exitCode: 1, stderr: 'full' });
    expect(piped.from.exitCode).not.toBe(0);
  });

  test('one that stands still is ended', async () => {
    // A day is longer than any test may take: it is over only because both are ended.
    const piped = pipe(sh('echo some; sleep 86400'), ['cat'], 300);
    await expect(piped).rejects.toBeInstanceOf(TimeoutProblem);
  });

  test('a slow one is not', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'pets-pipe-'));
    const [gate, out] = [join(folder, 'gate'), join(folder, 'out')];
    writeFileSync(out, '');
    // A line goes over when we say so, and the clock goes when we say so.
    const slow = 'for n in 1 2 3 4 5; do until [ -e "$1$n" ]; do sleep 0.02; done; echo $n; done';
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'Date', 'performance'] });
    try {
      const over = new AbortController();
      const piped = pipe(['sh', '-c', slow, 'sh', gate], ['tee', out], 600).finally(() => {
        over.abort();
      });
      for (let n = 1; n <= 5; n++) {
        writeFileSync(`${gate}${n}`, '');
        while (!over.signal.aborted && !readFileSync(out, 'utf8').endsWith(`${n}\n`))
          await new Promise(setImmediate);
        jest.advanceTimersByTime(500);
      }
      expect((await piped).to.stdout).toBe('1\n2\n3\n4\n5');
    } finally {
      jest.useRealTimers();
      rmSync(folder, { recursive: true });
    }
  });

  test.each([
    [['no-such-program'], ['cat']],
    [['echo', 'x'], ['no-such-program']],
  ] as const)('%s into %s: a program that is not there is a problem', async (from, to) => {
    await expect(pipe(from, to, LONG_MS)).rejects.toMatchObject({ exitCode: EXIT.unavailable });
  });
});

describe('the environment', () => {
  /** As in a hook of git's, with a secret, and with a folder of an app in the way of every program. */
  const AMBIENT = {
    ...{
      GIT_DIR: '/other/.git',
      GIT_WORK_TREE: '/other',
      GIT_INDEX_FILE: 'x',
      GIT_EXTERNAL_DIFF: '/other/run',
    },
    ...{ DB_PASSWORD: 'hunter2', NODE_OPTIONS: '', LD_LIBRARY_PATH: '/other', NIX_PATH: 'nixpkgs=/other' },
    ...{ NIX_CONFIG: 'cores = 1', LC_TIME: 'C', PATH: `:.:node_modules/.bin:${process.env['PATH'] ?? ''}` },
  };
  const before = { ...process.env };
  beforeEach(() => {
    Object.assign(process.env, AMBIENT);
  });
  afterEach(() => {
    process.env = { ...before };
  });

  const listed = (text: string): Record<string, string | undefined> =>
    Object.fromEntries(text.split('\n').map((line) => [line.replace(/=.*/s, ''), line.replace(/^.*?=/, '')]));
  const STRANGE = ['GIT_DIR', 'GIT_WORK_TREE', 'GIT_INDEX_FILE', 'GIT_EXTERNAL_DIFF', 'DB_PASSWORD'];
  const mustBeChosen = (text: string) => {
    const seen = listed(text);
    for (const name of [...STRANGE, 'NODE_OPTIONS', 'LD_LIBRARY_PATH', 'NIX_PATH'])
      expect([name, seen[name]]).toEqual([name, undefined]);
    expect(seen).toMatchObject({ NIX_CONFIG: 'cores = 1', LC_TIME: 'C', PATH: before['PATH'] });
    expect(seen).toMatchObject({ GIT_CONFIG_KEY_0: 'core.fsmonitor', GIT_CONFIG_VALUE_0: 'false' });
  };

  test('of a program that pets chooses is what docs/security.md says', async () => {
    mustBeChosen((await exec('env', [])).stdout);
    mustBeChosen((await pipe(['true'], ['env'], 600_000)).to.stdout);
    mustBeChosen((await pipe(['env'], ['cat'], 600_000)).to.stdout);
  });

  test('of one that a person names is all but the repository of a hook', async () => {
    const { stdout } = await capture(['env'], tmpdir());
    const seen = listed(Buffer.from(stdout).toString());
    expect(seen).toMatchObject({
      DB_PASSWORD: 'hunter2',
      GIT_EXTERNAL_DIFF: '/other/run',
      NIX_PATH: 'nixpkgs=/other',
    });
    expect([seen['GIT_DIR'], seen['GIT_WORK_TREE'], seen['GIT_INDEX_FILE']]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  test('of what goes on by itself', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'pets-env-'));
    const launched = join(folder, 'launched');
    await launch(['sh', '-c', 'env > "$1.new"; mv "$1.new" "$1"', 'sh', launched]);
    await until(() => existsSync(launched), { what: 'it has not written anything' });
    expect(listed(readFileSync(launched, 'utf8'))).toMatchObject({ DB_PASSWORD: 'hunter2' });
    rmSync(folder, { recursive: true });
  });
});
