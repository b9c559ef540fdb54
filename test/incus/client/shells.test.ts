import { spawn, type ChildProcess } from 'node:child_process';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { Connect, Taker } from '../../../src/incus/client/connections.js';
import { OperationTimeout } from '../../../src/incus/client/operations.js';
import { Shells } from '../../../src/incus/client/shells.js';
import { TooMuchOutput } from '../../../src/incus/client/streams.js';
import { daemon, json } from '../daemon.js';

const EXEC = 'POST /1.0/instances/web/exec';
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) {
    child.kill('SIGKILL');
    // What a shell has begun may keep them for a moment more.
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream?.destroy();
  }
});

/** A guest whose shell is one of this machine's, with the programs in `PATH`; `held`: whether this process waits for it. */
function guest(path = process.env['PATH']) {
  const held: boolean[] = [];
  const shellOf = () => {
    const child = spawn('/bin/sh', [], { env: { PATH: path }, stdio: 'pipe' });
    child.stdin.on('error', () => undefined);
    children.push(child);
    return child;
  };
  let shell: ReturnType<typeof shellOf>;
  const begin = () => {
    shell = shellOf();
    const fds = { control: 'control', '0': '0', '1': '1', '2': '2' };
    return json({
      type: 'async',
      operation: '/1.0/operations/own',
      metadata: { id: 'own', metadata: { fds } },
    });
  };
  const connect: Connect = (at, take: Taker) => {
    const { stdin, stdout, stderr } = shell;
    const child = shell;
    const fd = /secret=(\w+)$/.exec(at)?.[1] ?? '';
    const output = { '1': stdout, '2': stderr }[fd];
    output?.on('data', (piece: Buffer) => void take(piece));
    const ended = new Promise<void>((resolve) =>
      (output ?? child).on('close', () => {
        resolve();
      }),
    );
    return Promise.resolve({
      ended,
      send: (text) => {
        if (fd === '0') stdin.write(text);
        return Promise.resolve();
      },
      close: () => {
        if (fd === 'control') child.kill('SIGKILL');
      },
      hold: (isHeld) => {
        if (fd === '0') held.push(isHeld);
      },
    });
  };
  const { rest, asked } = daemon({ [EXEC]: begin });
  const shells = new Shells({ rest, connect });
  const ask = (command: readonly string[], limitMs = 10_000) =>
    shells.ask('web', command, Date.now() + limitMs);
  return {
    ask,
    asked,
    held,
    drop: () => {
      shells.drop('web');
    },
  };
}

describe('a guest is asked through one shell', () => {
  test('its answers are what commands of their own would say', async () => {
    const { ask, asked, held } = guest();
    const script = `printf '%s|' "$@"; cat; echo oops >&2; exit 7`;
    const odd = ['a b', "it's", '$HOME `x`', '', 'two\nlines', '>x 0'];
    expect(await ask(['sh', '-c', script, 'sh', ...odd])).toEqual({
      exitCode: 7,
      stdout: odd.map((word) => `${word}|`).join(''),
      stderr: 'oops\n',
    });
    expect(await ask(['true'])).toEqual({ exitCode: 0, stdout: '', stderr: '' });
    expect(await ask(['sh', '-c', 'kill -9 $$'])).toMatchObject({ exitCode: 137, stdout: '' });
    expect(await ask(['no-such-program'])).toMatchObject({ exitCode: 127, stdout: '' });
    expect(await ask(['printf', 'ä%s', 'no newline'])).toMatchObject({ exitCode: 0, stdout: 'äno newline' });
    expect(asked).toEqual([EXEC]);
    expect(held).toEqual(Array.from({ length: 5 }, () => [true, false]).flat());
  });

  test('a large answer comes whole, and one without an end is broken off', async () => {
    const { ask, asked } = guest();
    const { stdout } = (await ask(['head', '-c', '3000000', '/dev/zero'])) ?? {};
    expect(stdout).toHaveLength(3_000_000);
    await expect(ask(['yes'])).rejects.toBeInstanceOf(TooMuchOutput);
    expect(await ask(['echo', 'next'])).toMatchObject({ stdout: 'next\n' });
    expect(asked).toEqual([EXEC, EXEC]);
  });

  test('what does not answer in time is given up, and the next question goes to another shell', async () => {
    const { ask, asked } = guest();
    await expect(ask(['sleep', '3'], 200)).rejects.toBeInstanceOf(OperationTimeout);
    expect(await ask(['echo', 'next'])).toMatchObject({ stdout: 'next\n' });
    expect(asked).toEqual([EXEC, EXEC]);
  });

  test('null: while it is asked something else, when it breaks, and where nothing ends a command in time', async () => {
    const { ask, drop } = guest();
    const [first, second] = [ask(['sleep', '0.2']), ask(['true'])];
    expect(await second).toBeNull();
    expect(await first).toMatchObject({ exitCode: 0 });
    const broken = ask(['sleep', '3'], 3000);
    drop();
    expect(await broken).toBeNull();
    expect(await ask(['sh', '-c', 'kill -9 $(ps -o ppid= $PPID)'])).toBeNull();
    expect(await guest('/nowhere').ask(['/bin/true'])).toBeNull();
  });
});
