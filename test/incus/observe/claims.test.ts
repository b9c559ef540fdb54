import { describe, expect, test } from '@jest/globals';
import { claimsOn, type Wanted } from '../../../src/incus/observe/claims.js';
import { formatBinding, parseProxyListen } from '../../../src/domain/binding.js';
import type { Binding } from '../../../src/domain/binding.js';
import type { InstanceJson } from '../../../src/domain/services.js';

const bindings = ['tcp:127.0.0.1:80-81', 'tcp:127.0.0.2:80', 'udp:127.0.0.1:80-81', 'unix:/run/web.sock'];
const WANTED: Wanted = { bindings: bindings.map((text) => parseProxyListen(text) as Binding) };

function instance(name: string, devices: InstanceJson['devices'], change: Partial<InstanceJson> = {}) {
  const whole = {
    name,
    project: 'default',
    status: 'Running' as const,
    type: 'container',
    profiles: [],
    config: {},
  };
  return { ...whole, expanded_config: {}, devices, expanded_devices: devices, ...change };
}
const proxy = (listen: string, more: object = {}) => ({
  type: 'proxy',
  listen,
  connect: 'tcp:127.0.0.1:8080',
  ...more,
});
const stranger = (listen: string, more: object = {}) =>
  instance('s', { p: proxy(listen, more) }, { status: 'Stopped' });

/** `sockets`: what listens → who that is, in words. */
function claims(
  { others = [], ours = [] }: { others?: InstanceJson[]; ours?: InstanceJson[] },
  sockets: Record<string, string> = {},
): string[] {
  const listening = Object.keys(sockets).map((text) => {
    const binding = parseProxyListen(text) as Binding;
    return { binding, inode: text };
  });
  const found = claimsOn(WANTED, [...others, ...ours], ours, {
    listening,
    holderOf: ({ inode }) => ({ words: sockets[inode] ?? '', isForwarder: sockets[inode] === 'forwarder' }),
    addresses: [],
    profile: () => undefined,
    made: () => ({ config: {}, devices: {} }),
  });
  return found.map(
    (c) => `${formatBinding(c.binding)} ${c.holder}${c.live ? ' live' : ''}${c.passing ? ' passing' : ''}`,
  );
}

describe('what an instance of somebody else declares', () => {
  test.each([
    ['tcp:127.0.0.1:79-81', ['127.0.0.1:79-81 the Incus instance `s`']],
    ['tcp:127.0.0.1:1-65535', ['127.0.0.1:1-65535 the Incus instance `s`']],
    ['tcp:127.0.0.1:70,81', ['127.0.0.1:81 the Incus instance `s`']],
    ['udp:0.0.0.0:80', ['0.0.0.0:80/udp the Incus instance `s`']],
    ['unix:/run/web.sock', ['unix:/run/web.sock the Incus instance `s`']],
    ['tcp:127.0.0.1:82-90', []],
    ['tcp:127.0.0.1:90', []],
    ['unix:/run/x', []],
    ['unix:@abstract', []],
    ['nonsense', []],
  ])('%s: %j', (listen, expected) => {
    expect(claims({ others: [stranger(listen)] })).toEqual(expected);
  });

  test('counts where it listens on the host; the instance’s Incus project is told', () => {
    expect(claims({ others: [stranger('tcp:127.0.0.1:80', { bind: 'instance' })] })).toEqual([]);
    const elsewhere = instance('s', { p: proxy('tcp:127.0.0.1:80') }, { project: 'x', status: 'Frozen' });
    expect(claims({ others: [elsewhere] })).toEqual([
      '127.0.0.1:80 the Incus instance `s` of project `x` live',
    ]);
  });
});

describe('what a pet has besides its exposures', () => {
  test('a proxy that somebody added by hand', () => {
    const devices = { web: proxy('tcp:127.0.0.1:81'), extra: proxy('tcp:127.0.0.1:80') };
    expect(claims({ ours: [instance('web', devices)] })).toEqual([
      '127.0.0.1:80 the Incus instance `web` live',
    ]);
  });

  test('one that comes from a profile, whatever it is called', () => {
    const expanded_devices = { web: proxy('tcp:127.0.0.1:80') };
    expect(claims({ ours: [instance('web', {}, { expanded_devices })] })).toHaveLength(1);
    expect(claims({ ours: [instance('web', expanded_devices)] })).toEqual([]);
  });
});

describe('what listens on the host', () => {
  test('on a wanted port of other addresses: nobody asks who that is', () => {
    const others = Array.from({ length: 50 }, (_, i) => `tcp:127.0.1.${i + 1}:80`);
    let asked = 0;
    claimsOn(WANTED, [], [], {
      listening: others.map((inode) => ({ binding: parseProxyListen(inode) as Binding, inode })),
      holderOf: () => ({ words: String(++asked), isForwarder: true }),
      addresses: [],
      profile: () => undefined,
      made: () => ({ config: {}, devices: {} }),
    });
    expect(asked).toBe(0);
  });

  test('a process, on any of the three', () => {
    const sockets = {
      'tcp:127.0.0.1:80': 'nginx',
      'udp:0.0.0.0:81': 'dnsmasq',
      'unix:/run/web.sock': 'php',
      'tcp:127.0.0.1:8000': 'nobody asks',
      'tcp:127.0.0.3:80': 'nobody asks: another address',
      'udp:127.0.0.2:80': 'nobody asks: another protocol',
      'unix:/run/other.sock': 'nobody asks',
    };
    expect(claims({}, sockets)).toEqual([
      '127.0.0.1:80 nginx live',
      '0.0.0.0:81/udp dnsmasq live',
      'unix:/run/web.sock php live',
    ]);
  });

  test.each([
    ['tcp:0.0.0.0:80', 'tcp:[::]:80', true],
    ['tcp:127.0.0.1:70-90', 'tcp:127.0.0.1:81', true],
    ['unix:/run/web.sock', 'unix:/run/web.sock', true],
    ['tcp:127.0.0.1:80', 'udp:127.0.0.1:80', false],
    ['tcp:127.0.0.1:80', 'tcp:127.0.0.2:80', false],
    ['tcp:0.0.0.0:80', 'tcp:127.0.0.1:80', false],
    ['tcp:127.0.0.1:82-90', 'tcp:127.0.0.1:81', false],
  ])('the forwarder of %s explains %s: %p', (listen, socket, explained) => {
    for (const status of ['Running', 'Frozen'] as const) {
      const ours = [instance('web', { web: proxy(listen) }, { status })];
      expect(claims({ ours }, { [socket]: 'somebody' }).length === 0).toBe(explained);
    }
    const stopped = [instance('web', { web: proxy(listen) }, { status: 'Stopped' })];
    expect(claims({ ours: stopped }, { [socket]: 'somebody' })).toHaveLength(1);
  });

  test('a forwarder that no instance declares is passing', () => {
    expect(claims({}, { 'tcp:127.0.0.1:80': 'forwarder' })).toEqual(['127.0.0.1:80 forwarder live passing']);
  });
});
