import { describe, expect, test } from '@jest/globals';
import { guestOver } from '../../src/guest/guest.js';
import type { Activation, AppName, StorePath } from '../../src/model.js';
import type { GuestResult, Incus } from '../../src/ports.js';
import { FailedProgram, ProblemError, TimeoutProblem } from '../../src/problem.js';

const APP = 'web' as AppName;
const TOP = '/nix/store/x-system' as StorePath;

type Links = Readonly<Record<string, string>>;

/** Activates in a guest whose switch ends like this; what was done to the container. */
async function activate(
  activation: Activation,
  ends: Partial<GuestResult> | Error,
  status = 'Running',
  links: Links = {},
) {
  const calls: string[] = [];
  const incus = {
    exec: (_: string, [program, verb]: readonly string[]) => {
      calls.push(`${program?.split('/').at(-1) ?? ''} ${verb ?? ''}`);
      if (ends instanceof Error) return Promise.reject(ends);
      return Promise.resolve({ exitCode: 0, stdout: '', stderr: '', ...ends });
    },
    status: () => Promise.resolve(status),
    readLink: (_: string, path: string) => Promise.resolve(links[path] ?? null),
    consoleTail: () => Promise.resolve(['the last words']),
    stop: () => Promise.resolve(void calls.push('stop')),
    start: () => Promise.resolve(void calls.push('start')),
  } as unknown as Incus;
  const said: string[] = [];
  const how = { activation, limitMs: 4000 };
  const result = await guestOver(incus, () => Promise.reject(new Error('no use for the host')))
    .activate(APP, TOP, how, (line) => said.push(line))
    .catch((error: unknown) => error as FailedProgram);
  return { calls, said, result };
}

const SWITCH = 'switch-to-configuration switch';

describe.each(['auto', 'switch'] as const)('activation = "%s"', (activation) => {
  test('a switch that works', async () => {
    const { calls, said, result } = await activate(activation, { stderr: 'activating…\n\n' });
    expect({ calls, said, result }).toEqual({
      calls: [SWITCH],
      said: ['activating…'],
      result: { warnings: [] },
    });
  });

  test('none where the guest has booted into the system; one where it was only switched to it', async () => {
    const current = { '/run/current-system': TOP };
    const booted = await activate(activation, {}, 'Running', { ...current, '/run/booted-system': TOP });
    expect(booted).toEqual({ calls: [], said: [], result: { warnings: [] } });
    const switched = await activate(activation, {}, 'Running', { ...current, '/run/booted-system': '/y' });
    expect(switched.calls).toEqual([SWITCH]);
  });

  test('one that leaves a unit failed is a warning: health decides', async () => {
    const ends = { exitCode: 4, stderr: 'starting\nwarning: the following units failed: x.service' };
    const { calls, result } = await activate(activation, ends);
    expect(calls).toEqual([SWITCH]);
    expect(result).toEqual({ warnings: ['warning: the following units failed: x.service'] });
  });

  test('one that fails is a failure, and nothing is restarted', async () => {
    const { calls, result } = await activate(activation, { exitCode: 2, stderr: 'no such user' });
    expect(calls).toEqual([SWITCH]);
    expect(result).toMatchObject({
      message: 'switch-to-configuration failed with exit code 2',
      log: ['no such user'],
    });
  });

  test('an exec that fails in a running guest is told as it is', async () => {
    const { result } = await activate(activation, new ProblemError({ message: 'no daemon' }));
    expect(result).toMatchObject({ message: 'no daemon' });
  });
});

const REFUSALS = [
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
    new TimeoutProblem('x'),
    'the switch did not end within 4 s',
    'may still be running in the guest',
  ],
] as const;

describe.each(REFUSALS)('%s', (_, ends, reason, advice) => {
  test('auto restarts, and says why', async () => {
    const { calls, said, result } = await activate('auto', ends);
    expect(calls).toEqual([SWITCH, 'stop', 'start']);
    expect(said.at(-1)).toContain(reason);
    expect(result).toEqual({
      warnings: [expect.stringMatching(`^${reason}.*; the container was restarted instead$`)],
    });
  });

  test('switch fails, says what is left, and touches nothing', async () => {
    const { calls, result } = await activate('switch', ends);
    expect(calls).toEqual([SWITCH]);
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

describe('a container that is dead', () => {
  const dead = new ProblemError({ message: 'Instance is not running' });

  test('auto starts it', async () => {
    const { calls, result } = await activate('auto', dead, 'Stopped');
    expect(calls).toEqual([SWITCH, 'stop', 'start']);
    expect(result).toMatchObject({ warnings: [expect.stringContaining('the container had stopped')] });
  });

  test('switch tells its last words', async () => {
    const { calls, result } = await activate('switch', dead, 'Stopped');
    expect(calls).toEqual([SWITCH]);
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
