import { spawnSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { hostView } from '../../../src/incus/observe/host.js';
import { ownersOnce } from '../../../src/incus/observe/sockets.js';

test('an address of an interface without a carrier is the host’s', () => {
  const [device, peer] = [`pt${process.pid}`, `pu${process.pid}`];
  const ip = (...args: string[]) => spawnSync('ip', args, { encoding: 'utf8' });
  try {
    expect(ip('link', 'add', device, 'type', 'veth', 'peer', 'name', peer)).toMatchObject({ status: 0 });
    ip('address', 'add', '198.51.100.77/24', 'dev', device);
    ip('address', 'add', '2001:db8:0:1::77/64', 'dev', device);
    ip('link', 'set', device, 'up');
    expect(ip('link', 'show', device).stdout).toContain('NO-CARRIER');
    const here = ['127.0.0.1', '::1', '198.51.100.77', '2001:db8:0:1::77'];
    const made = () => ({ config: {}, devices: {} });
    const { addresses } = hostView({ profile: () => undefined, made }, ownersOnce());
    expect(addresses).toEqual(expect.arrayContaining(here));
    expect(addresses.filter((address) => /\.(0|255)$/.test(address))).toEqual([]);
  } finally {
    ip('link', 'delete', device);
  }
});
