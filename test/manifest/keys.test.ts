import { describe, expect, test } from '@jest/globals';
import type { ManifestApp } from '../../src/domain/manifest.js';
import { manifestOf, problemsIn } from './reading.js';

/** The app `web` with these lines in its table. */
function textOf(lines: string): string {
  const source = /^(flake-ref|config|toplevel) /m.test(lines) ? '' : 'flake-ref = "."\n';
  return `project = "x"\n[apps.web]\n${source}${lines}\n`;
}

function appWith(lines: string): ManifestApp {
  const [app] = manifestOf(textOf(lines)).apps;
  if (!app) throw new Error('no app');
  return app;
}

/** The first line of each problem, with its hint. */
function refusals(text: string): string[] {
  const lines = problemsIn(text).split('\n');
  return lines.flatMap((line, i) => {
    if (!line.startsWith('pets.toml:')) return [];
    const rest = lines.slice(i + 1);
    const end = rest.findIndex((one) => one.startsWith('pets.toml:'));
    const hint = rest.slice(0, end < 0 ? undefined : end).find((one) => one.startsWith('  hint: '));
    return [
      `${line.replace(/^pets\.toml:\d+:\d+: (?:apps\.web\.?)?/, '')}${hint ? ` (${hint.slice(8)})` : ''}`,
    ];
  });
}

const HASH = '0'.repeat(32);
const SYSTEM = `/nix/store/${HASH}-nixos-system-web`;

describe('what keys stand for', () => {
  test.each<[lines: string, expected: Partial<ManifestApp> | Record<string, unknown>]>([
    [
      'config = "hosts/web.nix"',
      { source: { kind: 'config', file: { written: 'hosts/web.nix', path: '/srv/homelab/hosts/web.nix' } } },
    ],
    [`toplevel = "${SYSTEM}"`, { source: { kind: 'toplevel', path: SYSTEM } }],
    [
      'flake-ref = ".#nixosConfigurations.web"',
      { source: { ref: { attribute: 'nixosConfigurations.web' } } },
    ],
    [
      'modules = ["./a.nix", "/etc/b"]',
      { modules: [{ path: '/srv/homelab/a.nix' }, { path: '/etc/b', written: '/etc/b' }] },
    ],
    [
      'volumes = { data = "/var/lib/x", a.path = "/b", a.size = "10GiB" }',
      {
        volumes: [
          { name: 'a', path: '/b', size: '10GiB' },
          { name: 'data', path: '/var/lib/x', size: null },
        ],
      },
    ],
    [
      'volumes = { constructor = "/a", toString = "/b" }',
      { volumes: [{ name: 'constructor' }, { name: 'toString' }] },
    ],
    ['volumes = { a = "/x", b = "/xy/z" }', { volumes: [{ path: '/x' }, { path: '/xy/z' }] }],
    [
      'binds = ["./site:/srv/site:ro:create", "../x:/y"]',
      {
        binds: [
          {
            source: { written: './site', path: '/srv/homelab/site' },
            path: '/srv/site',
            readOnly: true,
            create: true,
          },
          { source: { written: '../x', path: '/srv/x' }, path: '/y', readOnly: false, create: false },
        ],
      },
    ],
    ['limits = { memory = "25%", cpu = 2 }', { limits: { memory: '25%', cpu: '2' } }],
    ['limits.cpu = "0-3,5"', { limits: { memory: null, cpu: '0-3,5' } }],
    ['autostart = false', { autostart: false }],
    ['timeout = "90s"', { timeout: 90_000 }],
    ['timeout = "24h"', { timeout: 86_400_000 }],
    ['', { stopTimeout: 30_000 }],
    ['stop-timeout = "10m"', { stopTimeout: 600_000 }],
    ['keep = 100', { keep: 100 }],
    [
      'activation = "restart"\nstore = "copy"\nimage = "my/alias-1.0"',
      { activation: 'restart', store: 'copy', image: 'my/alias-1.0' },
    ],
    ['was = "old"', { was: 'old' }],
    ['', { health: { check: { kind: 'stable' }, timeoutMs: 60_000, intervalMs: 1000, successes: 4 } }],
    ['health = false', { health: null }],
    [
      'health = { path = "/healthz" }',
      {
        health: {
          check: { kind: 'http', path: '/healthz', status: [200], port: 8080 },
          timeoutMs: 60_000,
          intervalMs: 1000,
          successes: 2,
        },
      },
    ],
    [
      'health = { path = "/a?b=%20", status = [503, 204, 503], port = 9000 }',
      { health: { check: { path: '/a?b=%20', status: [204, 503], port: 9000 } } },
    ],
    ...['notes.example.org', 'notes.example.org:8443', '127.0.0.1', '[::1]:80', 'localhost'].map(
      (host): [string, Record<string, unknown>] => [
        `health = { path = "/", host = "${host}" }`,
        { health: { check: { path: '/', host } } },
      ],
    ),
    [
      'health = { tcp = true, timeout = "5m", interval = "10s", successes = 1 }',
      {
        health: { check: { kind: 'tcp', port: 8080 }, timeoutMs: 300_000, intervalMs: 10_000, successes: 1 },
      },
    ],
    ['health.unit = "a@b-c.service"', { health: { check: { kind: 'unit', unit: 'a@b-c.service' } } }],
    [
      'health.command = ["check", "", "$HOME; x"]',
      { health: { check: { kind: 'command', command: ['check', '', '$HOME; x'] } } },
    ],
    ['volumes.data = "/x"', { stateful: true }],
    ['volumes.data = "/x"\nstateful = false', { stateful: false }],
    ['stateful = false', { stateful: false }],
    [
      'incus.config = { "limits.processes" = 5, "user.x" = true, "user.y" = 1.5, "user.z" = "z" }',
      {
        incus: {
          config: { 'limits.processes': '5', 'user.x': 'true', 'user.y': '1.5', 'user.z': 'z' },
          devices: {},
          profiles: null,
        },
      },
    ],
    [
      'incus = { devices.gpu = { type = "gpu", id = 0 }, profiles = [] }',
      {
        incus: { config: {}, devices: { gpu: { type: 'gpu', id: '0' } }, profiles: [] },
      },
    ],
    [
      'incus.devices.disk = { type = "disk", path = "/", pool = "default" }',
      { incus: { devices: { disk: { path: '/' } } } },
    ],
  ])('%s', (lines, expected) => {
    expect(appWith(lines)).toMatchObject(expected);
  });

  test('exposures', () => {
    const { publish } = appWith(`listen = "::1"
[[apps.web.publish]]
port = 53
protocol = "udp"
[[apps.web.publish]]
port = "5000-5010"
to = 80
listen = "0.0.0.0"
[[apps.web.publish]]
port = "6000-6001"
to = "7000-7001"
[[apps.web.publish]]
socket = "run/web.sock"
mode = "660"`);
    const guest = (first: number, last = first, protocol = 'tcp') => ({ protocol, first, last });
    expect(publish).toEqual([
      {
        binding: { protocol: 'udp', address: '::1', first: 53, last: 53 },
        to: guest(53, 53, 'udp'),
        mode: null,
      },
      {
        binding: { protocol: 'tcp', address: '0.0.0.0', first: 5000, last: 5010 },
        to: guest(80),
        mode: null,
      },
      {
        binding: { protocol: 'tcp', address: '::1', first: 6000, last: 6001 },
        to: guest(7000, 7001),
        mode: null,
      },
      { binding: { protocol: 'unix', path: '/srv/homelab/run/web.sock' }, to: guest(8080), mode: '0660' },
    ]);
  });

  test('[defaults] fills in what an app does not say, limits key by key', () => {
    const { apps } = manifestOf(`project = "x"
[defaults]
listen = "::1"
limits = { memory = "1GiB", cpu = 2 }
health = { path = "/healthz", timeout = "2m" }
autostart = true
timeout = "1h"
stop-timeout = "2m"
keep = 3
activation = "switch"
store = "copy"
image = "base"
[apps.a]
flake-ref = "."
[apps.b]
flake-ref = "."
limits.cpu = "50%"
health = { tcp = true }
autostart = false
stop-timeout = "45s"
keep = 9
[[apps.b.publish]]
port = 1
`);
    expect(apps[0]).toMatchObject({
      limits: { memory: '1GiB', cpu: '2' },
      health: { check: { path: '/healthz' }, timeoutMs: 120_000 },
      autostart: true,
      timeout: 3_600_000,
      stopTimeout: 120_000,
      keep: 3,
      activation: 'switch',
      store: 'copy',
      image: 'base',
    });
    expect(apps[1]).toMatchObject({
      limits: { memory: '1GiB', cpu: '50%' },
      health: { check: { kind: 'tcp' }, timeoutMs: 60_000 },
      autostart: false,
      stopTimeout: 45_000,
      keep: 9,
      publish: [{ binding: { address: '::1' } }],
    });
  });
});

describe('sources', () => {
  const NEEDED =
    'exactly one of `flake-ref`, `config` and `toplevel` is needed (flake-ref = "github:owner/repo")';
  test.each([
    [
      'config = "a.nix"\nflake-ref = "."',
      [
        'config: an app has exactly one of `flake-ref`, `config` and `toplevel`; this one has `flake-ref` (take one of them out)',
      ],
    ],
    ['flake-ref = 1', ['flake-ref: expected a flake reference, got 1']],
    [
      `toplevel = "${SYSTEM}"\nnixpkgs = "."\nmodules = []\nnixos = {}`,
      ['nixpkgs', 'modules', 'nixos'].map(
        (key) => `${key}: has no effect with \`toplevel\`: that system is built already`,
      ),
    ],
    [
      'toplevel = "./result"',
      [
        'toplevel: expected a store path, /nix/store/<hash>-<name>, got "./result" (what a link such as ./result leads to: `readlink -f result`)',
      ],
    ],
    [
      `toplevel = "${SYSTEM}/init"`,
      [
        `toplevel: expected a store path, /nix/store/<hash>-<name>, got "${SYSTEM}/init" (the system itself: "${SYSTEM}")`,
      ],
    ],
    [
      `toplevel = "/nix/store/${'e'.repeat(32)}-x"`,
      [`toplevel: expected a store path, /nix/store/<hash>-<name>, got "/nix/store/${'e'.repeat(32)}-x"`],
    ],
    ['config = ""', ['config: the path is empty']],
    [
      'config = "~/x.nix"',
      ['config: `~` is not expanded, got "~/x.nix" (write ./folder or an absolute path)'],
    ],
    [
      'config = "github:a/b"',
      [
        'config: expected the path of a NixOS configuration, got "github:a/b" (flakes are named with `flake-ref`)',
      ],
    ],
    ['modules = "./a.nix"', ['modules: expected a list of paths such as ["./extra.nix"], got "./a.nix"']],
    [
      'modules = ["./a.nix", 1, "a\\u0000"]',
      [
        'modules[1]: expected the path of a NixOS module, got 1',
        'modules[2]: a path has no control characters, got "a\\u0000"',
      ],
    ],
  ])('%s', (lines, expected) => {
    expect(refusals(textOf(lines))).toEqual(expected);
  });

  test('none at all', () => {
    expect(refusals('project = "x"\n[apps.web]\nport = 1\n')).toEqual(
      [NEEDED].map((one) => one.replace(/^/, 'apps.web: ').replace('apps.web: ', ': ')),
    );
  });

  test('a nixpkgs of [defaults] may stand beside a toplevel', () => {
    expect(problemsIn(`project = "x"\ndefaults.nixpkgs = "nixpkgs"\napps.web.toplevel = "${SYSTEM}"\n`)).toBe(
      'ok',
    );
  });
});

describe('refused', () => {
  const SIZE = 'expected a size such as "10GiB" or "500MB", got';
  test.each<[lines: string, ...expected: string[]]>([
    ['publish = 1', 'publish: expected a list of tables, each under [[apps.<name>.publish]], got 1'],
    [
      '[apps.web.publish]\nport = 1',
      'publish: expected a list of tables, each under [[apps.<name>.publish]], got a table',
    ],
    ['[[apps.web.publish]]', 'publish[0]: one of `port` and `socket` is needed (port = 5000)'],
    [
      '[[apps.web.publish]]\nprot = 1\nport = 0',
      'publish[0].prot: unknown key (did you mean `port`?)',
      'publish[0].port: expected a port from 1 to 65535, got 0',
    ],
    [
      'publish = [{ port = "80" }]',
      'publish[0].port: expected a port from 1 to 65535, got "80" (without quotes: 80)',
    ],
    ['publish = [{ port = "90-80" }]', 'publish[0].port: the range "90-80" runs backwards ("80-90")'],
    [
      'publish = [{ port = "80:90" }]',
      'publish[0].port: expected a port from 1 to 65535, got "80:90" (a range is written "5000-5010")',
    ],
    [
      'publish = [{ port = "5000-5009", to = "1-2" }]',
      'publish[0].to: 10 ports on the host cannot lead to 2 in the app (as many on both sides, or one in the app)',
    ],
    [
      'publish = [{ port = 5000, to = "1-2" }]',
      'publish[0].to: 1 port on the host cannot lead to 2 in the app (as many on both sides, or one in the app)',
    ],
    [
      'publish = [{ port = 1, protocol = "upd" }]',
      'publish[0].protocol: expected "tcp" or "udp", got "upd" (did you mean "udp"?)',
    ],
    ['publish = [{ port = 1, mode = "0660" }]', 'publish[0].mode: has a meaning for a `socket` only'],
    [
      'publish = [{ socket = "/a", port = 1, listen = "::1", to = "1-2" }]',
      'publish[0].port: has no meaning beside `socket`',
      'publish[0].listen: has no meaning beside `socket`',
      'publish[0].to: a socket leads to one port of the app',
    ],
    [
      'publish = [{ socket = "@a" }]',
      'publish[0].socket: a socket is a file here, not an abstract name (write ./web.sock or an absolute path)',
    ],
    [
      `publish = [{ socket = "/${'a'.repeat(107)}" }]`,
      "publish[0].socket: a socket's path has at most 107 bytes",
    ],
    [
      'publish = [{ socket = "./" }]',
      'publish[0].socket: expected the path of a socket, got the folder "./"',
    ],
    [
      'publish = [{ socket = "/a", mode = 660 }]',
      'publish[0].mode: expected permissions such as "0660", got 660',
    ],
    [
      'publish = [{ socket = "/a", mode = "0999" }]',
      'publish[0].mode: expected permissions such as "0660", got "0999"',
    ],

    ['volumes = ["/a"]', 'volumes: expected a table of volumes: { data = "/var/lib/web" }, got an array'],
    ['volumes.data = 1', 'volumes.data: expected a path in the guest, got 1'],
    [
      'volumes.data = { size = "1GiB", pth = "/a" }',
      'volumes.data.pth: unknown key (did you mean `path`?)',
      'volumes.data: `path` is missing (path = "/var/lib/web")',
    ],
    ['volumes."my data" = "/a"', 'volumes."my data": a volume has a name of 1 to 40'],
    ['volumes.__proto__ = "/a"', 'volumes.__proto__: a volume has a name of 1 to 40'],
    ['volumes.data = "var/lib"', 'volumes.data: expected an absolute path in the guest, got "var/lib"'],
    [
      'volumes.data = "/var/lib/"',
      'volumes.data: expected a path without `.`, `..` and needless `/`, got "/var/lib/" (did you mean "/var/lib"?)',
    ],
    ['volumes.data = "/"', 'volumes.data: `/` is the root disk of the guest'],
    ['volumes.data = "/nix/var"', 'volumes.data: "/nix/var": /nix is not to be mounted over'],
    ['volumes.data = "/dev"', 'volumes.data: "/dev": /dev is not to be mounted over'],
    [
      'volumes = { a = "/x" }\nbinds = ["./x:/x"]',
      'binds[0]: "/x" is where the volume `a` is mounted (give one of them another path)',
    ],
    ['binds = ["./x:/x", "./y:/x"]', 'binds[1]: "/x" is where the bind of "./x" is mounted'],
    [
      'volumes.a = "/x"\nincus.devices.d = { type = "disk", path = "/x/" }',
      'incus.devices.d: "/x" is where the volume `a` is mounted',
    ],
    [
      'volumes = { a = "/x", b = "/x/y" }',
      'volumes.b: "/x/y" is inside of the volume `a`, which is mounted at "/x" (mount it beside that)',
    ],
    ['volumes = { a = "/x/y/z", b = "/x" }', 'volumes.a: "/x/y/z" is inside of the volume `b`'],
    [
      'volumes.a = "/x/y"\nbinds = ["./s:/x"]',
      'volumes.a: "/x/y" is inside of the bind of "./s", which is mounted at "/x"',
    ],
    [
      'volumes.a = "/x"\nincus.devices.d = { type = "disk", path = "/x/y/" }',
      'incus.devices.d: "/x/y" is inside of the volume `a`',
    ],
    ['volumes.a = { path = "/x", size = "10G" }', `volumes.a.size: ${SIZE} "10G" (did you mean "10GiB"?)`],
    [
      'volumes.a = { path = "/x", size = "10 gib" }',
      `volumes.a.size: ${SIZE} "10 gib" (did you mean "10GiB"?)`,
    ],
    ['volumes.a = { path = "/x", size = "100" }', `volumes.a.size: ${SIZE} "100" (with a unit: "100B")`],
    ['volumes.a = { path = "/x", size = "9EiB" }', `volumes.a.size: ${SIZE} "9EiB"`],
    ['volumes.a = { path = "/x", size = 10 }', `volumes.a.size: ${SIZE} 10`],

    [
      'binds = ["site:/srv"]',
      'binds[0]: "site" is no path (./site for a folder beside the manifest; volumes are named in `volumes`)',
    ],
    ['binds = ["./site"]', 'binds[0]: expected "source:path", got "./site"'],
    [
      'binds = ["~/site:/srv"]',
      'binds[0]: `~` is not expanded, got "~/site" (write ./folder or an absolute path)',
    ],
    ['binds = [":/srv"]', 'binds[0]: the path is empty'],
    ['binds = ["./a:b"]', 'binds[0]: expected an absolute path in the guest, got "b"'],
    ['binds = ["./a:/b:rw"]', 'binds[0]: unknown option "rw" (without `ro` it is writable)'],
    ['binds = ["./a:/b:craete"]', 'binds[0]: unknown option "craete" (did you mean `create`?)'],
    ['binds = ["./a:/b:ro:ro"]', 'binds[0]: the option "ro" stands twice'],

    [
      'limits.memory = "0%"',
      'limits.memory: expected a size such as "512MiB", or a share of the host\'s memory such as "25%", got "0%" (from 1% to 100%, a whole number)',
    ],
    ['limits.memroy = "1GiB"', 'limits.memroy: unknown key (did you mean `memory`?)'],
    ['limits = 5', 'limits: expected a table, got 5'],
    ['limits.cpu = 0', 'limits.cpu: expected a number of CPUs'],
    [
      'limits.cpu = 0.5',
      'limits.cpu: expected a number of CPUs such as 2, a set of them such as "0-3", or a share such as "50%", got 0.5 ("50%")',
    ],
    [
      'limits.cpu = "2"',
      'limits.cpu: expected a number of CPUs such as 2, a set of them such as "0-3", or a share such as "50%", got "2" (2 is that many, "2-2" is that one)',
    ],
    ['limits.cpu = "3-1"', 'limits.cpu: expected a number of CPUs'],
    ['memory = "1GiB"', 'memory: unknown key (`memory` belongs in [apps.<name>.limits])'],

    ['autostart = "true"', 'autostart: expected true or false, got "true" (without quotes: true)'],
    ['timeout = 90', 'timeout: expected a duration such as "90s" or "10m", got 90'],
    [
      'timeout = "90"',
      'timeout: expected a duration such as "90s", "10m" or "1h", got "90" (with a unit: "90s")',
    ],
    ['timeout = "25h"', 'timeout: expected a duration such as "90s", "10m" or "1h", got "25h" (at most 24h)'],
    ['stateful = true', 'stateful: has no effect without `volumes` (only volumes are snapshotted'],
    ['stateful = true\nvolumes = {}', 'stateful: has no effect without `volumes`'],
    ['stateful = 1', 'stateful: expected true or false, got 1'],

    [
      'health = true',
      'health: expected false, or a table such as { path = "/healthz" }, got true (without the key no unit may fail',
    ],
    [
      'health = "/healthz"',
      'health: expected false, or a table such as { path = "/healthz" }, got "/healthz"',
    ],
    [
      'health = {}',
      'health: exactly one of `path`, `tcp`, `unit` and `command` is needed (path = "/healthz")',
    ],
    [
      'health = { path = "/", unit = "x.service", tcp = true }',
      'health.tcp: there is exactly one way to check; this one has `path` (take one of them out)',
      'health.unit: there is exactly one way to check; this one has `path` (take one of them out)',
    ],
    [
      'health = { unit = "x.service", status = [200], port = 80 }',
      'health.status: has no effect without `path`',
      'health.port: has no effect without `path` or `tcp`',
    ],
    ['health = { tcp = true, status = [200] }', 'health.status: has no effect without `path`'],
    [
      'health.path = "healthz"',
      'health.path: expected a path such as "/healthz", got "healthz" (it begins with `/`)',
    ],
    ['health.path = "/a b"', 'health.path: expected a path such as "/healthz", got "/a b" (visible ASCII'],
    ['health.path = "/a\\r\\nX: y"', 'health.path: expected a path such as "/healthz", got "/a\\r\\nX: y"'],
    ['health.path = "/é"', 'health.path: expected a path such as "/healthz", got "/é" (visible ASCII'],
    [
      'health = { path = "/", status = 200 }',
      'health.status: expected a list of status codes such as [200, 204], got 200',
    ],
    ['health = { tcp = true, host = "a.b" }', 'health.host: has no effect without `path`'],
    [
      'health = { path = "/", host = "https://a.b/c" }',
      'health.host: expected a host name such as "notes.example.org", got "https://a.b/c" (did you mean "a.b"?)',
    ],
    [
      'health = { path = "/", host = "a\\r\\nX: y" }',
      'health.host: expected a host name such as "notes.example.org", got "a\\r\\nX: y"',
    ],
    ['health = { path = "/", status = [] }', 'health.status: no answer would do: the list is empty'],
    [
      'health = { path = "/", status = [103, 600, 200.5] }',
      'health.status[0]: expected a number from 200 to 599, got 103',
      'health.status[1]: expected a number from 200 to 599, got 600',
      'health.status[2]: expected a number from 200 to 599, got 200.5',
    ],
    [
      'health = { path = "/", port = "80" }',
      'health.port: expected a port from 1 to 65535, got "80" (without quotes: 80)',
    ],
    ['health.tcp = false', 'health.tcp: expected true, got false'],
    ['health.tcp = 8080', 'health.tcp: expected true, got 8080'],
    [
      'health.unit = "web"',
      'health.unit: expected the name of a unit such as "web.service", got "web" (did you mean "web.service"?)',
    ],
    [
      'health.unit = "web@.service"',
      'health.unit: expected the name of a unit such as "web.service", got "web@.service" (of a template one of its units: "web@1.service")',
    ],
    ['health.unit = "--all.service"', 'health.unit: expected the name of a unit'],
    ['health.unit = "a b.service"', 'health.unit: expected the name of a unit'],
    ['health.unit = "*.service"', 'health.unit: expected the name of a unit'],
    [`health.unit = "${'a'.repeat(248)}.service"`, 'health.unit: expected the name of a unit'],
    [
      'health.command = "check"',
      'health.command: expected a list of a program and its arguments such as ["web-check", "--all"], got "check"',
    ],
    ['health.command = []', 'health.command: the first word is the program'],
    ['health.command = ["a\\u0000"]', 'health.command[0]: an argument has no NUL'],
    ['health = { tcp = true, successes = 0 }', 'health.successes: expected a number from 1 to 100, got 0'],
    [
      'health = { tcp = true, timeout = 5 }',
      'health.timeout: expected a duration such as "90s" or "10m", got 5',
    ],
    [
      'health = { tcp = true, interval = "1m", successes = 2 }',
      'health.interval: 2 tries, 1m apart, do not fit into 1m',
    ],
    ['health = { tcp = true, tiemout = "5s" }', 'health.tiemout: unknown key (did you mean `timeout`?)'],

    ['keep = 0', 'keep: expected a number from 1 to 100, got 0'],
    ['keep = 101', 'keep: expected a number from 1 to 100, got 101'],
    [
      'activation = "swich"',
      'activation: expected "auto" or "switch" or "restart", got "swich" (did you mean "switch"?)',
    ],
    [
      'image = "images:nixos/25.11"',
      'image: expected an alias of the daemon\'s own image store, got "images:nixos/25.11" (incus image copy images:nixos/25.11 local: --alias nixos/25.11)',
    ],
    [
      'image = "nginx:1.27"',
      'image: expected an alias of the daemon\'s own image store, got "nginx:1.27" (such as "nixos/25.11"; pets run NixOS, and no images of Docker: `flake-ref` says what runs)',
    ],
    [
      'image = "-x"',
      'image: expected the alias of an image, got "-x" (such as "nixos/25.11"; pets run NixOS, and no images of Docker: `flake-ref` says what runs)',
    ],

    [
      'incus.config.limits.processes = 5',
      'incus.config.limits: "limits" is no config key',
      'incus.config.limits: expected text, a number, true or false, got a table (a key with dots is quoted: "limits.processes" = 100)',
    ],
    [
      'incus.config = { "limits.memory" = "1GiB" }',
      'incus.config."limits.memory": this key is not to be set here (use `limits.memory`)',
    ],
    [
      'incus.config = { "user.x" = "" }',
      'incus.config."user.x": an empty value sets nothing (leave the key out)',
    ],
    ['incus.devices.a = { path = "/x" }', 'incus.devices.a: a device has a `type`'],
    [
      'incus.devices.a = { type = "dsik" }',
      'incus.devices.a: "dsik" is no type of device (did you mean `disk`?)',
    ],
    [
      'incus.devices.a = { type = "proxy" }',
      'incus.devices.a: exposures are not written here (use `publish`: its ports are checked)',
    ],
    [
      'incus.devices.a = { type = "disk", path = "/nix/store" }',
      'incus.devices.a: /nix in the guest is where its system comes from',
    ],
    ['incus.devices."a/b" = { type = "nic" }', 'incus.devices."a/b": expected a device name'],
    ['incus.devices = { a = { type = "nic", x = {} } }', 'incus.devices.a.x: expected text'],
    ['incus.profiles = ["a,b"]', 'incus.profiles[0]: expected the name of a profile, got "a,b"'],
    ['incus.confg = {}', 'incus.confg: unknown key (did you mean `config`?)'],
  ])('%s', (lines, ...expected) => {
    const found = refusals(textOf(lines));
    expect(found).toHaveLength(expected.length);
    for (const one of expected) expect(found).toContainEqual(expect.stringContaining(one));
  });

  test.each([
    'user.pets.app',
    'user.incus-pet.listen',
    'volatile.uuid',
    'raw.lxc',
    'raw.idmap',
    'security.nesting',
    'security.privileged',
    'limits.memory',
    'limits.cpu',
    'limits.cpu.allowance',
    'boot.autostart',
  ])('config key %s', (key) => {
    expect(refusals(textOf(`incus.config = { "${key}" = "1" }`))).toEqual([
      expect.stringContaining('this key is not to be set here'),
    ]);
  });

  test.each(['web', 'web-2', 'publish-1', 'bind-12', 'volume-data', 'nix-store', 'nix-profiles'])(
    'device %s',
    (name) => {
      expect(refusals(textOf(`incus.devices.${name} = { type = "nic" }`))).toEqual([
        expect.stringContaining('this name is for a device of pets'),
      ]);
    },
  );

  test.each([
    'cloud-init.user-data',
    'boot.autostart.priority',
    'security.syscalls.deny',
    'limits.processes',
    'environment.A_B',
    'linux.sysctl.net.ipv4.ip_forward',
  ])('config key %s is fine', (key) => {
    expect(refusals(textOf(`incus.config = { "${key}" = "1" }`))).toEqual([]);
  });

  test('the path of every problem has its place in the file', () => {
    expect(
      problemsIn(
        textOf('[[apps.web.publish]]\nport = 1\n[[apps.web.publish]]\nport = 99999\nlisten = "::1"'),
      ),
    ).toContain(
      'pets.toml:7:8: apps.web.publish[1].port: expected a port from 1 to 65535, got 99999\n  7 | port = 99999\n    |        ^^^^^',
    );
  });

  test('a key that is missing is told at its table', () => {
    const shown = problemsIn(textOf('volumes.data = { size = "1GiB" }'));
    expect(shown.split('\n').slice(0, 3).join('\n')).toBe(
      'pets.toml:4:9: apps.web.volumes.data: `path` is missing\n  4 | volumes.data = { size = "1GiB" }\n    |         ^^^^',
    );
  });

  test('a default that is wrong is told once, and no app falls back to another', () => {
    const text =
      'project = "x"\ndefaults.listen = "lan"\n[apps.a]\nflake-ref = "."\nport = 1\n[apps.b]\nflake-ref = "."\nport = 1\n';
    expect(refusals(text)).toEqual([expect.stringContaining('defaults.listen: expected an IP address')]);
  });
});
