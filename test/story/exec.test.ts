import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { must, peakOf, PROGRAM, run, sleep, Story, until } from './rig.js';
import { SlowDaemon } from './slow-daemon.js';
import { onTerminal } from './terminal.js';

const story = new Story('exec');
const web = story.name('web');
const READY = 'trap "" HUP; echo ready;';

beforeAll(async () => {
  story.plainFlake('app', '');
  story.manifest({ web: 'flake-ref = "./app"', gone: 'flake-ref = "./app"' });
  await story.ok(['up']);
});
afterAll(() => story.cleanUp());

const sh = (script: string, app = web) => ['exec', app, '--', 'sh', '-c', script];

/** Resolves once it has printed that. */
async function says(child: ChildProcess, words: string): Promise<void> {
  let text = '';
  child.stdout?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await until(() => text.includes(words), { what: () => `it says: ${text}` });
}

describe('the code of a command', () => {
  test.each([
    [['true'], 0],
    [['sh', '-c', 'exit 7'], 7],
    [['/etc/passwd'], 126],
    [['there-is-no-such-program'], 127],
    [['sh', '-c', 'kill -9 $$'], 137],
    [['sh', '-c', 'kill -15 $$'], 143],
  ])('%j ends with %d', async (command, code) => {
    const ended = await story.pets(['exec', web, '--', ...command]);
    expect(ended).toMatchObject({ code, stdout: '' });
    if (code === 127) expect(ended.stderr).toContain('no such command');
  });

  test('is the same where streams come later than the daemon waits for them', async () => {
    const slow = new SlowDaemon();
    await slow.listen();
    slow.delayMs = () => (slow.streams <= 3 ? 6000 : 0);
    const env = { INCUS_SOCKET: slow.socket };
    expect(await story.pets(sh('cat; exit 7'), env)).toMatchObject({ code: 7, stderr: '' });
    expect(slow.streams).toBe(3 + 4);
    slow.remove();
  });

  test('is not known where the daemon goes away meanwhile', async () => {
    const daemon = new SlowDaemon();
    await daemon.listen();
    const { child, ended } = story.start(sh('echo ready; exec sleep 86400'), { INCUS_SOCKET: daemon.socket });
    await says(child, 'ready');
    daemon.end();
    const { code, stderr } = await ended;
    expect(code).toBe(1);
    expect(stderr).toContain(`running sh in \`${web}\``);
    await until(async () => (await story.ran('web', 'pgrep', '-x', 'sleep')).code === 1, {
      what: 'the command goes on',
    });
    daemon.remove();
  });
});

describe('streams', () => {
  const MB = 300;

  test('all of stdin goes in, and is not held', async () => {
    const child = spawn('sh', ['-c', `head -c ${MB}M /dev/zero | "$@"`, 'sh', 'cat'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const pets = spawn(process.execPath, [PROGRAM, ...sh('sha256sum; sleep 1')], {
      cwd: story.folder,
      env: story.env(),
      stdio: [child.stdout, 'pipe', 'inherit'],
    });
    let [text, peak] = ['', 0];
    pets.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
    const ended = new Promise((resolve) => pets.on('close', resolve));
    await until(
      () => {
        peak = Math.max(peak, peakOf(pets));
        return pets.exitCode !== null;
      },
      { what: 'it does not end' },
    );
    expect(await ended).toBe(0);
    const hash = createHash('sha256');
    for (let n = 0; n < MB; n++) hash.update(Buffer.alloc(1024 * 1024));
    expect(text).toContain(hash.digest('hex'));
    expect(peak).toBeGreaterThan(20);
    expect(peak).toBeLessThan(200);
  });

  test('both outputs come out apart, byte for byte', async () => {
    const script =
      'head -c 3000000 /dev/urandom > /run/odd; tee /dev/stderr < /run/odd; sha256sum /run/odd >&2';
    const ended = await run(
      'sh',
      [
        '-c',
        '"$@" 2> both.err > both.out; tail -n1 both.err | tail -c 76 | cut -c1-64; sha256sum < both.out',
        'sh',
        process.execPath,
        PROGRAM,
        ...sh(script),
      ],
      { cwd: story.folder, env: story.env() },
    );
    const [one, two] = ended.stdout.trim().split('\n');
    expect(two?.slice(0, 64)).toBe(one);
  });

  test('a guest waits for a reader that is slow, and ends with one that goes away', async () => {
    const script = 'i=0; while head -c 10000 /dev/zero; do i=$((i+1)); echo $i > /run/progress; done';
    const pets = spawn(process.execPath, [PROGRAM, ...sh(script)], {
      cwd: story.folder,
      env: story.env(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const ends = new Promise((resolve) => pets.on('close', resolve));
    let errors = '';
    pets.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    const progress = async () => (await story.ran('web', 'cat', '/run/progress')).stdout;
    await until(async () => (await progress()) !== '', { what: 'nothing comes' });
    await until(
      async () => {
        const before = await progress();
        await sleep(1000);
        return before === (await progress());
      },
      { what: 'nobody waits for the reader' },
    );
    expect(Number(await progress())).toBeLessThan(5000);
    expect(peakOf(pets)).toBeLessThan(200);
    pets.stdout.destroy();
    expect(await ends).toBe(141);
    expect(errors).toBe('');
    const head = await run(
      'sh',
      ['-c', '"$@" -n 100000 | head -n1', 'sh', process.execPath, PROGRAM, 'logs', web, '-u', '*'],
      {
        cwd: story.folder,
        env: story.env(),
      },
    );
    expect(head).toMatchObject({ code: 0, stderr: '' });
  });

  test('a command that ends leaves what it has not read', async () => {
    const endless = `yes | "$@"; echo "code $?"`;
    const ended = await run(
      'sh',
      ['-c', endless, 'sh', process.execPath, PROGRAM, ...sh('head -n1; exit 3')],
      {
        cwd: story.folder,
        env: story.env(),
      },
    );
    expect(ended).toMatchObject({ stdout: 'y\ncode 3\n', stderr: '' });
  });
});

describe('signals', () => {
  test.each(['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGUSR1'] as const)('%s is for the command', async (signal) => {
    const script = `trap 'echo got it; exit 9' ${signal.slice(3)}; echo ready; while :; do sleep 0.1; done`;
    const { child, ended } = story.start(sh(script));
    await says(child, 'ready');
    child.kill(signal);
    expect(await ended).toMatchObject({ code: 9, stdout: 'ready\ngot it\n', stderr: '' });
  });

  test('a second one ends pets, and the command with it', async () => {
    const { child, ended } = story.start(sh('trap "" INT; echo ready; exec sleep 86399'));
    await says(child, 'ready');
    child.kill('SIGINT');
    await sleep(500);
    child.kill('SIGINT');
    expect(await ended).toMatchObject({ code: 130 });
    await until(async () => (await story.ran('web', 'pgrep', '-x', 'sleep')).code === 1, {
      what: 'the command goes on',
    });
  });
});

describe('a guest that goes away', () => {
  test.each([
    ['is stopped', ['stop'], 0],
    ['is killed', ['kill'], 0],
    ['is removed', ['rm', '--yes'], 0],
  ])('%s: the command is killed with it', async (_, [verb = '', ...options]) => {
    const gone = story.name('gone');
    await story.ok(['up', gone]);
    const { child, ended } = story.start(sh(`${READY} exec sleep 86400`, gone));
    await says(child, 'ready');
    if (verb === 'kill') await must('incus', ['stop', '--force', gone]);
    else await story.ok([verb, gone, ...options]);
    const { code } = await ended;
    expect([129, 137, 143]).toContain(code);
  });
});

describe('on a terminal', () => {
  const SIZE = { columns: 93, rows: 21 };
  /** What a shell says after it of the terminal. */
  const after = (script: string) => `exec ${web} -- sh -c '${script}'; c=$?; stty -a; (exit $c)`;

  test('the command has one of that size and kind, its output is not changed, and ours is as it was', async () => {
    const script = 'test -t 0 && test -t 2 && stty size; echo "$TERM"; stty -opost; printf "ab\\ncd"; exit 5';
    const screen = await onTerminal(story, after(script), SIZE);
    expect(screen).toContain('21 93\r\nxterm-256color\r\nab\ncd');
    expect(screen).toContain('exit 5');
    expect(screen).toMatch(/ icanon .* echo /s);
    expect(screen).toMatch(/(^|\s)opost /);
  });

  test('keys are for the command, Ctrl-C too', async () => {
    const script = 'trap "echo interrupted; exit 4" INT; echo ready; while :; do sleep 0.1; done';
    const screen = await onTerminal(story, after(script), SIZE, { to: /ready/, keys: '\u0003' });
    expect(screen).toContain('interrupted');
    expect(screen).toContain('exit 4');
  });

  test('it is told when its size changes', async () => {
    const script = 'echo ready; until test "$(stty size)" = "21 77"; do sleep 0.1; done; echo changed';
    const screen = await onTerminal(
      story,
      `--version; (sleep 3; stty -F /dev/tty cols 77) & "${process.execPath}" "${PROGRAM}" ${after(script)}`,
      SIZE,
    );
    expect(screen).toContain('changed');
    expect(screen).toContain('exit 0');
  });

  test('a shell reads what is typed', async () => {
    const screen = await onTerminal(story, `shell ${web}`, SIZE, {
      to: /[#$] /,
      keys: 'echo $((6*7)); exit 6\r',
    });
    expect(screen).toContain('42');
    expect(screen).toContain('exit 6');
  });

  test('after one that was told to end the terminal is as it was', async () => {
    const kill = '(sleep 3; kill $(cat pid); sleep 1; kill $(cat pid)) &';
    const noted = `sh -c 'echo $$ > pid; exec "$@"' sh "${process.execPath}" "${PROGRAM}"`;
    const screen = await onTerminal(
      story,
      `--version; ${kill} ${noted} ${after('echo ready; trap "" TERM; exec sleep 86398')}`,
      SIZE,
    );
    expect(screen).toContain('exit 143');
    expect(screen).toMatch(/ icanon .* echo /s);
    expect(screen).toMatch(/(^|\s)opost /);
  });

  test('where only stdin is one there is none', async () => {
    const screen = await onTerminal(
      story,
      `exec ${web} -- sh -c 'test -t 0 || echo no terminal; cat' | cat`,
      SIZE,
      { to: /no terminal/, keys: 'typed\n\u0004' },
    );
    expect(screen.match(/typed/g)).toHaveLength(2);
  });
});
