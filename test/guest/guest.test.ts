import { describe, expect, test } from '@jest/globals';
import { guestOver } from '../../src/guest/guest.js';
import type { Activation } from '../../src/domain/manifest.js';
import type { AppName, StorePath } from '../../src/domain/names.js';
import type { GuestResult, Incus } from '../../src/domain/services.js';
import { FailedProgram, ProblemError, TimeoutProblem } from '../../src/domain/problem.js';

const APP = 'web' as AppName;
const TOP = '/nix/store/x-system' as StorePath;

type Links = Readonly<Record<string, string>>;

/** Activates in a guest whose switch ends like this; what was done to the container. */
async function activate(
  activation: Activation,
  ends: Partial<GuestResult> | Error,
  status = 'Running',
  links: Links = {},
  isKilled = false,
  states = ['running'],
) {
  const calls: string[] = [];
  const incus = {
    // What runs is noted before it is switched.
    query: (_: string, [program, ...args]: readonly string[]) => {
      if (program?.endsWith('/readlink')) {
        const targets = args.flatMap((path) => links[path] ?? []);
        const stdout = targets.map((target) => `${target}\n`).join('');
        return Promise.resolve({ exitCode: targets.length === args.length ? 0 : 1, stdout, stderr: '' });
      }
      const isState = program?.endsWith('/systemctl');
      if (!isState) calls.push('note');
      const state = states.length > 1 ? states.shift() : states[0];
      return Promise.resolve({ exitCode: 0, stdout: isState ? `${state}\n` : '', stderr: '' });
    },
    exec: (_: string, [program, verb]: readonly string[]) => {
      calls.push(`${program?.split('/').at(-1) ?? ''} ${verb ?? ''}`);
      if (ends instanceof Error) return Promise.reject(ends);
      const { exitCode = 0, stdout = '', stderr = '' } = ends;
      return Promise.resolve({ exitCode, output: `${stdout}\n${stderr}` });
    },
    status: () => Promise.resolve(status),
    consoleTail: () => Promise.resolve(['the last words']),
    stop: (_: string, graceMs: number) => {
      calls.push('stop');
      return Promise.resolve({ forced: isKilled ? `no end after ${graceMs} ms` : null });
    },
    start: () => Promise.resolve(void calls.push('start')),
  } as unknown as Incus;
  const said: string[] = [];
  const warned: string[] = [];
  const how = {
    ...{ activation, limitMs: 4000, graceMs: 5000, waits: () => undefined },
    warn: (message: string) => warned.push(message),
  };
  const result = await guestOver(incus, () => Promise.reject(new Error('no use for the host')))
    .activate(APP, TOP, how, (line) => said.push(line))
    .catch((error: unknown) => error as FailedProgram);
  return { calls, said, warned, result };
}

const SWITCH = 'switch-to-configuration switch';
const CURRENT = { '/run/current-system': TOP };
const BEGUN = 'activating the configuration...';

/** How switches end that have handled the units: exit code, what is said, and the warnings that come of it. */
const HANDLED: readonly [what: string, exitCode: number, lines: string[], warnings: string[]][] = [
  [
    'a unit that failed',
    4,
    [
      'perl: warning: Setting locale failed.',
      'Failed to start a.service',
      'warning: the following units failed: a.service, b.service',
      '× a.service',
    ],
    ['the following units failed: a.service, b.service'],
  ],
  [
    'a job that failed, where no unit has',
    4,
    ['Failed to reload a.service', 'Failed to start b.socket: unit not found', 'Failed to count'],
    ['Failed to reload a.service', 'Failed to start b.socket: unit not found'],
  ],
  [
    'what is only told by the exit code',
    4,
    ['all is said'],
    ['switch-to-configuration exits with 4: a unit failed, or could not be reloaded'],
  ],
  [
    'a snippet that failed',
    2,
    ["Activation script snippet 'users' failed (1)", 'Failed to run activate script'],
    ["Activation script snippet 'users' failed (1)"],
  ],
  [
    'a snippet that failed, and then a unit',
    4,
    ["Activation script snippet 'users' failed (1)", 'warning: the following units failed: a.service'],
    ["Activation script snippet 'users' failed (1)", 'the following units failed: a.service'],
  ],
  [
    'an activation that failed without a word',
    2,
    ['Failed to run activate script'],
    ['switch-to-configuration exits with 2: the activation script failed'],
  ],
  [
    'a reload of systemd that failed',
    3,
    [],
    ['switch-to-configuration exits with 3: systemd could not be reloaded, or its files could not be set up'],
  ],
  [
    'a long list',
    4,
    [`warning: the following units failed: ${'x'.repeat(500)}`],
    [`the following units failed: ${'x'.repeat(372)}…`],
  ],
  [
    'many of them',
    4,
    Array.from({ length: 30 }, (_, i) => `Failed to start ${i}.service`),
    [...Array.from({ length: 5 }, (_, i) => `Failed to start ${i}.service`), 'and 25 more'],
  ],
];

describe.each(['auto', 'switch'] as const)('activation = "%s"', (activation) => {
  test('a switch that works', async () => {
    const { calls, said, result } = await activate(activation, { stderr: 'activating…\n\n' });
    expect({ calls, said, result }).toEqual({
      calls: ['note', SWITCH],
      said: ['activating…'],
      result: { warnings: [] },
    });
  });

  test('none where the guest has booted into the system; one where it was only switched to it', async () => {
    const current = { '/run/current-system': TOP };
    const booted = await activate(activation, {}, 'Running', { ...current, '/run/booted-system': TOP });
    expect(booted).toEqual({ calls: [], said: [], warned: [], result: { warnings: [] } });
    const switched = await activate(activation, {}, 'Running', { ...current, '/run/booted-system': '/y' });
    expect(switched.calls).toEqual(['note', SWITCH]);
  });

  test.each(HANDLED)('%s is a warning: health decides', async (_, exitCode, lines, warnings) => {
    const ends = { exitCode, stderr: `${BEGUN}\n${lines.join('\n')}` };
    const { calls, result } = await activate(activation, ends, 'Running', CURRENT);
    expect(calls).toEqual(['note', SWITCH]);
    expect(result).toEqual({ warnings });
  });

  test('an activation that broke off is a failure: the guest is still the system before', async () => {
    const before = { '/run/current-system': '/nix/store/y-system' };
    for (const exitCode of [2, 4]) {
      const ends = { exitCode, stderr: `${BEGUN}\ncannot\n` };
      const { calls, result } = await activate(activation, ends, 'Running', before);
      expect(calls).toEqual(['note', SWITCH]);
      expect(result).toMatchObject({
        message: 'the activation script broke off: the guest still runs /nix/store/y-system',
        log: [BEGUN, 'cannot'],
      });
    }
  });

  // Both programs end with the error number of what failed last, where they give up.
  test.each([2, 3, 11, 13])(
    'one that gives up with %d is a failure, and nothing is restarted',
    async (exitCode) => {
      const stderr = exitCode === 11 ? `${BEGUN}\nUnable to list users` : 'no such file';
      const { calls, result } = await activate(activation, { exitCode, stderr }, 'Running', CURRENT);
      expect(calls).toEqual(['note', SWITCH]);
      expect(result).toMatchObject({
        message: `switch-to-configuration failed with exit code ${exitCode}`,
        log: stderr.split('\n'),
      });
    },
  );

  test('an exec that fails in a running guest is told as it is', async () => {
    const { result } = await activate(
      activation,
      new ProblemError({ code: 'daemon-unreachable', message: 'no daemon' }),
    );
    expect(result).toMatchObject({ message: 'no daemon' });
  });
});

const REFUSALS = [
  [
    'pre-switch checks, whatever number it gives up with',
    { exitCode: 4, stderr: 'Pre-switch checks failed' },
    'the system refuses to be switched to while the guest runs',
    'it boots at the next restart',
  ],
  [
    'another init',
    { exitCode: 100, stderr: 'an init that is incompatible' },
    'the init of the system is another',
    'it boots at the next restart',
  ],
  [
    'pre-switch checks',
    { exitCode: 1, stderr: 'Pre-switch checks failed' },
    'the system refuses to be switched to while the guest runs',
    'it boots at the next restart',
  ],
  [
    'a pre-switch check',
    { exitCode: 1, stderr: "Pre-switch check 'switchInhibitors' failed" },
    'the system refuses to be switched to while the guest runs',
    'it boots at the next restart',
  ],
  ['a lock', { exitCode: 11 }, 'another switch holds the lock', 'run `pets up web` again'],
  ['a lock, in words', { exitCode: 1, stderr: 'Could not acquire lock' }, 'another switch holds', 'again'],
  [
    'a hang',
    new TimeoutProblem('operation-timeout', 'x'),
    'the switch did not end within 4 s',
    'may still be running in the guest',
  ],
] as const;

describe.each(REFUSALS)('%s', (_, ends, reason, advice) => {
  test('auto restarts, and says why', async () => {
    const { calls, said, result } = await activate('auto', ends);
    expect(calls).toEqual(['note', SWITCH, 'stop', 'start']);
    expect(said.at(-1)).toContain(reason);
    expect(result).toEqual({
      warnings: [expect.stringMatching(`^${reason}.*; the container was restarted instead$`)],
    });
  });

  test('switch fails, says what is left, and touches nothing', async () => {
    const { calls, result } = await activate('switch', ends);
    expect(calls).toEqual(['note', SWITCH]);
    expect(result).toBeInstanceOf(FailedProgram);
    expect(result).toMatchObject({
      problems: [
        {
          app: APP,
          message: expect.stringContaining(`the guest was not switched: ${reason}`),
          hint: expect.stringMatching(`${advice}[^]*activation = "auto" or "restart"`),
        },
      ],
    });
  });
});

test('a restart gives the guest the time that it is given, and tells of a kill', async () => {
  const { calls, warned } = await activate('restart', {}, 'Running', {}, true);
  expect(calls).toEqual(['stop', 'start']);
  expect(warned).toEqual([
    'it was ended by force (no end after 5000 ms): what it had not written yet is lost',
  ]);
  expect((await activate('restart', {})).warned).toEqual([]);
});

describe('a container that is dead', () => {
  const dead = new ProblemError({ code: 'daemon-refused', message: 'Instance is not running' });

  test('auto starts it', async () => {
    const { calls, result } = await activate('auto', dead, 'Stopped');
    expect(calls).toEqual(['note', SWITCH, 'stop', 'start']);
    expect(result).toMatchObject({ warnings: [expect.stringContaining('the container had stopped')] });
  });

  test('switch tells its last words', async () => {
    const { calls, result } = await activate('switch', dead, 'Stopped');
    expect(calls).toEqual(['note', SWITCH]);
    expect(result).toMatchObject({
      message: 'the guest was not switched: the container had stopped',
      log: ['the last words'],
    });
  });
});

test('activation = "restart" never switches', async () => {
  const { calls, result } = await activate('restart', {});
  expect({ calls, result }).toEqual({ calls: ['stop', 'start'], result: { warnings: [] } });
});

test('a guest that has just been started is switched once its systemd answers', async () => {
  const late = ['', 'initializing', 'starting'];
  const { calls } = await activate('auto', {}, 'Running', CURRENT, false, late);
  expect(late).toEqual(['starting']);
  expect(calls).toEqual(['note', SWITCH]);
});
