import { expect, test } from '@jest/globals';
import { Rest } from '../../src/incus/operations.js';
import { defaultPool, unshareable } from '../../src/incus/server.js';

/** A daemon that answers every request alike. */
const daemon = (metadata: unknown) =>
  new Rest(() =>
    Promise.resolve({ status: 200, headers: {}, body: JSON.stringify({ type: 'sync', metadata }) }),
  );

test('a store can be shared where the kernel has idmapped mounts', async () => {
  const kernel = (idmapped_mounts: string) => ({
    environment: { kernel_version: '5.4', kernel_features: { idmapped_mounts } },
  });
  expect(await unshareable(daemon(kernel('true')))).toBeNull();
  const why = 'the host’s kernel (5.4) gives Incus no idmapped mounts'.replace('’', "'");
  expect(await unshareable(daemon(kernel('false')))).toBe(why);
  expect(await unshareable(daemon({ environment: {} }))).toContain('of unknown version');
});

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
