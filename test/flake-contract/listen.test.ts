import { describe, expect, test } from '@jest/globals';
import type { ServiceOption } from '../../src/domain/contract.js';
import { isWithin, listenCode, listenOf, settable } from '../../src/flake-contract/listen.js';

/** `port: 16 bit unsigned integer`; a string where nothing is said. */
const options = (...written: string[]): ServiceOption[] =>
  written.map((one) => {
    const [name = '', type = 'string'] = one.split(': ');
    return { name, type };
  });
const INTEGER = '16 bit unsigned integer; between 0 and 65535 (both inclusive)';

test.each<[string, string[], string | null, string | null]>([
  ['the contract’s names', ['host', 'port', 'address', 'httpPort'], 'host', 'port'],
  ['address', ['address', 'port'], 'address', 'port'],
  ['bind', ['bind', 'listenPort'], 'bind', 'listenPort'],
  ['listenAddress', ['listenAddress', 'port', 'openFirewall: boolean'], 'listenAddress', 'port'],
  ['httpAddr', ['httpAddr', 'httpPort'], 'httpAddr', 'httpPort'],
  ['listen_addr', ['settings.listen_addr', 'settings.port'], 'settings.listen_addr', 'settings.port'],
  [
    'below settings',
    ['settings.server.host', 'settings.server.port'],
    'settings.server.host',
    'settings.server.port',
  ],
  [
    'the nearest',
    ['settings.address', 'address', 'settings.web.port', 'settings.port'],
    'address',
    'settings.port',
  ],
  [
    'quoted',
    ['settings."HTTP_ADDR"', 'settings."http port"'],
    'settings."HTTP_ADDR"',
    'settings."http port"',
  ],
  ['a set of its own', ['listen.address', 'listen.port'], 'listen.address', 'listen.port'],
  ['somebody else’s', ['database.host', 'smtp.port', 'settings.redis.host'], null, null],
  ['several', ['bind', 'listenAddress', 'port'], null, 'port'],
  ['what is no text', ['listen: list of (submodule)', 'address: boolean', 'port'], null, 'port'],
  ['a list of addresses', ['listen: list of string', 'port'], 'listen', 'port'],
  [
    'an address that has its port in it',
    ['web.listenAddress', 'dataDir'],
    'web.listenAddress',
    'web.listenAddress',
  ],
  ['an address whose port may be in a set', ['listenAddress', 'settings: JSON value'], 'listenAddress', null],
  ['a host has no port in it', ['host', 'dataDir'], 'host', null],
  ['nothing', ['dataDir: absolute path'], null, null],
])('by name: %s', (_, names, host, port) => {
  expect(listenOf(options(...names))).toEqual({ host, port });
});

test('what has been given what a pet needs is it', () => {
  const none = options('settings: JSON value');
  expect(listenOf(none, { 'settings.a': '0.0.0.0', 'settings.b': 8080 })).toEqual({
    host: 'settings.a',
    port: 'settings.b',
  });
  expect(listenOf(none, { 'settings.a': ':8080' })).toEqual({ host: 'settings.a', port: 'settings.a' });
  expect(listenOf(options('bind'), { bind: ':9428' })).toEqual({ host: 'bind', port: 'bind' });
  expect(listenOf(options('bind'), { bind: '0.0.0.0' })).toEqual({ host: 'bind', port: null });
  // A database may be there.
  expect(listenOf(none, { 'settings.db': '127.0.0.1', 'settings.n': 3000 })).toEqual({
    host: null,
    port: null,
  });
  // It was told otherwise than its name lets one think.
  const two = options('host', 'port', 'httpPort');
  expect(listenOf(two, { host: '127.0.0.1', port: 9000, httpPort: 8080 }).port).toBe('httpPort');
  expect(listenOf(two, { host: '10.0.0.1', port: 9000 })).toEqual({ host: 'host', port: 'port' });
});

describe('the code', () => {
  test.each<[string[], string | null, string | null, string[]]>([
    [['host', `port: ${INTEGER}`], 'host', 'port', ['host = lib.mkDefault "0.0.0.0"', 'port = 8080']],
    [
      ['bind: list of string', 'port'],
      'bind',
      'port',
      ['bind = lib.mkDefault [ "0.0.0.0" ]', 'port = "8080"'],
    ],
    [['port: null or string'], null, 'port', ['port = "8080"']],
    [['port: signed integer or string'], null, 'port', ['port = 8080']],
    [['listen'], 'listen', 'listen', ['listen = lib.mkDefault "0.0.0.0:8080"']],
    [['settings: JSON value'], 'settings.a', 'settings.b', ['settings.a = "0.0.0.0"', 'settings.b = 8080']],
  ])('%j', (names, host, port, expected) => {
    const code = listenCode({ host, port }, options(...names));
    expect(code.map(([option, value]) => `${option} = ${value}`)).toEqual(expected);
  });
});

test('an option can be named that is there, or is within one that takes a set', () => {
  const there = options(
    'host',
    'settings: JSON value',
    'extra: attribute set of string',
    'x.y',
    'enable: boolean',
  );
  const names = ['host', 'settings.a."b c"', 'extra.z', 'x.y', 'host.a', 'x', 'other', 'settings'];
  expect(names.filter((name) => isWithin(name, there))).toEqual([
    ...['host', 'settings.a."b c"', 'extra.z', 'x.y', 'settings'],
  ]);
  expect(settable(there)).toEqual(['host', 'settings.…', 'extra.…', 'x.y']);
});
