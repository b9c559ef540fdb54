import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { OperationTimeout } from '../../../src/incus/client/operations.js';
import { waitForOperations, waitForProject } from '../../../src/incus/client/quiesce.js';
import { daemon, failed, operation, operations, shown } from '../daemon.js';

const LIST = 'GET /1.0/operations';
const wait = (id: string) => `GET /1.0/operations/${id}/wait`;
const pet = (name: string, project = 'p') => ({
  name,
  config: { 'user.pets.project': project, 'user.pets.app': name },
});

afterEach(() => {
  jest.restoreAllMocks();
});

/** Operations that never end; each round of waiting takes 20 s of a clock that only it moves. */
function endless(id: string) {
  let now = 0;
  jest.spyOn(Date, 'now').mockImplementation(() => now);
  return {
    [wait(id)]: () => {
      now += 20_000;
      return failed('context deadline exceeded');
    },
    [`GET /1.0/operations/${id}`]: () => shown({ status_code: 103 }),
  };
}

describe('what runs on an instance', () => {
  test('is waited for; what runs on others is not', async () => {
    const { rest, asked } = daemon(
      operations([operation('1', 'web'), operation('2', 'web-2'), operation('3', 'my-web')]),
    );
    await waitForOperations('web', rest);
    expect(asked).toEqual([LIST, wait('1')]);
  });

  test('and changes nothing of it is not waited for: shells and commands', async () => {
    const { rest, asked } = daemon(
      operations([
        operation('1', 'web', { class: 'websocket', description: 'Executing command' }),
        operation('2', 'web', { description: 'Executing command' }),
        operation('3', 'web', { class: 'websocket', description: 'Showing console' }),
        operation('4', 'web', { resources: null }),
      ]),
    );
    await waitForOperations('web', rest);
    expect(asked).toEqual([LIST]);
  });

  test('has ended when it failed, or when the daemon has forgotten it', async () => {
    const running = [operation('1', 'web'), operation('2', 'web')];
    const { rest, asked } = daemon({
      ...operations(running),
      [wait('1')]: () => failed('no such device'),
      [wait('2')]: () => failed('Operation not found', 404),
    });
    await waitForOperations('web', rest);
    expect(asked).toEqual([LIST, wait('1'), wait('2')]);
  });

  test('and does not end is told after five minutes', async () => {
    const { rest } = daemon({ ...operations([operation('1', 'web')]), ...endless('1') });
    const error = await waitForOperations('web', rest).catch((thrown: unknown) => thrown);
    expect(error).toEqual(new OperationTimeout('`Stopping instance` still runs after 300 s'));
    expect(error).toBeInstanceOf(OperationTimeout);
  });

  test('and may be a stop that takes longer is waited for longer', async () => {
    const { rest } = daemon({ ...operations([operation('1', 'web')]), ...endless('1') });
    await waitForOperations('web', rest, 90_000).catch(() => undefined);
    expect(Date.now()).toBe(360_000);
  });
});

describe('what runs on a project’s instances', () => {
  const instances = () => shown([pet('web'), pet('api'), pet('theirs', 'q'), { name: 'none', config: {} }]);

  test('is waited for; what runs on other people’s is not', async () => {
    const names = ['api', 'theirs', 'none', 'web'];
    const { rest, asked } = daemon({
      ...operations(names.map((name) => operation(name, name))),
      'GET /1.0/instances': instances,
    });
    await waitForProject('p', rest);
    expect(asked).toEqual([LIST, 'GET /1.0/instances', wait('api'), wait('web')]);
  });

  test('is asked for in one request where nothing runs', async () => {
    const { rest, asked } = daemon({ [LIST]: () => shown({}) });
    await waitForProject('p', rest);
    expect(asked).toEqual([LIST]);
  });

  test('and does not end holds nobody up for more than a minute', async () => {
    const { rest } = daemon({
      ...operations([operation('1', 'web')]),
      ...endless('1'),
      'GET /1.0/instances': instances,
    });
    await waitForProject('p', rest);
    expect(Date.now()).toBe(60_000);
  });

  test('is waited for longer where a stop may take longer', async () => {
    const facets = { meta: { 'stop-timeout': '5m' } };
    const applied = JSON.stringify({
      v: 1,
      generation: 1,
      toplevel: '/nix/store/zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz-x',
      facets,
    });
    const slow = { name: 'web', config: { ...pet('web').config, 'user.pets.applied': applied } };
    const { rest } = daemon({
      ...operations([operation('1', 'web')]),
      ...endless('1'),
      'GET /1.0/instances': () => shown([pet('api'), slow]),
    });
    await waitForProject('p', rest);
    expect(Date.now()).toBe(340_000);
  });
});
