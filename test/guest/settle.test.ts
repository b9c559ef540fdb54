import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { settle } from '../../src/guest/settle.js';
import { sleep } from '../../src/lib/wait.js';
import type { InstanceState } from '../../src/domain/instance-state.js';
import type { AppName } from '../../src/domain/names.js';
import type { GuestResult, Incus } from '../../src/domain/services.js';
import { ProblemError, TimeoutProblem } from '../../src/domain/problem.js';

const APP = 'web' as AppName;
const TOP = '/nix/store/x-system';
const LIMIT_MS = 60_000;

// Commands take their time by the one clock that pauses and limits go by, and that only a test moves.
beforeEach(() => {
  jest.useFakeTimers({ now: 0 });
});
afterEach(() => {
  jest.useRealTimers();
});

/** What a promise comes to, with as much time as it takes. */
async function ended<T>(promise: Promise<T>): Promise<T> {
  const end = new AbortController();
  const noteEnd = () => {
    end.abort();
  };
  promise.then(noteEnd, noteEnd);
  for (let n = 0; !end.signal.aborted && n < 10_000; n++) await jest.advanceTimersByTimeAsync(100);
  return promise;
}

type Answer = string | Error | GuestResult;
type Play = {
  readonly status?: () => InstanceState;
  /** The baseline on the instance. */
  readonly failing?: string;
};

/** A guest that answers each command in turn, after a second, the last answer again and again. `hangs`: until its time is up. */
function guest(
  answers: Readonly<Record<string, readonly Answer[]>>,
  { status = () => 'Running', failing = '' }: Play = {},
) {
  const said: string[] = [];
  const limits: number[] = [];
  const turns = new Map(Object.entries(answers).map(([command, list]) => [command, [...list]]));
  const exec = async (
    _: string,
    [program, verb]: readonly string[],
    limitMs: number,
  ): Promise<GuestResult> => {
    const command = `${program?.split('/').at(-1) ?? ''} ${verb ?? ''}`;
    if (command === BOOT) limits.push(limitMs);
    const list = turns.get(command) ?? [];
    const answer = (list.length > 1 ? list.shift() : list[0]) ?? new Error(`nobody expected ${command}`);
    await sleep(answer === 'hangs' ? limitMs : 1000);
    if (answer === 'hangs') throw new TimeoutProblem('operation-timeout', 'no end');
    if (answer instanceof Error) throw answer;
    return typeof answer === 'string' ? { exitCode: 0, stdout: answer, stderr: '' } : answer;
  };
  const incus = {
    query: exec,
    readLink: () => Promise.resolve(TOP),
    status: () => Promise.resolve(status()),
    consoleTail: () => Promise.resolve(['the last words']),
    instance: () => Promise.resolve({ config: { 'user.pets.failing': failing } }),
  } as unknown as Incus;
  const settling = settle(incus, APP, TOP, LIMIT_MS, (what) => said.push(what));
  return { settled: ended(settling.catch((error: unknown) => error)), limits, said };
}

/** Says the state of the system, then the units that have failed. */
const BOOT = 'bash -c';

test('a guest that has booted without a failed unit has settled, in one command', async () => {
  const { settled, limits } = guest({ [BOOT]: ['running\n'] });
  expect(await settled).toEqual({ warnings: [] });
  expect(limits).toHaveLength(1);
});

const DEGRADED = 'degraded\nx.service loaded failed\ny.service loaded failed\n';

test('failed units are told, with the journal of the first', async () => {
  const answers = { [BOOT]: [DEGRADED], 'journalctl --unit': ['oh no'] };
  expect(await guest(answers).settled).toMatchObject({
    message: 'x.service, y.service failed',
    log: ['oh no'],
  });
});

describe('units that had failed before', () => {
  test('are warnings where they fail again', async () => {
    const { settled } = guest({ [BOOT]: [DEGRADED] }, { failing: 'x.service y.service z.service' });
    expect(await settled).toEqual({
      warnings: [
        'x.service has failed, as it had before; look inside: `pets logs web -u x.service`',
        'y.service has failed, as it had before; look inside: `pets logs web -u y.service`',
      ],
    });
  });

  test('are not what an app fails for: that is told of the others alone', async () => {
    const answers = { [BOOT]: [DEGRADED], 'journalctl --unit': ['oh no'] };
    expect(await guest(answers, { failing: 'x.service' }).settled).toMatchObject({
      message: 'y.service failed',
    });
  });
});

describe('the limit', () => {
  test('bounds each command, and a boot is waited for in slices', async () => {
    const { settled, limits } = guest({ [BOOT]: ['hangs', 'hangs', 'running'] });
    expect(await settled).toEqual({ warnings: [] });
    expect(limits).toEqual([15_000, 15_000, 15_000]);
  });

  test('that ends a boot tells what it waits for', async () => {
    const answers = {
      [BOOT]: ['hangs'],
      'systemctl list-jobs': ['1 slow.service start running'],
    };
    const asked = guest(answers);
    expect(await asked.settled).toMatchObject({
      message: 'the system did not come up: systemd says `nothing`, and waits for slow.service (start)',
      log: [],
    });
    expect(asked.said).toEqual(['slow.service (start)']);
  });

  test('that ends a boot tells the units that have failed by then, but for those that had before', async () => {
    const hangs = ['hangs', 'hangs', 'hangs', 'hangs'];
    const failed = 'old.service\nbus.service loaded failed\nb.service\nc.service\nd.service\n';
    const answers = { [BOOT]: [...hangs, `starting\n${failed}`], 'journalctl --unit': ['no such user'] };
    expect(await guest(answers, { failing: 'old.service' }).settled).toMatchObject({
      problems: [
        {
          message:
            'the system did not come up: systemd says `starting`; bus.service, b.service, c.service and 1 more failed',
          hint: 'look inside: `pets logs web -u bus.service`',
        },
      ],
      log: ['no such user'],
    });
  });

  test('is kept by a boot that does not end, and by a bus that does not answer', async () => {
    const boot = guest({ [BOOT]: ['hangs'] });
    expect(await boot.settled).toMatchObject({
      message: 'the system did not come up: systemd says `nothing`',
    });
    expect(Date.now()).toBeLessThanOrEqual(LIMIT_MS + 7000);
    const begun = Date.now();
    const bus = guest({ [BOOT]: [{ exitCode: 1, stdout: 'running\n', stderr: 'no bus\n' }] });
    expect(await bus.settled).toMatchObject({ message: 'systemd does not answer: no bus' });
    expect(Date.now() - begun).toBeLessThanOrEqual(LIMIT_MS + 3000);
  });

  test('that ends while a journal is read keeps the failure', async () => {
    const answers = { [BOOT]: ['running\nx.service'], 'journalctl --unit': ['hangs'] };
    expect(await guest(answers).settled).toMatchObject({ message: 'x.service failed', log: [] });
  });
});

describe('a container that is frozen meanwhile', () => {
  const frozen = {
    problems: [{ app: APP, message: 'somebody froze the container', hint: '`pets up web` thaws it' }],
  };

  test('is told after one slice, whatever was being asked', async () => {
    expect(await guest({ [BOOT]: ['hangs'] }, { status: () => 'Frozen' }).settled).toMatchObject(frozen);
    expect(Date.now()).toBeLessThanOrEqual(15_100);
    const answers = { [BOOT]: [DEGRADED], 'journalctl --unit': ['hangs'] };
    expect(await guest(answers, { status: () => 'Frozen' }).settled).toMatchObject(frozen);
  });

  test('is told at once where the daemon says so', async () => {
    const answer = new ProblemError({ code: 'daemon-refused', message: 'Instance is frozen' });
    expect(await guest({ [BOOT]: [answer] }, { status: () => 'Frozen' }).settled).toMatchObject(frozen);
  });
});

test('a container in which nothing can be begun any more is dying, however long that takes', async () => {
  const words = 'running bash in `web`: Failed to retrieve PID of executing child process';
  const dying = { [BOOT]: [new ProblemError({ code: 'daemon-refused', message: words })] };
  const status = () => (Date.now() < 30_000 ? 'Running' : 'Stopped');
  expect(await guest(dying, { status }).settled).toMatchObject({
    message: 'the container died while it booted',
  });
});

test('a container that died meanwhile leaves its last words', async () => {
  const dead = guest(
    { [BOOT]: [new ProblemError({ code: 'daemon-refused', message: 'not running' })] },
    { status: () => 'Stopped' },
  );
  expect(await dead.settled).toMatchObject({
    message: 'the container died while it booted',
    log: ['the last words'],
  });
});

test('one that is still said to run, but runs nothing any more, is dead as well', async () => {
  const statuses: InstanceState[] = ['Running', 'Running', 'Stopped'];
  const answers = {
    [BOOT]: [new ProblemError({ code: 'daemon-refused', message: 'Failed to retrieve PID' })],
  };
  const { settled } = guest(answers, { status: () => statuses.shift() ?? 'Stopped' });
  expect(await settled).toMatchObject({ message: 'the container died while it booted' });
});

test('a daemon that cannot run a command in a running guest is told as it is', async () => {
  const { settled } = guest({ [BOOT]: [new ProblemError({ code: 'daemon-refused', message: 'no daemon' })] });
  expect(await settled).toMatchObject({ message: 'no daemon' });
});
