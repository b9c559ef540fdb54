import { describe, expect, test } from '@jest/globals';
import { actualFrom, parseApplied, type HostView, type Socket } from '../../src/incus/observe.js';
import { parseListen } from '../../src/listen.js';
import type { InstanceJson } from '../../src/ports.js';

const proxy = (listen: string, connect = 'tcp:127.0.0.1:8080') => ({ type: 'proxy', listen, connect });

function instance(name: string, change: Partial<InstanceJson> = {}): InstanceJson {
  const devices = change.devices ?? {};
  return {
    name,
    project: 'default',
    status: 'Running',
    type: 'container',
    config: { 'user.pets.project': 'p', 'user.pets.app': name, 'user.pets.state': 'ready' },
    devices,
    expanded_devices: devices,
    ...change,
  };
}

function host(sockets: Readonly<Record<string, string>>): HostView {
  const listening = Object.keys(sockets).flatMap((text): Socket[] => {
    const listen = parseListen(text);
    return listen ? [{ listen, inode: text }] : [];
  });
  return {
    listening,
    holderOf: ({ inode }) => ({ words: sockets[inode] ?? '', isForwarder: sockets[inode] === 'forwarder' }),
    addresses: ['127.0.0.1'],
    profile: () => '/nix/store/x',
    made: () => ({ config: { 'raw.lxc': 'x' }, devices: { store: { type: 'disk', path: '/s' } } }),
  };
}

const PORTS = new Set([80, 81]);
const observe = (instances: InstanceJson[], sockets: Record<string, string> = {}) =>
  actualFrom('p', PORTS, instances, host(sockets));

describe('whose an instance is', () => {
  test('ours bear the mark; others are strangers by name, those of other Incus projects not even that', () => {
    const actual = observe([
      instance('web'),
      instance('db', { config: { 'user.pets.project': 'q', 'user.pets.app': 'db' } }),
      instance('copy', { config: { 'user.pets.project': 'p', 'user.pets.app': 'web' } }),
      instance('old', { config: { 'user.incus-pet.flake-ref': 'x' } }),
      instance('toString', { config: {} }),
      instance('web', { project: 'elsewhere', config: { 'user.pets.project': 'p' } }),
    ]);
    expect(actual.apps.map((app) => app.name)).toEqual(['web']);
    expect(actual.strangers).toEqual({
      copy: 'is a copy of the pet `web` of project `p`',
      db: 'belongs to the pets project `q`',
      old: 'was made by incus-pet',
      toString: 'does not bear any mark of pets',
    });
  });
});

describe('exposures', () => {
  test('proxy devices named web or web-<n>; one that leads elsewhere is none of pets’ own', () => {
    const devices = {
      web: proxy('tcp:127.0.0.1:80'),
      'web-2': proxy('tcp:127.0.0.1:81', 'tcp:127.0.0.1:9'),
      other: proxy('tcp:127.0.0.1:82'),
      'web-x': { type: 'disk' },
    };
    const [app] = observe([instance('web', { devices })]).apps;
    expect(app?.exposures).toEqual([
      { device: 'web', raw: 'tcp:127.0.0.1:80', listen: parseListen('127.0.0.1:80') },
      { device: 'web-2', raw: 'tcp:127.0.0.1:81 to tcp:127.0.0.1:9', listen: null },
    ]);
  });

  test.each([
    ['Running', '127.0.0.1:80', {}, 'dead'],
    ['Running', '127.0.0.1:80', { '127.0.0.1:80': 'forwarder' }, undefined],
    ['Running', '0.0.0.0:80', { '[::]:80': 'forwarder' }, undefined],
    ['Stopped', '127.0.0.1:80', {}, undefined],
  ])('%s, %s, sockets %j: forwarder %s', (status, listen, sockets, forwarder) => {
    const [app] = observe(
      [instance('web', { status, devices: { web: proxy(`tcp:${listen}`) } })],
      sockets,
    ).apps;
    expect(app?.facets.exposure?.['forwarder']).toBe(forwarder);
  });
});

test('what a pet was made with and is not as it was made', () => {
  const store = { type: 'disk', path: '/s', shift: 'true' };
  const config = { ...instance('web').config, 'raw.lxc': 'x' };
  const altered = (change: Partial<InstanceJson>) => observe([instance('web', change)]).apps[0]?.altered;
  expect(altered({ config, devices: { store } })).toEqual([]);
  expect(altered({ config, devices: { store: { ...store, path: '/t' } } })).toEqual(['store']);
  expect(altered({})).toEqual(['raw.lxc', 'store']);
});

describe('ports that others hold', () => {
  const claims = (instances: InstanceJson[], sockets: Record<string, string> = {}) =>
    observe(instances, sockets).claims.map(
      (c) => `${c.listen.address} ${c.listen.port} ${c.holder}${c.passing ? ' passing' : ''}`,
    );
  const stranger = (listen: string, more: Record<string, string> = {}) =>
    instance('s', { config: {}, status: 'Stopped', devices: { p: { ...proxy(listen), ...more } } });

  test('what a stranger declares, ranges too, running or not; only wanted ports, only on the host, only tcp', () => {
    expect(claims([stranger('tcp:127.0.0.1:79-81')])).toEqual([
      '127.0.0.1 80 the Incus instance `s`',
      '127.0.0.1 81 the Incus instance `s`',
    ]);
    expect(claims([stranger('tcp:127.0.0.1:90')])).toEqual([]);
    expect(claims([stranger('tcp:127.0.0.1:80', { bind: 'instance' })])).toEqual([]);
    expect(claims([stranger('udp:127.0.0.1:80')])).toEqual([]);
    expect(claims([stranger('unix:/run/x')])).toEqual([]);
  });

  test('a process; not the forwarder of an instance that runs or is frozen', () => {
    expect(claims([], { '127.0.0.1:80': 'process 1 (nginx)' })).toEqual(['127.0.0.1 80 process 1 (nginx)']);
    const ours = { devices: { web: proxy('tcp:0.0.0.0:80') } };
    for (const status of ['Running', 'Frozen']) {
      expect(claims([instance('web', { ...ours, status })], { '[::]:80': 'forwarder' })).toEqual([]);
    }
  });

  test('a proxy that somebody added to a pet by hand', () => {
    const devices = { web: proxy('tcp:127.0.0.1:81'), extra: proxy('tcp:127.0.0.1:80') };
    expect(claims([instance('web', { devices })])).toEqual(['127.0.0.1 80 the Incus instance `web`']);
  });

  test('a forwarder that no instance declares is passing', () => {
    expect(claims([], { '127.0.0.1:80': 'forwarder' })).toEqual(['127.0.0.1 80 forwarder passing']);
  });
});

describe('the record', () => {
  const record = {
    v: 1,
    generation: 3,
    toplevel: '/nix/store/x',
    facets: { meta: { 'flake-ref': './web' } },
  };

  test('is read back as it was written', () => {
    expect(parseApplied(JSON.stringify(record))).toEqual(record);
  });

  test.each([
    undefined,
    '',
    '{',
    'null',
    '[]',
    '{"v":2}',
    '{"v":1,"toplevel":1}',
    JSON.stringify({ ...record, facets: [] }),
  ])('%j is none', (text) => {
    expect(parseApplied(text)).toBeNull();
  });

  test('keeps nothing that pets does not write', () => {
    const odd =
      '{"v":1,"generation":1,"toplevel":"t","facets":{"meta":{"toString":1,"__proto__":"x","a":{},"b":"c"}}}';
    expect(parseApplied(odd)?.facets).toEqual({ meta: { a: null, b: 'c' } });
  });
});
