import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Reply } from '../../../src/incus/client/http.js';
import { lxcErrors } from '../../../src/incus/client/failed-start.js';
import { instancesOf } from '../../../src/incus/client/instances.js';
import { ManagedInstances } from '../../../src/incus/client/own.js';
import { powerOf } from '../../../src/incus/client/power.js';
import { FailedProgram, ProblemError } from '../../../src/domain/problem.js';
import {
  begun,
  daemon,
  failed,
  json,
  operation,
  operations,
  ended,
  shown,
  type Operation,
} from '../daemon.js';

const WAIT = 'GET /1.0/operations/other/wait';
const PUT = 'PUT /1.0/instances/web/state';

/** The instance `web`, of the project `p`, with a daemon's answers on top of the usual ones. */
function web(answers: Readonly<Record<string, () => Reply>>, running: Operation[] = []) {
  let status = 'Stopped';
  const config = { 'user.pets.project': 'p', 'user.pets.app': 'web' };
  const { rest, asked } = daemon({
    ...operations([...running]),
    'GET /1.0/instances/web': () => shown({ status, config, devices: {}, description: '' }),
    'GET /1.0/instances/web/state': () => shown({ status }),
    [PUT]: () => begun('own'),
    'GET /1.0/operations/own/wait': () => {
      status = 'Running';
      return ended();
    },
    ...answers,
  });
  const own = new ManagedInstances(rest, 'p');
  return { asked, ...powerOf(rest, own), ...instancesOf(rest, own) };
}

const other = [operation('other', 'web')];

/** The guest as it reads at each look, the last one for good. */
function seenAs(statuses: string[]): Readonly<Record<string, () => Reply>> {
  const config = { 'user.pets.project': 'p', 'user.pets.app': 'web' };
  const instance = () => {
    const status = statuses.length > 1 ? statuses.shift() : statuses[0];
    return shown({ status, config, devices: {}, description: '' });
  };
  return { 'GET /1.0/instances/web': instance, 'PATCH /1.0/instances/web': () => shown(null) };
}

/** No pause takes time. */
function withoutPauses(): void {
  beforeEach(() => {
    const soon = (go: () => void) => setImmediate(go) as unknown as NodeJS.Timeout;
    jest.spyOn(globalThis, 'setTimeout').mockImplementation(soon);
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });
}

describe('what somebody else has begun is waited for', () => {
  test('before a stop, and where that has stopped the guest, until the daemon has heard of it', async () => {
    const config = { 'user.pets.project': 'p', 'user.pets.app': 'web' };
    const powers = ['RUNNING', 'RUNNING', 'RUNNING', 'STOPPED'];
    const instance = () => {
      const power = powers.length > 1 ? powers.shift() : powers[0];
      return shown({ status: 'Stopped', config: { ...config, 'volatile.last_state.power': power } });
    };
    const PATCH = 'PATCH /1.0/instances/web';
    const { stop, asked } = web({ 'GET /1.0/instances/web': instance, [PATCH]: () => shown(null) }, other);
    await stop('web', 1000);
    expect(asked.slice(0, 2)).toEqual(['GET /1.0/operations', WAIT]);
    expect(asked).not.toContain(PUT);
    expect(powers).toEqual(['STOPPED']);
    expect(asked.at(-1)).toBe(PATCH);
  });

  test('a stop of ours that ends well has nothing to wait for: one look shows it', async () => {
    const { stop, asked } = web(seenAs(['Running', 'Stopped']));
    await stop('web', 1000);
    expect(asked.slice(-2)).toEqual(['GET /1.0/operations/own/wait', 'GET /1.0/instances/web']);
  });

  test('before a start', async () => {
    const { start, asked } = web({}, other);
    await start('web');
    expect(asked.indexOf(WAIT)).toBeGreaterThan(-1);
    expect(asked.indexOf(WAIT)).toBeLessThan(asked.indexOf(PUT));
  });

  test('before a rename', async () => {
    const { rename, asked } = web(
      {
        'GET /1.0/instances/site': () => json({ type: 'error', error: 'x', error_code: 404 }, 404),
        'PATCH /1.0/instances/web': () => shown(null),
        'POST /1.0/instances/web': () => failed('enough'),
      },
      other,
    );
    await expect(rename('web', 'site')).rejects.toThrow('enough');
    expect(asked.indexOf(WAIT)).toBeGreaterThan(-1);
    expect(asked.indexOf(WAIT)).toBeLessThan(asked.indexOf('POST /1.0/instances/web'));
  });
});

describe('a stop', () => {
  withoutPauses();
  const GONE = { [PUT]: () => failed('The instance is already stopped', 400) };

  test('of a guest that ends in the moment its grace is over: refused twice, and a success', async () => {
    const { stop, asked } = web({
      ...seenAs(['Running', 'Running', 'Running', 'Running', 'Stopped']),
      ...GONE,
    });
    await stop('web', 1000);
    expect(asked.filter((request) => request === PUT)).toHaveLength(2);
  });

  const LATE = 'Failed shutting down instance, status is "Running": context deadline exceeded';
  /** Its requests end like this, one after the other, and then well. */
  const ends = (...ends: (string | null)[]) => ({
    ...seenAs([...ends.map(() => 'Running'), 'Running', 'Stopped']),
    [PUT]: () => begun('own'),
    'GET /1.0/operations/own/wait': () => {
      const end = ends.shift();
      return end ? shown({ status: 'Failure', status_code: 400, err: end }) : ended();
    },
  });

  test('says whether it came to force, and why', async () => {
    expect(await web(ends(null)).stop('web', 90_000)).toEqual({ forced: null });
    const late = { forced: 'it had not stopped within 90s' };
    expect(await web(ends(LATE)).stop('web', 90_000)).toEqual(late);
    expect(await web(ends('no such luck')).stop('web', 90_000)).toEqual({ forced: 'no such luck' });
  });

  test('of a guest that ended by itself in the last moment has not come to force', async () => {
    expect(await web(ends(LATE, 'The instance is already stopped')).stop('web', 90_000)).toEqual({
      forced: null,
    });
  });

  test('of a frozen guest that somebody thaws meanwhile is graceful all the same', async () => {
    const asked: object[] = [];
    const answers = [() => failed('The instance is not frozen'), () => begun('own')];
    const { stop } = web({
      ...seenAs(['Frozen', 'Running', 'Stopped']),
      [PUT]: () => {
        asked.push({});
        return (answers[asked.length - 1] ?? (() => failed('enough')))();
      },
    });
    await stop('web', 1000);
    // No third one, by force.
    expect(asked).toHaveLength(2);
  });

  test('that the daemon only says has happened is a failure', async () => {
    const { stop } = web(seenAs(['Running']));
    await expect(stop('web', 1000)).rejects.toThrow(
      'stopping `web`: the daemon says that it was stopped, but it is Running',
    );
  });

  test('that is refused for good says why', async () => {
    const { stop } = web({ ...seenAs(['Running']), [PUT]: () => failed('no such luck') });
    await expect(stop('web', 1000)).rejects.toThrow('stopping `web`: no such luck');
  });
});

describe('a delete', () => {
  test('that the daemon only says has happened is a failure', async () => {
    const { remove } = web({ 'DELETE /1.0/instances/web': () => begun('own') });
    await expect(remove('web')).rejects.toThrow(
      'deleting `web`: the daemon says that it was deleted, but it is still there',
    );
  });

  test('that somebody else’s was faster than is fine, at once or in the end', async () => {
    let isThere = true;
    const gone = () => {
      isThere = false;
      return failed('Instance not found', 404);
    };
    const config = { 'user.pets.project': 'p', 'user.pets.app': 'web' };
    const instance = () => (isThere ? shown({ status: 'Stopped', config }) : gone());
    const look = { 'GET /1.0/instances/web': instance };
    const atOnce = web({ ...look, 'DELETE /1.0/instances/web': gone });
    await atOnce.remove('web');
    expect(atOnce.asked).toContain('DELETE /1.0/instances/web');
    isThere = true;
    const inTheEnd = web({
      ...look,
      'DELETE /1.0/instances/web': () => begun('own'),
      'GET /1.0/operations/own/wait': () => (gone(), failed('Failed to delete: no such file')),
    });
    await inTheEnd.remove('web');
    expect(inTheEnd.asked).toContain('GET /1.0/operations/own/wait');
  });

  test('of a guest that has just ended, and still reads as running, is asked for again', async () => {
    let tries = 0;
    let isThere = true;
    const config = { 'user.pets.project': 'p', 'user.pets.app': 'web' };
    const { remove } = web({
      'GET /1.0/instances/web': () =>
        isThere ? shown({ status: 'Stopped', config }) : failed('Instance not found', 404),
      'DELETE /1.0/instances/web': () => {
        if (++tries < 3) return failed('Instance is running', 400);
        isThere = false;
        return shown(null);
      },
    });
    await remove('web');
    expect(tries).toBe(3);
  });

  test('that fails otherwise is a problem', async () => {
    const { remove } = web({ 'DELETE /1.0/instances/web': () => failed('the pool is gone') });
    await expect(remove('web')).rejects.toThrow('deleting `web`: the pool is gone');
  });
});

const LOG = `
lxc web 20261121193904.111 WARN     cgfsng - ../src/lxc/cgroups/cgfsng.c:fchowmodat:1619 - No such file or directory - Failed to fchownat(34, memory.reclaim)
lxc web 20261121193904.128 ERROR    conf - ../src/lxc/conf.c:mount_entry:2446 - No such file or directory - Failed to mount "/a - b" on "/usr/lib/x86_64-linux-gnu/lxc/rootfs/srv"
lxc web 20261121193904.128 ERROR    conf - ../src/lxc/conf.c:lxc_setup:4419 - Failed to setup mount entries
lxc web 20261121193904.128 ERROR    start - ../src/lxc/start.c:do_start:1272 - Failed to setup container "web"
lxc web 20261121193904.128 ERROR    sync - ../src/lxc/sync.c:sync_wait:34 - An error occurred in another process (expected sequence number 3)
lxc web 20261121193904.129 ERROR    lxccontainer - ../src/lxc/lxccontainer.c:wait:878 - Received container state "ABORTING" instead of "RUNNING"
lxc web 20261121193904.131 ERROR    start - ../src/lxc/start.c:__lxc_start:2107 - Failed to spawn container "web"
lxc 20261121193904.251 ERROR    commands - ../src/lxc/commands.c:recv:128 - Failed to receive file descriptors for command "get_init_pid"
`;
const CAUSE = 'Failed to mount "/a - b" on "/srv": No such file or directory';

describe('a start that fails', () => {
  withoutPauses();

  const failing = (message: string, more: Readonly<Record<string, () => Reply>> = {}) =>
    web({
      [PUT]: () => failed(message),
      'GET /1.0/instances/web/logs/lxc.log': () => ({ status: 200, headers: {}, body: LOG }),
      ...more,
    });
  const refused = (message: string) => new ProblemError({ code: 'daemon-refused', message });
  const thrownBy = (attempt: Promise<void>) => attempt.catch((error: unknown) => error);

  test('in LXC’s hands says what LXC’s log says, the cause first', async () => {
    const error = await thrownBy(failing('Failed to run: incusd forkstart web: exit status 1').start('web'));
    expect(error).toBeInstanceOf(FailedProgram);
    expect(error).toMatchObject({ message: `starting \`web\`: ${CAUSE}`, log: lxcErrors(LOG) });
  });

  test('for another reason says only that; so does one whose log says nothing', async () => {
    const device = await thrownBy(failing('Failed to start device "x"').start('web'));
    expect(device).toEqual(refused('starting `web`: Failed to start device "x"'));
    const noLog = { 'GET /1.0/instances/web/logs/lxc.log': () => failed('Not Found', 404) };
    const error = await thrownBy(failing('forkstart: exit status 1', noLog).start('web'));
    expect(error).toEqual(refused('starting `web`: forkstart: exit status 1'));
  });

  test('rejects when the guest reads as stopped twice in a row, not as running in between', async () => {
    const looks: (string | null)[] = [];
    const script = ['Stopped', null, 'Stopped', null, null, 'Error', 'Stopped', 'Stopped'];
    const state = () => {
      const now = script.shift();
      const last = now === undefined ? 'Stopped' : now;
      looks.push(last);
      return last === null ? failed("Invalid PID '-1'") : shown({ status: last });
    };
    await thrownBy(failing('Failed to start device', { 'GET /1.0/instances/web/state': state }).start('web'));
    expect(script).toEqual([]);
    expect(looks.slice(-2)).toEqual(['Stopped', 'Stopped']);
  });
});

describe('LXC’s log', () => {
  test('without times and places, and without the daemon’s questions to a dead guest', () => {
    expect(lxcErrors(LOG)).toEqual([
      CAUSE,
      'Failed to setup mount entries',
      'Failed to setup container "web"',
      'An error occurred in another process (expected sequence number 3)',
      'Received container state "ABORTING" instead of "RUNNING"',
    ]);
    expect(lxcErrors('')).toEqual([]);
  });

  test('a reason is told from a message with a dash', () => {
    const line = (text: string) => `lxc a-b 20261121193904.1 ERROR    x - ../src/lxc/x.c:f:1 - ${text}`;
    expect(lxcErrors(line('Input/output error - Failed - twice'))).toEqual([
      'Failed - twice: Input/output error',
    ]);
    expect(lxcErrors(line('Failed to open "/a - b"'))).toEqual(['Failed to open "/a - b"']);
  });
});
