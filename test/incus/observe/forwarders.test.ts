import { expect, test } from '@jest/globals';
import { forwardersOf } from '../../../src/incus/observe/forwarders.js';
import type { Socket } from '../../../src/incus/observe/sockets.js';
import type { IpAddress, Port } from '../../../src/domain/names.js';
import type { InstanceJson } from '../../../src/domain/services.js';

function pet(name: string, change: Partial<InstanceJson> = {}, project = 'p'): InstanceJson {
  const web = { type: 'proxy', listen: 'tcp:127.0.0.1:7700', connect: 'tcp:127.0.0.1:8080' };
  const config = { 'user.pets.project': project, 'user.pets.app': name };
  return {
    name,
    project: 'default',
    status: 'Running',
    type: 'container',
    profiles: [],
    config,
    expanded_config: config,
    devices: { web },
    expanded_devices: { web },
    ...change,
  };
}
const open = (port: number): Socket => ({
  binding: { protocol: 'tcp', address: '127.0.0.1' as IpAddress, first: port as Port, last: port as Port },
  inode: '1',
});
const web = { project: 'p', app: 'web', listens: '127.0.0.1:7700' };

test('an exposure lives while something listens there', () => {
  expect(forwardersOf(null, [pet('web')], [open(7700)])).toEqual([{ ...web, isAlive: true }]);
  expect(forwardersOf(null, [pet('web')], [open(7701)])).toEqual([{ ...web, isAlive: false }]);
});

test('one that is stopped, bears no mark, is a copy, or is elsewhere forwards nothing of ours', () => {
  const others = [
    pet('web', { status: 'Stopped' }),
    pet('web', { config: {} }),
    pet('copy', { config: { 'user.pets.project': 'p', 'user.pets.app': 'web' } }),
    pet('web', { project: 'other' }),
  ];
  expect(forwardersOf(null, others, [])).toEqual([]);
});

test('of one project or of all', () => {
  const pets = [pet('web'), pet('db', {}, 'q')];
  expect(forwardersOf('p', pets, []).map(({ app }) => app)).toEqual(['web']);
  expect(forwardersOf(null, pets, []).map(({ app }) => app)).toEqual(['web', 'db']);
});
