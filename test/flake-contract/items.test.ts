import { describe, expect, test } from '@jest/globals';
import type { DeclaredService, Facts, Inspection, Settings } from '../../src/domain/contract.js';
import { contractItems, prerequisites, serviceOf } from '../../src/flake-contract/items.js';
import type { Problem } from '../../src/domain/problem.js';

const SETTINGS: Settings = {
  enable: true,
  hostname: 'web',
  stateVersion: '25.05',
  services: { web: { enable: true, host: '0.0.0.0', port: 8080 } },
  opened: [],
};
const TYPES: Readonly<Record<string, string>> = {
  enable: 'boolean',
  package: 'package',
  port: '16 bit integer',
};
const declaring = (names: readonly string[], module = 'default'): DeclaredService => ({
  module,
  options: names.map((name) => ({ name, type: TYPES[name] ?? 'string' })),
});
const WHOLE: Facts = {
  kind: 'module',
  version: '25.11.20260110.e1a2b3c',
  outputs: ['nixosModules', 'packages'],
  inputs: [],
  isLocked: true,
  platforms: ['x86_64-linux'],
  packages: ['default'],
  mainPrograms: { default: 'web' },
  modules: ['default', 'incus'],
  homeModules: [],
  arguments: [],
  services: { web: declaring(['enable', 'host', 'package', 'port']) },
  settings: SETTINGS,
  drv: '/nix/store/x.drv',
};
const examined = (
  facts: Partial<Facts>,
  problem: Problem | null = null,
  unseen: Inspection['unseen'] = {},
) => ({
  facts: { ...WHOLE, ...facts },
  ...{ problem, unseen },
  attribute: 'nixosModules.incus',
  platform: 'x86_64-linux',
});
/** What is not ok: `missing name: found ⟶ what to write`. */
const flaws = (...what: Parameters<typeof examined>) =>
  contractItems(examined(...what)).flatMap(({ name, status, found, write }) =>
    status === 'ok'
      ? []
      : [`${status} ${name}${found === null ? '' : `: ${found}`}${write === null ? '' : ` ⟶ ${write}`}`],
  );
const set = (settings: Partial<Settings>) => ({ settings: { ...SETTINGS, ...settings } });

test('a flake that has all of it', () => {
  expect(contractItems(examined({})).map(({ status, name }) => `${status} ${name}`)).toEqual([
    'ok packages.x86_64-linux.default',
    'ok packages.x86_64-linux.default.meta.mainProgram',
    'ok nixosModules.default',
    'ok services.web.enable',
    'ok services.web.package',
    'ok services.web.host',
    'ok services.web.port',
    'ok nixosModules.incus',
    'ok incus.container.enable',
    'ok incus.container.hostname',
    'ok system.stateVersion',
    'ok networking.firewall.allowedTCPPorts',
    'ok system.build.toplevel',
  ]);
});

describe('each thing that is not as it should be has its name, and what to write', () => {
  const service = (host: string | null, port: number | null, enable = true) =>
    set({ services: { web: { enable, host, port } } });
  const options = (...names: string[]) => ({ services: { web: declaring(names) } });
  test.each<[string, Partial<Facts>, string[]]>([
    [
      'no package',
      { packages: [], platforms: [] },
      [
        'missing packages.x86_64-linux.default ⟶ packages.x86_64-linux.default = pkgs.callPackage ./package.nix { };',
        'unknown packages.x86_64-linux.default.meta.mainProgram: packages.x86_64-linux.default is missing',
      ],
    ],
    [
      'a package under another name',
      { packages: ['my server'] },
      [
        'missing packages.x86_64-linux.default: there is packages.x86_64-linux."my server" ⟶ packages.x86_64-linux.default = self.packages.x86_64-linux."my server";',
        expect.stringContaining('unknown') as unknown as string,
      ],
    ],
    [
      'a package for others',
      { packages: [], platforms: ['aarch64-linux'] },
      [
        expect.stringContaining('there are packages for aarch64-linux only') as unknown as string,
        expect.stringContaining('unknown') as unknown as string,
      ],
    ],
    [
      'no mainProgram',
      { mainPrograms: { default: null } },
      [
        'missing packages.x86_64-linux.default.meta.mainProgram: nobody can tell which of its programs is the service ⟶ meta.mainProgram = "the name of the program in bin/";',
      ],
    ],
    [
      'not enabled',
      service('0.0.0.0', 8080, false),
      ['wrong services.web.enable: it is false ⟶ services.web.enable = true;'],
    ],
    [
      'another port',
      service('0.0.0.0', 3000),
      ['wrong services.web.port: it is 3000 ⟶ services.web.port = 8080;'],
    ],
    [
      'another address',
      service('10.0.0.1', 8080),
      ['wrong services.web.host: it is "10.0.0.1" ⟶ services.web.host = lib.mkDefault "0.0.0.0";'],
    ],
    [
      'no package option',
      options('enable', 'host', 'port'),
      [
        'missing services.web.package ⟶ options.services.web.package = lib.mkOption { type = lib.types.package; };',
      ],
    ],
    [
      'a worker',
      { ...options('enable', 'package'), ...set({ services: { web: { enable: true } } }) },
      [
        'missing services.web.host: only what listens on nothing can do without ⟶ options.services.web.host = lib.mkOption { type = lib.types.str; default = "127.0.0.1"; };',
        'missing services.web.port: only what listens on nothing can do without ⟶ options.services.web.port = lib.mkOption { type = lib.types.port; default = 8080; };',
      ],
    ],
    [
      'no enable',
      options('package', 'host', 'port'),
      ['missing services.web.enable ⟶ options.services.web.enable = lib.mkEnableOption "web";'],
    ],
    [
      'incus.container.enable',
      set({ enable: false }),
      ['missing incus.container.enable ⟶ incus.container.enable = true;'],
    ],
    [
      'incus.container.hostname',
      set({ hostname: null }),
      ['missing incus.container.hostname ⟶ incus.container.hostname = lib.mkDefault "web";'],
    ],
    [
      'stateVersion',
      set({ stateVersion: null }),
      ['missing system.stateVersion ⟶ system.stateVersion = "25.11";'],
    ],
    [
      'the firewall',
      set({
        opened: [
          { file: '<unknown-file>', ports: [80, 443] },
          { file: `/nix/store/${'0'.repeat(32)}-source/a/b.nix`, ports: [22] },
        ],
      }),
      [
        'wrong networking.firewall.allowedTCPPorts: opened: 80, 443 by the module; 22 by a/b.nix. pets opens 8080, and nothing else reaches a pet',
      ],
    ],
  ])('%s', (_, facts, expected) => {
    expect(flaws(facts)).toEqual(expected);
  });

  test.each<[string, readonly string[], Settings['services'][string], string[]]>([
    ['an address of another name', ['listenAddress', 'port'], { listenAddress: '0.0.0.0', port: 8080 }, []],
    [
      'the wrong one',
      ['settings.server.addr', 'port'],
      { 'settings.server.addr': '10.0.0.1', port: 8080 },
      [
        'wrong services.web.settings.server.addr: it is "10.0.0.1" ⟶ services.web.settings.server.addr = lib.mkDefault "0.0.0.0";',
      ],
    ],
    [
      'options that nobody could guess, and that have been given what a pet needs',
      ['settings'],
      { 'settings.x.socket': '0.0.0.0', 'settings.x.n': 8080 },
      [],
    ],
    ['one for both', ['endpoint'], { endpoint: '[::]:8080' }, []],
    [
      'one for both, with another port',
      ['listen'],
      { listen: '0.0.0.0:9428' },
      [
        'wrong services.web.listen: it is "0.0.0.0:9428" ⟶ services.web.listen = lib.mkDefault "0.0.0.0:8080";',
      ],
    ],
    [
      'two that could be it, and no port',
      ['bind', 'address'],
      {},
      [
        'missing services.web.host: it could be bind and address ⟶ options.services.web.host = lib.mkOption { type = lib.types.str; default = "127.0.0.1"; };',
        expect.stringContaining('missing services.web.port: only what listens') as unknown as string,
      ],
    ],
    [
      'a database’s address is none',
      ['database.host', 'database.port'],
      { 'database.host': '127.0.0.1', 'database.port': 5432 },
      [
        expect.stringContaining('missing services.web.host') as unknown as string,
        expect.stringContaining('missing services.web.port') as unknown as string,
      ],
    ],
  ])('where it listens: %s', (_, names, values, expected) => {
    const facts = { services: { web: declaring(['enable', 'package', ...names]) } };
    expect(flaws({ ...facts, ...set({ services: { web: { enable: true, ...values } } }) })).toEqual(expected);
  });

  test('a module of another name is offered as the default', () => {
    const facts = { kind: null, modules: ['notes'], settings: null, drv: null };
    const services = { notes: declaring(['enable', 'host', 'package', 'port'], 'notes') };
    const lacks =
      'missing nixosModules.default: there is nixosModules.notes ⟶ nixosModules.default = self.nixosModules.notes;';
    expect(flaws({ ...facts, services })[0]).toBe(lacks);
    // Where there is a module for containers, what the others declare is not looked at.
    expect(flaws({ ...set({}), modules: ['incus', 'notes'], services: null })[0]).toBe(lacks);
    expect(flaws({ ...facts, modules: ['a', 'b'], services: {} })[0]).toBe(
      'missing nixosModules.default: there is nixosModules.a and nixosModules.b',
    );
    expect(prerequisites(examined({ ...facts, services }), 'notes')).toEqual([]);
  });

  test('no module for containers: it is missing, and what it would set is not known', () => {
    const found = flaws({ kind: null, modules: ['default'], settings: null, drv: null });
    expect(found).toEqual([
      'missing nixosModules.incus: `pets init --contract` writes it',
      'unknown incus.container.enable: the module is missing',
      'unknown incus.container.hostname: the module is missing',
      'unknown system.stateVersion: the module is missing',
      'unknown networking.firewall.allowedTCPPorts: the module is missing',
      'unknown system.build.toplevel: the module is missing',
    ]);
  });

  test('only home-manager: that is said, with why it is not enough', () => {
    const facts = { modules: [], homeModules: ['homeManagerModules.default'], kind: null, services: null };
    expect(flaws({ ...facts, settings: null }).slice(0, 2)).toEqual([
      expect.stringMatching(
        /^missing nixosModules\.default: there is only `homeManagerModules\.default`, .*session.*one of the system ⟶ nixosModules\.default = /,
      ),
      'unknown services.<app>.enable: nixosModules.default is missing',
    ]);
  });

  test('it does not evaluate: Nix’ words; an argument that nobody gives is the reason', () => {
    const problem = { code: 'evaluation-failed' as const, message: 'infinite recursion', hint: 'think' };
    expect(flaws({ arguments: ['inputs', 'pkgs'], drv: null }, problem)).toEqual([
      expect.stringContaining('wrong nixosModules.incus: it takes `inputs`, which nobody gives it'),
      'wrong system.build.toplevel: infinite recursion (think)',
    ]);
    // What sets its own arguments does evaluate.
    expect(flaws({ arguments: ['inputs'] })).toEqual([]);
  });
});

describe('what could not be seen says why, and is not taken for missing', () => {
  const problem = { code: 'evaluation-failed' as const, message: 'no argument x', hint: 'think' };
  const words = 'no argument x (think)';
  const main = 'packages.x86_64-linux.default.meta.mainProgram';
  test.each<[string, Partial<Facts>, Inspection['unseen'], string[]]>([
    [
      'the package',
      { mainPrograms: {} },
      { mainPrograms: problem },
      [
        `wrong packages.x86_64-linux.default: ${words}`,
        `unknown ${main}: packages.x86_64-linux.default does not evaluate`,
      ],
    ],
    [
      'the packages',
      { packages: [], platforms: [], mainPrograms: {} },
      { packages: problem, platforms: problem, mainPrograms: problem },
      [
        `wrong packages.x86_64-linux.default: ${words}`,
        `unknown ${main}: packages.x86_64-linux.default does not evaluate`,
      ],
    ],
    [
      'the modules',
      { modules: [], homeModules: [] },
      { modules: problem },
      [
        `wrong nixosModules.default: ${words}`,
        ...['enable', 'package', 'host', 'port'].map(
          (option) => `unknown services.web.${option}: nixosModules.default does not evaluate`,
        ),
      ],
    ],
    [
      'the service',
      { services: null, settings: { ...SETTINGS, hostname: null } },
      { services: problem },
      [
        `wrong nixosModules.default: ${words}`,
        ...['enable', 'package', 'host', 'port'].map(
          (option) => `unknown services.<app>.${option}: nixosModules.default does not evaluate`,
        ),
        'missing incus.container.hostname ⟶ incus.container.hostname = lib.mkDefault "<app>";',
      ],
    ],
    [
      'the module for containers',
      { kind: null, settings: null },
      { kind: problem },
      [
        `wrong nixosModules.incus: ${words}`,
        'unknown incus.container.enable: the module does not evaluate',
        'unknown incus.container.hostname: the module does not evaluate',
        'unknown system.stateVersion: the module does not evaluate',
        'unknown networking.firewall.allowedTCPPorts: the module does not evaluate',
        'unknown system.build.toplevel: the module does not evaluate',
      ],
    ],
  ])('%s', (_, facts, unseen, expected) => {
    expect(flaws(facts, null, unseen)).toEqual(expected);
  });
});

test('of a whole system only what pets does not set itself is asked', () => {
  expect(flaws({ kind: 'system', modules: [], packages: [], ...set({ stateVersion: null }) })).toEqual([
    'missing system.stateVersion ⟶ system.stateVersion = "25.11";',
  ]);
});

test.each<[string, string | null, Pick<Facts, 'services' | 'settings'>]>([
  ['the only one', 'a', { services: { a: declaring([]) }, settings: null }],
  [
    'the one that is enabled',
    'b',
    {
      services: { a: declaring(['enable']), b: declaring([]) },
      settings: { ...SETTINGS, services: { b: { enable: true } } },
    },
  ],
  [
    'the one with the host’s name',
    'web',
    { services: { a: declaring(['enable']), web: declaring([]) }, settings: { ...SETTINGS, services: {} } },
  ],
  [
    'one that can be enabled',
    'b',
    { services: { a: declaring([]), b: declaring(['enable']) }, settings: null },
  ],
  ['none', null, { services: {}, settings: null }],
])('the service is %s', (_, name, facts) => {
  expect(serviceOf(facts)).toBe(name);
});

test('what must be there before there is a module for containers', () => {
  const facts = { kind: null, settings: null, modules: ['default'] } as const;
  expect(prerequisites(examined(facts), 'web')).toEqual([]);
  expect(
    prerequisites(examined({ ...facts, services: { web: declaring(['enable', 'package', 'port']) } }), 'web'),
  ).toMatchObject([{ name: 'services.web.host', status: 'missing' }]);
  const services = { web: declaring(['enable', 'package', 'port', 'where']) };
  expect(prerequisites(examined({ ...facts, services }), 'web', { host: 'where', port: 'port' })).toEqual([]);
});
