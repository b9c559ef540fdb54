import { expect, test } from '@jest/globals';
import { addedTo } from '../../../src/incus/observe/observe.js';
import type { InstanceJson } from '../../../src/domain/services.js';

const disk = (path: string) => ({ type: 'disk', source: '/srv', path });
const proxy = { type: 'proxy', listen: 'tcp:127.0.0.1:80', connect: 'tcp:127.0.0.1:8080' };
const MADE = {
  config: { 'security.nesting': 'true', 'raw.lxc': 'lxc.init.cmd=/init' },
  devices: { 'nix-store': disk('/nix/store'), 'nix-profiles': disk('/nix/var/nix/profiles') },
};
function added(config: InstanceJson['config'], devices: InstanceJson['devices']) {
  const instance = {
    name: 'web',
    project: 'default',
    status: 'Running' as const,
    type: 'container',
    profiles: [],
  };
  return addedTo({ ...instance, config, devices, expanded_config: config, expanded_devices: devices }, MADE);
}

test('of a pet as pets makes it there is nothing', () => {
  const config = { ...MADE.config, 'user.pets.app': 'web', 'volatile.uuid': 'x', 'limits.memory': '1GiB' };
  const own = {
    web: proxy,
    'web-2': proxy,
    'publish-1': proxy,
    'volume-data': disk('/data'),
    'bind-1': disk('/x'),
  };
  expect(added(config, { ...MADE.devices, ...own })).toEqual({ config: [], devices: {} });
});

test('disks, proxies, the environment and what passes Incus by', () => {
  const config = {
    ...MADE.config,
    'environment.FOO': 'secret',
    'raw.apparmor': 'x',
    'raw.idmap': 'both 0 0',
  };
  const devices = { extra: disk('/extra'), page: proxy, 'volume-x': proxy, web: disk('/web') };
  expect(added(config, { ...MADE.devices, ...devices })).toEqual({
    config: ['environment.FOO', 'raw.apparmor', 'raw.idmap'],
    devices,
  });
});

test('the size of the root disk, the network and other devices are not looked at', () => {
  const devices = { root: { ...disk('/'), size: '9GiB' }, eth0: { type: 'nic' }, card: { type: 'gpu' } };
  expect(added({ 'limits.processes': '9', 'security.syscalls.intercept.mount': 'true' }, devices)).toEqual({
    config: [],
    devices: {},
  });
});
