import { expect, test } from '@jest/globals';
import { ConnectionLost, type Reply } from '../../src/incus/http.js';
import { insideOf } from '../../src/incus/inside.js';
import { OwnInstances } from '../../src/incus/own.js';
import { begun, daemon, ended, operation, operations, shown } from './daemon.js';

const LIST = 'GET /1.0/operations';
const LOOK = 'GET /1.0/instances/web';
const EXEC = 'POST /1.0/instances/web/exec';
const WAIT = 'GET /1.0/operations/own/wait';
const BEFORE = 'GET /1.0/operations/before/wait';
const config = { 'user.pets.project': 'p', 'user.pets.app': 'web' };

function lost(): Reply {
  throw new ConnectionLost('it broke');
}

/** `web`, in which a command that was begun before still runs, and a person's shell. */
function web(answers: Readonly<Record<string, () => Reply>>) {
  const { rest, asked } = daemon({
    ...operations([
      operation('before', 'web', { description: 'Executing command' }),
      operation('shell', 'web', { class: 'websocket', description: 'Executing command' }),
    ]),
    [LOOK]: () => shown({ status: 'Running', config, devices: {}, description: '' }),
    [EXEC]: () => begun('own'),
    [WAIT]: () => ended({ return: 3 }),
    ...answers,
  });
  return { asked, ...insideOf(rest, new OwnInstances(rest, 'p')) };
}

test('a command is run once, beside whatever else runs', async () => {
  const { exec, asked } = web({});
  expect(await exec('web', ['true'], 1000)).toEqual({ exitCode: 3, stdout: '', stderr: '' });
  expect(asked).toEqual([LOOK, EXEC, WAIT]);
});

test('whether one whose connection broke was begun is not known: when what runs has ended it is run again', async () => {
  let times = 0;
  const { exec, asked } = web({ [EXEC]: () => (times++ === 0 ? lost() : begun('own')) });
  expect(await exec('web', ['true'], 1000)).toMatchObject({ exitCode: 3 });
  expect(asked).toEqual([LOOK, EXEC, LOOK, LIST, BEFORE, EXEC, WAIT]);
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
