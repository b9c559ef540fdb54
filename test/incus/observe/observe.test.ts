import { describe, expect, test } from '@jest/globals';
import { actualFrom } from '../../../src/incus/observe/observe.js';
import type { HostView, Socket } from '../../../src/incus/observe/sockets.js';
import { parseInstanceState } from '../../../src/domain/instance-state.js';
import { formatBinding, parseProxyListen } from '../../../src/domain/binding.js';
import type { ActualApp, Volume } from '../../../src/domain/actual.js';
import type { InstanceJson } from '../../../src/domain/services.js';

const proxy = (listen: string, connect = 'tcp:127.0.0.1:8080') => ({ type: 'proxy', listen, connect });
const marked = (name: string) => ({
  'user.pets.project': 'p',
  'user.pets.app': name,
  'user.pets.state': 'ready',
});

function instance(name: string, change: Partial<InstanceJson> = {}): InstanceJson {
  const devices = change.devices ?? {};
  return {
    name,
    project: 'default',
    status: 'Running',
    type: 'container',
    profiles: ['default'],
    config: marked(name),
    devices,
    expanded_config: change.config ?? marked(name),
    expanded_devices: devices,
    ...change,
  };
}

/** `sockets`: what listens, as proxy devices have it, and who that is. */
function host(sockets: Readonly<Record<string, string>>): HostView {
  const listening = Object.keys(sockets).flatMap((text): Socket[] => {
    const binding = parseProxyListen(text);
    return binding ? [{ binding, inode: text }] : [];
  });
  return {
    listening,
    holderOf: ({ inode }) => ({ words: sockets[inode] ?? '', isForwarder: sockets[inode] === 'forwarder' }),
    addresses: ['127.0.0.1'],
    profile: (app) => `/nix/store/${app}`,
    made: (app, store) =>
      store === 'copy'
        ? { config: { 'security.nesting': 'true' }, devices: {} }
        : {
            config: { 'raw.lxc': 'x' },
            devices: { 'nix-store': STORE, 'nix-profiles': { type: 'disk', source: app } },
          },
  };
}
const STORE = { type: 'disk', path: '/s' };

const WANTED = {
  bindings: ['tcp:0.0.0.0:80-81', 'udp:0.0.0.0:80-81', 'unix:/run/web.sock'].flatMap(
    (text) => parseProxyListen(text) ?? [],
  ),
};
const observe = (
  instances: InstanceJson[],
  sockets: Record<string, string> = {},
  volumes: readonly Volume[] = [],
) =>
  actualFrom({
    project: 'p',
    wanted: WANTED,
    inherited: {},
    instances,
    volumes,
    unshareable: null,
    missingImages: [],
    host: host(sockets),
  });

function only(change: Partial<InstanceJson>, sockets = {}, volumes: readonly Volume[] = []): ActualApp {
  const [app] = observe([instance('web', change)], sockets, volumes).apps;
  if (!app) throw new Error('it is not ours');
  return app;
}

const applied = (facets: object) => ({
  ...marked('web'),
  'user.pets.applied': JSON.stringify({
    ...{ v: 1, generation: 1, toplevel: `/nix/store/${'0'.repeat(32)}-t` },
    facets,
  }),
});

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
    expect(actual.unmanaged).toEqual({
      copy: 'is a copy of the pet `web` of project `p`',
      db: 'belongs to the pets project `q`',
      old: 'was made by incus-pet',
      toString: 'does not bear any mark of pets',
    });
  });

  test('one whose rename was begun is ours under either name', () => {
    const config = { ...marked('old'), 'user.pets.becoming': 'new' };
    const before = observe([instance('old', { config })]).apps[0];
    expect(before).toMatchObject({ name: 'old', renamingTo: 'new' });
    expect(before?.modifiedKeys).not.toContain('user.pets.app');
    const after = observe([instance('new', { config })]).apps[0];
    expect(after).toMatchObject({ name: 'new', renamingTo: null });
    expect(after?.modifiedKeys).toContain('user.pets.app');
    // Folders are made of these names.
    const odd = { ...marked('new'), 'user.pets.becoming': '../../etc' };
    expect(observe([instance('new', { config: odd })]).apps[0]?.renamingTo).toBeNull();
    const moved = { 'user.pets.project': 'p', 'user.pets.app': '../../etc', 'user.pets.becoming': 'new' };
    expect(observe([instance('new', { config: moved })]).apps[0]?.renamedFrom).toBeNull();
    expect(observe([instance('third', { config })]).apps).toEqual([]);
  });

  test('what the daemon cannot do is passed on', () => {
    const seen = { project: 'p', wanted: WANTED, inherited: {}, instances: [], volumes: [], host: host({}) };
    expect(actualFrom({ ...seen, unshareable: 'an old kernel', missingImages: [] }).sharedStoreBlocker).toBe(
      'an old kernel',
    );
  });
});

describe('the store', () => {
  test('is shared where any of the host’s folders is there, so that a missing one is repaired', () => {
    expect(only({ devices: { 'nix-store': STORE } })).toMatchObject({ store: 'shared' });
    expect(only({ devices: { 'nix-store': STORE } }).modifiedKeys).toContain('nix-profiles');
    expect(only({ devices: { web: proxy('tcp:127.0.0.1:80') } })).toMatchObject({ store: 'copy' });
  });

  test('of its own hides its system from the host', () => {
    expect(only({ devices: { 'nix-store': STORE } }).facets.system).toEqual({ toplevel: '/nix/store/web' });
    expect(only({}).facets.system).toEqual({});
  });

  test('what a pet was made with and is not as it was made', () => {
    const whole = {
      'nix-store': { ...STORE, shift: 'true' },
      'nix-profiles': { type: 'disk', source: 'web' },
    };
    const config = { ...marked('web'), 'raw.lxc': 'x' };
    expect(only({ config, devices: whole }).modifiedKeys).toEqual([]);
    expect(only({ config, devices: { ...whole, 'nix-store': { path: '/t' } } }).modifiedKeys).toEqual([
      'nix-store',
    ]);
    expect(only({ devices: whole }).modifiedKeys).toEqual(['raw.lxc']);
    expect(only({}).modifiedKeys).toEqual(['security.nesting']);
  });
});

describe('exposures', () => {
  test('proxy devices by name; one that leads or listens elsewhere has nothing that pets would write', () => {
    const devices = {
      web: proxy('tcp:127.0.0.1:80'),
      'web-2': proxy('tcp:127.0.0.1:81', 'tcp:127.0.0.1:9'),
      'publish-1': { ...proxy('unix:/run/web.sock', 'tcp:127.0.0.1:9'), mode: '0660' },
      'publish-2': proxy('udp:0.0.0.0:53-54', 'udp:127.0.0.1:53-54'),
      'publish-3': { ...proxy('tcp:127.0.0.1:90'), bind: 'instance' },
      other: proxy('tcp:127.0.0.1:82'),
      'web-x': { type: 'disk' },
    };
    const app = only({ devices });
    expect(app.devices).toEqual(Object.keys(devices));
    expect(app.exposures.map((e) => [e.device, e.role, e.binding && formatBinding(e.binding)])).toEqual([
      ['web', 'web', '127.0.0.1:80'],
      ['web-2', 'web', null],
      ['publish-1', 'publish', 'unix:/run/web.sock'],
      ['publish-2', 'publish', '0.0.0.0:53-54/udp'],
      ['publish-3', 'publish', null],
    ]);
    expect(app.exposures[2]).toMatchObject({ connect: 'tcp:127.0.0.1:9', value: devices['publish-1'] });
    expect(app.facets.exposure).toEqual({
      listen: '127.0.0.1:80, tcp:127.0.0.1:81 to tcp:127.0.0.1:9',
      'publish.unix:/run/web.sock': 'tcp:127.0.0.1:9 mode=0660',
      'publish.0.0.0.0:53-54/udp': 'udp:127.0.0.1:53-54',
      forwarder: 'dead',
    });
  });

  test('that were applied and are gone are known to be nothing', () => {
    const config = applied({
      exposure: { listen: '127.0.0.1:80', 'publish.127.0.0.1:81': 'tcp:127.0.0.1:9' },
    });
    expect(only({ config }).facets.exposure).toEqual({ listen: null, 'publish.127.0.0.1:81': null });
    const devices = { 'publish-1': proxy('tcp:127.0.0.1:81', 'tcp:127.0.0.1:10') };
    expect(only({ config, devices, status: 'Stopped' }).facets.exposure).toEqual({
      listen: null,
      'publish.127.0.0.1:81': 'tcp:127.0.0.1:10',
    });
  });

  const both = { web: proxy('tcp:0.0.0.0:80'), 'publish-1': proxy('udp:127.0.0.1:81-82') };
  test.each<[string, Record<string, ReturnType<typeof proxy>>, string[], string | undefined]>([
    ['Running', { web: proxy('tcp:127.0.0.1:80') }, [], 'dead'],
    ['Running', { web: proxy('tcp:127.0.0.1:80') }, ['tcp:127.0.0.1:80'], undefined],
    ['Running', { web: proxy('tcp:127.0.0.1:80') }, ['udp:127.0.0.1:80'], 'dead'],
    ['Running', both, ['tcp:[::]:80', 'udp:127.0.0.1:81'], 'dead'],
    ['Frozen', both, ['tcp:[::]:80', 'udp:127.0.0.1:81', 'udp:127.0.0.1:82'], undefined],
    ['Running', { 'publish-1': proxy('unix:/run/web.sock') }, ['unix:/run/web.sock'], undefined],
    ['Running', { 'publish-1': proxy('unix:/run/web.sock') }, [], 'dead'],
    ['Stopped', both, [], undefined],
  ])('%s, %j, listening %j: forwarder %s', (status, devices, sockets, forwarder) => {
    const open = Object.fromEntries(sockets.map((s) => [s, 'forwarder']));
    expect(only({ status: parseInstanceState(status), devices }, open).facets.exposure?.['forwarder']).toBe(
      forwarder,
    );
  });
});

describe('storage', () => {
  const volume: Volume = {
    pool: 'ssd',
    name: 'p.old.data',
    app: 'web',
    volume: 'data',
    size: '1GiB',
    copies: false,
    usedBy: ['web'],
  };
  const disk = (source: string, more: object = {}) => ({
    type: 'disk',
    pool: 'ssd',
    source,
    path: '/d',
    ...more,
  });

  test('volumes are known by their marks, folders by where they are', () => {
    const devices = {
      'volume-other': disk('p.old.data'),
      'volume-lost': disk('nobody-knows', { path: '/l' }),
      'bind-1': { type: 'disk', source: '/srv', path: '/b', readonly: 'true' },
      'bind-2': { type: 'disk', source: '/opt', path: '/c' },
      root: disk('', { path: '/' }),
    };
    const app = only({ devices }, {}, [volume, { ...volume, volume: 'unlimited', size: null }]);
    expect(app.attachments).toEqual([
      { kind: 'volume', device: 'volume-other', volume: 'data', path: '/d' },
      { kind: 'volume', device: 'volume-lost', volume: 'lost', path: '/l' },
      { kind: 'bind', device: 'bind-1', source: '/srv', path: '/b', readOnly: true },
      { kind: 'bind', device: 'bind-2', source: '/opt', path: '/c', readOnly: false },
    ]);
    expect(app.facets.storage).toEqual({
      'volume.data': '/d',
      'size.data': '1GiB',
      'volume.lost': '/l',
      'bind./b': '/srv:ro',
      'bind./c': '/opt',
    });
  });

  test('that was applied and is gone is known to be nothing; another app’s volume does not count', () => {
    const storage = { 'volume.data': '/d', 'size.data': '1GiB', 'bind./b': '/srv' };
    const app = only({ config: applied({ storage }) }, {}, [{ ...volume, app: 'db' }]);
    expect(app.facets.storage).toEqual({ 'volume.data': null, 'size.data': null, 'bind./b': null });
  });
});

describe('config', () => {
  test('limits are always known', () => {
    expect(only({}).facets.limits).toEqual({ memory: null, cpu: null, autostart: null });
    const config = { ...marked('web'), 'limits.memory': '1GiB', 'limits.cpu.allowance': '50%' };
    expect(only({ config }).facets.limits).toMatchObject({ memory: '1GiB', cpu: '50%' });
    expect(only({ config: { ...config, 'limits.cpu': '2' } }).facets.limits).toMatchObject({ cpu: '2' });
  });

  test('of the passthrough only what was given, as it is now', () => {
    const given = {
      'config.user.a': '1',
      'config.limits.processes': '5',
      'device.gpu': '{}',
      'device.gone': '{}',
      profiles: 'default',
    };
    const config = { ...applied({ container: given }), 'user.a': '2', 'user.b': 'x' };
    const devices = { gpu: { type: 'gpu', id: '0' }, more: { type: 'none' } };
    expect(only({ config, devices, profiles: ['default', 'big'] }).facets.container).toEqual({
      'config.user.a': '2',
      'config.limits.processes': null,
      'device.gpu': '{"id":"0","type":"gpu"}',
      'device.gone': null,
      profiles: 'default,big',
    });
    expect(only({}).facets.container).toEqual({});
  });
});

test('what Incus protects is seen, by the instance itself or by a profile', () => {
  const own = {
    ...marked('web'),
    'security.protection.delete': 'true',
    'security.protection.start': 'false',
  };
  const { apps } = observe([
    instance('web', { config: own }),
    instance('db', { expanded_config: { ...marked('db'), 'security.protection.start': '1' } }),
    instance('api'),
  ]);
  expect(apps.map(({ protections }) => protections)).toEqual([
    [{ against: 'delete', by: 'instance' }],
    [{ against: 'start', by: 'profile' }],
    [],
  ]);
});
