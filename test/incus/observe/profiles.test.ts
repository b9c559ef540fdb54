import { expect, test } from '@jest/globals';
import { inheritedBindings } from '../../../src/incus/observe/profiles.js';
import { formatBinding } from '../../../src/domain/binding.js';

const proxy = (listen: string, more = {}) => ({
  type: 'proxy',
  listen,
  connect: 'tcp:127.0.0.1:80',
  ...more,
});
const PROFILES = {
  default: { root: { type: 'disk', path: '/', pool: 'default' }, ssh: proxy('tcp:0.0.0.0:2222') },
  web: { page: proxy('tcp:127.0.0.1:9000'), out: proxy('tcp:127.0.0.1:25', { bind: 'instance' }) },
  other: { page: proxy('tcp:127.0.0.1:9001,9003') },
};
const bindings = (names: string[], own = {}) => inheritedBindings(names, own, PROFILES).map(formatBinding);

test('what the proxies of an instance’s profiles listen on, on the host', () => {
  expect(bindings(['default', 'web'])).toEqual(['0.0.0.0:2222', '127.0.0.1:9000']);
  expect(bindings(['gone'])).toEqual([]);
  expect(bindings([])).toEqual([]);
});

test('of devices with one name the last profile’s counts, and the instance’s own before all', () => {
  expect(bindings(['web', 'other'])).toEqual(['127.0.0.1:9001', '127.0.0.1:9003']);
  expect(bindings(['default', 'web'], { ssh: { type: 'none' } })).toEqual(['127.0.0.1:9000']);
});
