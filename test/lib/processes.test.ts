import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { capture, exec, launch, stream } from '../programs.js';
import { EXIT, ProblemError, TimeoutProblem } from '../../src/domain/problem.js';
import type { Bytes } from '../../src/lib/program.js';
import { sleep, until } from '../support/wait.js';

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
      'i=0; while [ $i -lt 8 ]; do head -c 3000000 /dev/zero | tr "\\0" x | fold -w 100000; i=$((i+1)); done; echo; echo last';
    const result = await exec('bash', ['-c', `(${script}) >&2`], { onLine: () => count++ });
    expect(result.exitCode).toBe(0);
    expect(count).toBeGreaterThan(200);
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

describe('stream', () => {
  test('what a program has printed that ended before anybody read it is there', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'pets-stream-'));
    const script = `printf ${'x'.repeat(1000)}; echo $$ >"$0"`;
    try {
      const { taken, exitCode } = await stream(['sh', '-c', script, join(folder, 'pid')], async (output) => {
        const pid = () => existsSync(join(folder, 'pid')) && readFileSync(join(folder, 'pid'), 'utf8').trim();
        await until(() => pid() || null, { what: 'it has not begun' });
        await until(() => (existsSync(`/proc/${String(pid())}`) ? null : true), { what: 'it has not ended' });
        await new Promise((resolve) => setImmediate(resolve));
        return textOf(output);
      });
      expect([taken.length, exitCode]).toEqual([1000, 0]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  const sh = (script: string) => ['sh', '-c', script] as const;
  const textOf = async (output: Bytes) => {
    const pieces: Uint8Array[] = [];
    for await (const piece of output) pieces.push(piece);
    return Buffer.concat(pieces).toString('latin1');
  };
  const group = (script: string) => sh(`ps -o pgid= -p $$ | tr -d ' '; ${script}`);
  /** The first line of what it prints, while it goes on. */
  const firstLine = async (output: Bytes) => {
    for await (const piece of output) return Buffer.from(piece).toString().trim();
    return '';
  };
  const isGone = async (pgid: string) => (await exec('pgrep', ['-g', pgid])).exitCode === 1;

  test('what is printed is there, byte for byte, however late it is read', async () => {
    const size = 3_000_000;
    const program = sh(`head -c ${size} /dev/zero | tr '\\0' '\\377'; echo broke >&2; exit 3`);
    const { taken, ...end } = await stream(program, async (output) => {
      await sleep(300);
      return textOf(output);
    });
    expect(end).toEqual({ exitCode: 3, stderr: 'broke' });
    expect(taken === '\u00ff'.repeat(size)).toBe(true);
  });

  test('a program waits for who takes what it prints', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'pets-stream-'));
    const count = join(folder, 'count');
    const script = `for n in $(seq 100); do head -c 100000 /dev/zero; echo $n > ${count}; done`;
    await stream(sh(script), async (output) => {
      await until(() => existsSync(count), { what: 'it does not begin' });
      await sleep(500);
      expect(Number(readFileSync(count, 'utf8'))).toBeLessThan(5);
      return textOf(output);
    });
    expect(readFileSync(count, 'utf8')).toBe('100\n');
    rmSync(folder, { recursive: true });
  });

  test('one of which no more is read ends', async () => {
    const { taken, exitCode } = await stream(group('exec yes'), firstLine);
    expect(exitCode).not.toBe(0);
    expect(await isGone(taken.split('\n')[0] ?? '')).toBe(true);
  });

  test('whoever fails to take it ends it, with what it has started', async () => {
    let pgid = '';
    const taking = stream(group('sleep 86400 & sleep 86400'), async (output) => {
      pgid = await firstLine(output);
      throw new Error('no more');
    });
    await expect(taking).rejects.toThrow('no more');
    await until(() => isGone(pgid), { what: 'it goes on' });
  });

  test('a program that is not there is a problem', async () => {
    const taken = stream(['no-such-program'], textOf);
    await expect(taken).rejects.toMatchObject({ exitCode: EXIT.unavailable });
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
    const { taken } = await stream(['env'], async (output) => {
      const pieces: Uint8Array[] = [];
      for await (const piece of output) pieces.push(piece);
      return Buffer.concat(pieces).toString();
    });
    mustBeChosen(taken);
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
