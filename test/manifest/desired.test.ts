import { describe, expect, test } from '@jest/globals';
import { desiredFrom, hostPaths, localFiles, localRefs } from '../../src/manifest/desired.js';
import type { DesiredInputs, ContentHash } from '../../src/domain/desired.js';
import { emptyLock } from '../../src/manifest/lock.js';
import { UNKNOWN } from '../../src/domain/facet.js';
import type { Lock } from '../../src/domain/manifest.js';
import { manifestOf } from './reading.js';

const MANIFEST = manifestOf(`
  project = "homelab"
  [apps.anywhen]
  flake-ref = "github:srid/anywhen"
  port = 7700
  [apps.web]
  flake-ref = "./web#nixosModules.site"
  nixpkgs = "../nixpkgs"
  [apps.wiki]
  flake-ref = "./web"
  port = 7701
  listen = "::1"
`);

const ANYWHEN = { locked: 'github:srid/anywhen/abc?narHash=sha256-x', narHash: 'sha256-x', rev: 'abc' };
const LOCK: Lock = { version: 1, refs: { 'github:srid/anywhen': ANYWHEN } };
const HASHES: Record<string, ContentHash> = {
  'path:/srv/homelab/web': { hash: 'sha256-web' },
  'path:/srv/nixpkgs': { problem: { message: 'no such folder: /srv/nixpkgs' } },
};
const UNLOCKED_NIXPKGS = 'unlocked:github:nixos/nixpkgs/nixos-25.11';

const NOTHING: DesiredInputs = {
  lock: emptyLock,
  contentHashes: {},
  fileHashes: {},
  paths: {},
  secrets: {},
  platform: 'x86_64-linux',
};

function desired(lock: Lock = LOCK, contentHashes: Record<string, ContentHash> = HASHES) {
  return desiredFrom(MANIFEST, { ...NOTHING, lock, contentHashes });
}

/** Facets of which the manifest says nothing. */
const EMPTY = { storage: {}, limits: {}, container: {} };

test('facets hold what is compared, and nothing else', () => {
  const { project, apps } = desired();
  expect(project).toBe('homelab');
  expect(apps.map(({ name, facets }) => [name, facets])).toEqual([
    [
      'anywhen',
      {
        system: {
          name: 'anywhen',
          source: `${ANYWHEN.locked}#nixosModules.incus`,
          nixpkgs: UNLOCKED_NIXPKGS,
          platform: 'x86_64-linux',
        },
        exposure: { listen: '127.0.0.1:7700' },
        ...EMPTY,
        meta: { 'flake-ref': 'github:srid/anywhen' },
        power: { state: 'running' },
      },
    ],
    [
      'web',
      {
        system: {
          name: 'web',
          source: 'sha256-web#nixosModules.site',
          nixpkgs: UNKNOWN,
          platform: 'x86_64-linux',
        },
        exposure: { listen: null },
        ...EMPTY,
        meta: { 'flake-ref': './web#nixosModules.site' },
        power: { state: 'running' },
      },
    ],
    [
      'wiki',
      {
        system: {
          name: 'wiki',
          source: 'sha256-web#nixosModules.incus',
          nixpkgs: UNLOCKED_NIXPKGS,
          platform: 'x86_64-linux',
        },
        exposure: { listen: '[::1]:7701' },
        ...EMPTY,
        meta: { 'flake-ref': './web' },
        power: { state: 'running' },
      },
    ],
  ]);
});

test('sources are local, remote or missing', () => {
  const [anywhen, web] = desired().apps;
  expect(anywhen?.source).toMatchObject({ kind: 'remote', locked: ANYWHEN });
  expect(anywhen?.nixpkgs).toMatchObject({ kind: 'remote', locked: null });
  expect(anywhen?.listen).toEqual({ address: '127.0.0.1', port: 7700 });
  expect(web?.source).toMatchObject({ kind: 'local', contentHash: 'sha256-web' });
  expect(web?.nixpkgs).toMatchObject({
    kind: 'missing',
    problem: { message: 'no such folder: /srv/nixpkgs' },
  });
  expect(web?.listen).toBeNull();
});

test('a folder that nobody has read is missing', () => {
  expect(desired(LOCK, {}).apps[1]?.source).toMatchObject({
    kind: 'missing',
    problem: { message: '/srv/homelab/web has not been read' },
  });
});

test('a ref named like an inherited property is not in the lock', () => {
  const manifest = manifestOf('project = "x"\n[apps.a]\nflake-ref = "constructor"\n');
  const [app] = desiredFrom(manifest, NOTHING).apps;
  expect(app?.source).toMatchObject({ kind: 'remote', locked: null });
});

const ALL = manifestOf(`
  project = "homelab"
  [apps.config]
  config = "./host.nix"
  modules = ["./b.nix", "./a.nix"]
  nixos.services."a b" = { on = true, list = [1, 1.0], big = 9007199254740993 }
  nixos.empty = {}
  port = 7700
  volumes = { data = "/data", up = { path = "/up", size = "1GiB" } }
  binds = ["./site:/site:ro", "./logs:/logs:create"]
  limits = { memory = "25%", cpu = "50%" }
  autostart = true
  incus = { config = { "limits.processes" = 5 }, devices.gpu = { type = "gpu", id = 0 }, profiles = ["a", "b"] }
  [[apps.config.publish]]
  port = "5000-5001"
  to = 80
  [[apps.config.publish]]
  port = 53
  protocol = "udp"
  listen = "::1"
  [[apps.config.publish]]
  socket = "./run/web.sock"
  mode = "0666"
  [apps.top]
  toplevel = "/nix/store/00000000000000000000000000000000-x"
  limits.cpu = 2
`);

const HERE: DesiredInputs = {
  ...NOTHING,
  fileHashes: Object.fromEntries(
    ['host.nix', 'a.nix', 'b.nix'].map((name) => [`/srv/homelab/${name}`, { hash: name }]),
  ),
  paths: { '/srv/homelab/site': 'folder', '/srv/homelab/run': 'folder' },
};

test('what must be looked up before: flakes, files, paths, each once', () => {
  expect(localRefs(MANIFEST).map(({ url }) => url)).toEqual(['path:/srv/homelab/web', 'path:/srv/nixpkgs']);
  expect(localFiles(ALL).map(({ path }) => path)).toEqual(
    ['host.nix', 'b.nix', 'a.nix'].map((name) => `/srv/homelab/${name}`),
  );
  expect(hostPaths(ALL)).toEqual(
    ['site', 'logs', 'run/web.sock', 'run'].map((name) => `/srv/homelab/${name}`),
  );
  const local = (source: string) =>
    localRefs(manifestOf(`project = "x"\ndefaults.nixpkgs = "./n"\n[apps.a]\n${source}\n`));
  expect(local('config = "./c.nix"').map(({ written }) => written)).toEqual(['./n']);
  expect(local('toplevel = "/nix/store/00000000000000000000000000000000-x"')).toEqual([]);
});

test('facets of an app that says everything', () => {
  const [config, top] = desiredFrom(ALL, HERE).apps;
  expect(config?.facets).toEqual({
    system: {
      name: 'config',
      source: 'host.nix',
      nixpkgs: UNLOCKED_NIXPKGS,
      platform: 'x86_64-linux',
      modules: 'b.nix a.nix',
      'nixos.services."a b".on': 'true',
      'nixos.services."a b".list': '[1,1.0]',
      'nixos.services."a b".big': '9007199254740993',
      'nixos.empty': '{}',
    },
    exposure: {
      listen: '127.0.0.1:7700',
      'publish.127.0.0.1:5000-5001': 'tcp:127.0.0.1:80',
      'publish.[::1]:53/udp': 'udp:127.0.0.1:53',
      'publish.unix:/srv/homelab/run/web.sock': 'tcp:127.0.0.1:8080 mode=0666',
    },
    storage: {
      'volume.data': '/data',
      'volume.up': '/up',
      'size.up': '1GiB',
      'bind./site': '/srv/homelab/site:ro',
      'bind./logs': '/srv/homelab/logs',
    },
    limits: { memory: '25%', cpu: '50%', autostart: 'true' },
    container: { 'config.limits.processes': '5', 'device.gpu': '{"id":"0","type":"gpu"}', profiles: 'a,b' },
    meta: { 'flake-ref': null },
    power: { state: 'running' },
  });
  expect(config).toMatchObject({
    config: {
      'limits.memory': '25%',
      'limits.cpu.allowance': '50%',
      'boot.autostart': 'true',
      'limits.processes': '5',
    },
    exposures: [
      { role: 'web', connect: 'tcp:127.0.0.1:8080' },
      { role: 'publish' },
      { role: 'publish' },
      { mode: '0666' },
    ],
    problems: [],
  });
  expect(top?.facets.system).toEqual({
    name: 'top',
    source: '/nix/store/00000000000000000000000000000000-x',
    platform: 'x86_64-linux',
  });
  expect(top?.config).toEqual({ 'limits.cpu': '2' });
});

test.each<[lines: string, health: Record<string, string> | undefined]>([
  ['', undefined],
  ['health = false', { check: 'none' }],
  ['health = { path = "/healthz", status = [200], port = 8080 }', { check: 'http /healthz' }],
  ['health = { path = "/", status = [204, 200] }', { check: 'http / 200,204' }],
  ['health = { path = "/", status = [204], port = 9000 }', { check: 'http / 204 :9000' }],
  ['health = { path = "/", host = "a.b" }', { check: 'http /', host: 'a.b' }],
  ['health = { tcp = true, timeout = "60s", interval = "1s", successes = 2 }', { check: 'tcp' }],
  ['health = { tcp = true, port = 9000 }', { check: 'tcp :9000' }],
  ['health.unit = "x.service"', { check: 'unit x.service' }],
  ['health.command = ["a", "b c"]', { check: 'command ["a","b c"]' }],
  [
    'health = { tcp = true, timeout = "2m", interval = "5s", successes = 3 }',
    { check: 'tcp', timeout: '2m', interval: '5s', successes: '3' },
  ],
])('the facet of `%s`: only what is not as by default', (lines, health) => {
  const text = `project = "x"\n[apps.a]\nflake-ref = "."\n${lines}\n`;
  const [app] = desiredFrom(manifestOf(text), HERE).apps;
  expect(app?.facets.health).toEqual(health);
});

test('without the key something must listen where the exposures lead, but for ranges', () => {
  const checkOf = (lines: string) => {
    const text = `project = "x"\n[apps.a]\nflake-ref = "."\n${lines}\n`;
    return desiredFrom(manifestOf(text), HERE).apps[0]?.health?.check;
  };
  expect(checkOf('')).toEqual({ kind: 'stable' });
  expect(checkOf('publish = [{ port = "90-91", to = "90-91" }]')).toEqual({ kind: 'stable' });
  const udp = '{ port = 53, to = 5300, protocol = "udp" }';
  expect(
    checkOf(`port = 80\npublish = [{ port = 81, to = 8080 }, ${udp}, { socket = "/run/a.sock" }]`),
  ).toEqual({
    kind: 'stable',
    listens: [
      { protocol: 'tcp', port: 8080 },
      { protocol: 'udp', port: 5300 },
    ],
  });
  expect(checkOf('port = 80\nhealth.unit = "x.service"')).toEqual({ kind: 'unit', unit: 'x.service' });
});

test('`stateful` is a field only where the volumes do not say it', () => {
  const metaOf = (lines: string) => {
    const text = `project = "x"\n[apps.a]\nflake-ref = "./a"\n${lines}\n`;
    return desiredFrom(manifestOf(text), HERE).apps[0]?.facets.meta;
  };
  const plain = { 'flake-ref': './a' };
  expect(metaOf('')).toEqual(plain);
  expect(metaOf('stateful = false')).toEqual(plain);
  expect(metaOf('volumes.data = "/x"\nstateful = true')).toEqual(plain);
  expect(metaOf('volumes.data = "/x"\nstateful = false')).toEqual({ ...plain, stateful: 'false' });
  // What a stop may take is known of an app of which no manifest says anything any more.
  expect(metaOf('stop-timeout = "30s"')).toEqual(plain);
  expect(metaOf('stop-timeout = "120s"')).toEqual({ ...plain, 'stop-timeout': '2m' });
});

describe('what the host lacks', () => {
  const lacks = (inputs: Partial<DesiredInputs>, manifest = ALL) =>
    desiredFrom(manifest, { ...HERE, ...inputs }).apps.flatMap(({ problems }) =>
      problems.map(({ app, path, message }) => `${app ?? ''} ${path?.slice(2).join('.') ?? ''}: ${message}`),
    );

  test.each<[Partial<DesiredInputs>, string[]]>([
    [{}, []],
    [{ paths: { ...HERE.paths, '/srv/homelab/run/web.sock': 'socket', '/srv/homelab/logs': 'folder' } }, []],
    [{ paths: { ...HERE.paths, '/srv/homelab/site': 'file' } }, []],
    [
      { paths: {} },
      [
        'config binds.0: there is no /srv/homelab/site',
        'config publish.2.socket: there is no folder /srv/homelab/run for the socket',
      ],
    ],
    [
      { paths: { ...HERE.paths, '/srv/homelab/logs': 'file' } },
      ['config binds.1: /srv/homelab/logs is a file'],
    ],
    [
      { paths: { ...HERE.paths, '/srv/homelab/run/web.sock': 'file' } },
      ['config publish.2.socket: /srv/homelab/run/web.sock is there, and no socket'],
    ],
    [
      { paths: { ...HERE.paths, '/srv/homelab/run': 'file' } },
      ['config publish.2.socket: there is no folder /srv/homelab/run for the socket'],
    ],
    [
      { fileHashes: { ...HERE.fileHashes, '/srv/homelab/a.nix': { problem: { message: 'no such file' } } } },
      ['config modules.1: no such file'],
    ],
    [
      { fileHashes: {} },
      ['config config', 'config modules.0', 'config modules.1'].map(
        (at, i) => `${at}: /srv/homelab/${['host', 'b', 'a'][i] ?? ''}.nix has not been read`,
      ),
    ],
  ])('%j', (inputs, expected) => {
    expect(lacks(inputs)).toEqual(expected);
  });

  test('flakes', () => {
    expect(lacks({ contentHashes: HASHES }, MANIFEST)).toEqual(['web nixpkgs: no such folder: /srv/nixpkgs']);
    expect(lacks({}, MANIFEST)).toEqual([
      'web flake-ref: /srv/homelab/web has not been read',
      'web nixpkgs: /srv/nixpkgs has not been read',
      'wiki flake-ref: /srv/homelab/web has not been read',
    ]);
  });

  test('nobody misses the nixpkgs of a system that is built', () => {
    const manifest = manifestOf(
      'project = "x"\ndefaults.nixpkgs = "./n"\n[apps.a]\ntoplevel = "/nix/store/00000000000000000000000000000000-x"\n',
    );
    expect(lacks({}, manifest)).toEqual([]);
  });
});
