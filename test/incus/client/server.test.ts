import { expect, test } from '@jest/globals';
import { RestClient } from '../../../src/incus/client/operations.js';
import { defaultPool } from '../../../src/incus/client/server.js';

/** A daemon that answers every request alike. */
const daemon = (metadata: unknown) =>
  new RestClient(() =>
    Promise.resolve({ status: 200, headers: {}, body: JSON.stringify({ type: 'sync', metadata }) }),
  );

test('volumes go where instances go', async () => {
  const [ssd, hdd] = [
    { name: 'ssd', driver: 'zfs' },
    { name: 'hdd', driver: 'dir' },
  ];
  const profile = { devices: { eth0: { type: 'nic' }, root: { type: 'disk', path: '/', pool: 'hdd' } } };
  expect(await defaultPool(daemon(profile), [ssd, hdd])).toEqual(hdd);
  expect(await defaultPool(daemon({ devices: {} }), [ssd])).toEqual(ssd);
  await expect(defaultPool(daemon({ devices: {} }), [ssd, hdd])).rejects.toMatchObject({
    problems: [{ hint: expect.stringContaining('incus profile device add default root') }],
  });
  await expect(defaultPool(daemon({ devices: {} }), [])).rejects.toThrow('there are 0 pools');
});
