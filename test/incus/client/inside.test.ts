import { describe, expect, jest, test } from '@jest/globals';
import { ConnectionLost, type Reply } from '../../../src/incus/client/http.js';
import { insideOf } from '../../../src/incus/client/inside.js';
import { ManagedInstances } from '../../../src/incus/client/own.js';
import { TooMuchOutput, type Dial } from '../../../src/incus/client/streams.js';
import { TimeoutProblem } from '../../../src/domain/problem.js';
import { daemon, ended, failed, json, operation, operations, shown } from '../daemon.js';

const LIST = 'GET /1.0/operations';
const LOOK = 'GET /1.0/instances/web';
const EXEC = 'POST /1.0/instances/web/exec';
const OWN = 'GET /1.0/operations/own';
const WAIT = 'GET /1.0/operations/own/wait';
const BEFORE = 'GET /1.0/operations/before/wait';
const config = { 'user.pets.project': 'p', 'user.pets.app': 'web' };

function lost(): Reply {
  throw new ConnectionLost('it broke');
}

const fds = { control: 'c', '0': 'in', '1': 'out', '2': 'err' };
const streaming = () =>
  json({ type: 'async', operation: '/1.0/operations/own', metadata: { id: 'own', metadata: { fds } } }, 202);

/** What comes from each stream, by its secret, and what was sent to it. */
function streams(outputs: Readonly<Record<string, () => Promise<string>>>) {
  const sent: string[] = [];
  const dial: Dial = (path) => {
    const secret = /secret=(\w+)$/.exec(path)?.[1] ?? '';
    const output = outputs[secret]?.() ?? new Promise<string>(() => undefined);
    output.catch(() => undefined);
    const note = (what: string) => () => void sent.push(`${secret} ${what}`);
    return Promise.resolve({
      output,
      end: note('end'),
      close: note('close'),
      send: (text) => void sent.push(`${secret} ${text}`),
    });
  };
  return { dial, sent };
}
const says = (text: string) => () => Promise.resolve(text);
const CLOSED = ['in close', 'out close', 'err close', 'c close'];

/** `web`, in which a command that was begun before still runs, and a person's shell. */
function web(
  answers: Readonly<Record<string, () => Reply>>,
  outputs: Readonly<Record<string, () => Promise<string>>> = {},
) {
  const posted: { command: string[] }[] = [];
  const { rest, asked } = daemon(
    {
      ...operations([
        operation('before', 'web', { description: 'Executing command' }),
        operation('shell', 'web', { class: 'websocket', description: 'Executing command' }),
      ]),
      [LOOK]: () => shown({ status: 'Running', config, devices: {}, description: '' }),
      [EXEC]: streaming,
      [WAIT]: () => ended({ return: 3 }),
      ...answers,
    },
    { posted },
  );
  const { dial, sent } = streams({ out: says('out'), err: says('err'), ...outputs });
  const shells = { ask: () => Promise.resolve(null), drop: () => undefined, has: () => false };
  return { asked, posted, sent, ...insideOf(rest, new ManagedInstances(rest, 'p'), dial, shells) };
}

describe('a question to a guest', () => {
  test('is run once, beside whatever else runs; its outputs come as streams, and nothing is recorded', async () => {
    const { query, asked, posted, sent } = web({});
    expect(await query('web', ['true'], 1000)).toEqual({ exitCode: 3, stdout: 'out', stderr: 'err' });
    expect(asked).toEqual([LOOK, EXEC, WAIT]);
    expect(posted).toEqual([
      expect.objectContaining({ command: ['true'], 'record-output': false, 'wait-for-websocket': true }),
    ]);
    expect(sent).toEqual(['in end', ...CLOSED]);
  });

  test('that is answered without end is ended, as is one that is not answered in time', async () => {
    const endless = web({}, { out: () => Promise.reject(new TooMuchOutput()) });
    await expect(endless.query('web', ['yes'], 1000)).rejects.toThrow(
      'running yes in `web`: more than 4 MiB of output',
    );
    const late = web({
      [WAIT]: () => failed('context deadline exceeded', 400),
      [OWN]: () => shown({ status_code: 103 }),
    });
    await expect(late.query('web', ['sleep'], 0)).rejects.toBeInstanceOf(TimeoutProblem);
    for (const { sent } of [endless, late])
      expect(sent).toEqual(['in end', 'c {"command":"signal","signal":9}', ...CLOSED]);
  });

  test.each([
    ['its output broke off', { out: () => Promise.reject(new ConnectionLost('it broke')) }, {}],
    [
      'its streams came too late',
      {},
      { [WAIT]: () => failed('Timed out waiting for websockets to connect') },
    ],
  ])('is asked again when %s', async (_, broken, answers: Readonly<Record<string, () => Reply>>) => {
    let times = 0;
    const once =
      <T>(first: (() => T) | undefined, then: () => T) =>
      () =>
        first && times++ === 0 ? first() : then();
    const { query, asked } = web(
      { [WAIT]: once(answers[WAIT], () => ended({ return: 0 })) },
      { out: once((broken as { out?: () => Promise<string> }).out, says('out')) },
    );
    expect(await query('web', ['true'], 1000)).toMatchObject({ exitCode: 0, stdout: 'out' });
    expect(asked.filter((request) => request === EXEC)).toHaveLength(2);
  });

  test('whose output nobody ends, though it has ended itself, is asked again', async () => {
    jest.useFakeTimers();
    try {
      let times = 0;
      const never = () => new Promise<string>(() => undefined);
      const out = () => (++times === 1 ? never() : Promise.resolve('out'));
      const answer = web({}, { out, err: says('') }).query('web', ['true'], 60_000);
      await jest.advanceTimersByTimeAsync(60_000);
      expect(await answer).toMatchObject({ stdout: 'out' });
    } finally {
      jest.useRealTimers();
    }
  });

  test('for a program that is not there is answered as by a shell', async () => {
    const { query } = web({ [WAIT]: () => failed('Command not found') });
    expect(await query('web', ['nope'], 1000)).toMatchObject({ exitCode: 127 });
  });
});

describe('a deed in a guest', () => {
  const began = (codes: number[]) => ({
    [EXEC]: streaming,
    [WAIT]: () => ended({ return: codes.shift() }),
  });

  test('writes into a file of the guest, of which the last is read', async () => {
    const { exec, posted } = web(began([4, 0]), { out: says('said') });
    expect(await exec('web', ['switch', 'a b'], 1000)).toEqual({ exitCode: 4, output: 'said' });
    const [deed, look] = posted.map(({ command }) => command);
    expect(deed?.slice(-2)).toEqual(['switch', 'a b']);
    expect(deed?.[3]).toMatch(/^\/run\/pets-[0-9a-f-]{36}$/);
    expect(look?.at(-1)).toBe(deed?.[3]);
    expect(posted.map((body) => (body as Record<string, unknown>)['record-output'])).toEqual([false, false]);
  });

  test('that went well need not have said anything; of one that failed it is an error', async () => {
    const mute = { out: () => Promise.reject(new TooMuchOutput()) };
    expect(await web(began([0, 0]), mute).exec('web', ['x'], 1000)).toEqual({ exitCode: 0, output: '' });
    await expect(web(began([1, 0]), mute).exec('web', ['x'], 1000)).rejects.toThrow('more than 4 MiB');
  });

  test('whose connection broke may have been begun or not: when what runs has ended it is done again', async () => {
    let times = 0;
    const { exec, asked } = web({ [EXEC]: () => (times++ === 0 ? lost() : streaming()) });
    expect(await exec('web', ['true'], 1000)).toMatchObject({ exitCode: 3 });
    expect(asked).toEqual([LOOK, EXEC, LOOK, LIST, BEFORE, EXEC, WAIT, LOOK, EXEC, WAIT]);
  });
});

test('a file is asked for again when the daemon’s helper for files ended in the middle, or before', async () => {
  const broken = [
    '{"type":"error","error":"EOF","error_code":500}',
    '{"error":"dial unix forkfile.sock: refused"}',
  ];
  const link = { 'x-incus-type': 'symlink' };
  const { readLink, asked } = web({
    'GET /1.0/instances/web/files': () => {
      const body = broken.shift();
      return body === undefined
        ? { status: 200, headers: link, body: '/target\n' }
        : { status: 500, headers: {}, body };
    },
  });
  expect(await readLink('web', '/link')).toBe('/target');
  expect(asked).toHaveLength(3);
});

test('what the daemon has recorded is deleted, but not beside a command that is being recorded', async () => {
  const folder = 'GET /1.0/instances/web/logs/exec-output';
  const old = '/1.0/instances/web/logs/exec-output/exec_1.stdout';
  const answers = {
    [folder]: () => shown([old]),
    [`DELETE ${old}`]: () => shown({}),
    [`GET ${old}`]: () => failed('not found', 404),
  };
  const { clearOutputs, asked } = web(answers);
  await clearOutputs('web');
  expect(asked).toEqual([folder, LOOK, LIST]);
  const idle = web({ ...answers, [LIST]: () => shown({}) });
  await idle.clearOutputs('web');
  const none = web({ [folder]: () => shown([]) });
  await none.clearOutputs('web');
  expect(none.asked).toEqual([folder]);
  expect(idle.asked).toEqual([folder, LOOK, LIST, `DELETE ${old}`, `GET ${old}`]);
});
