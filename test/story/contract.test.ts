import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { onTerminal } from './terminal.js';
import { answerOf, freePorts, must, run, standIn, Story, watchedNix } from './rig.js';

type Report = { ok: boolean; items: { name: string; status: string; found: string; write: string }[] };

const EXAMPLE_INCUS = /\n *# The service as a pet[^]*?\n {6}};\n/;

describe('pets check', () => {
  const story = new Story('check');
  const check = (ref: string, ...more: readonly string[]) =>
    story.pets(['check', ref, '--nixpkgs', standIn(), ...more]);
  const flaws = async (folder: string) => {
    const { code, stdout } = await check(`./${folder}`, '--json');
    const { ok, items } = JSON.parse(stdout) as Report;
    expect([code, ok]).toEqual([1, false]);
    return items.flatMap(({ status, name }) => (status === 'ok' ? [] : [`${status} ${name}`]));
  };
  /** The example with other text in place of some, in each of its files. */
  const changed = (folder: string, ...edits: readonly (readonly [RegExp | string, string])[]) => {
    story.flake(folder);
    for (const file of ['flake.nix', 'module.nix']) {
      const text = story.read(`${folder}/${file}`);
      story.write(
        `${folder}/${file}`,
        edits.reduce((now, [from, to]) => now.replace(from, to), text),
      );
    }
  };
  afterAll(() => story.cleanUp());

  test('a flake that has all of it: 0, each item by name, one evaluation, nothing built and no container', async () => {
    story.flake('web');
    const { env, calls } = watchedNix(story);
    const { code, stdout } = await story.pets(['check', './web', '--nixpkgs', standIn()], env);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ {2}ok +services\.hello-web\.port +8080$/m);
    expect(stdout).toContain('The contract is met');
    expect(calls().map((call) => call.split(' ')[4])).toEqual(['eval']);
    expect(await story.instances()).toEqual([]);
    expect(existsSync(join(story.folder, 'web/flake.lock'))).toBe(false);
  });

  test('each thing that is missing or wrong, as the whole of it, and what to write', async () => {
    changed(
      'bad',
      ['incus.container.enable = true;', 'networking.firewall.allowedTCPPorts = [ 9000 ];'],
      [/incus\.container\.hostname.*/, ''],
      [/system\.stateVersion.*/, ''],
      ['port = 8080;\n', 'port = 3000;\n'],
      [/ host = lib\.mkOption \{[^}]*\};/, ''],
      ['host = lib.mkDefault "0.0.0.0";', ''],
      ['HOST = cfg.host;', ''],
    );
    expect(await flaws('bad')).toEqual([
      'missing services.hello-web.host',
      'wrong services.hello-web.port',
      'missing incus.container.enable',
      'missing incus.container.hostname',
      'missing system.stateVersion',
      'wrong networking.firewall.allowedTCPPorts',
      'wrong system.build.toplevel',
    ]);
    const { stdout } = await check('./bad');
    expect(stdout).toMatch(
      /wrong +services\.hello-web\.port +it is 3000\n +write: services\.hello-web\.port = 8080;/,
    );
    expect(stdout).toContain('7 items');
  });

  test('a flake of home-manager: its module is no service of the system', async () => {
    story.write('home/flake.nix', '{ outputs = { self }: { homeManagerModules.default = { }; }; }');
    const { code, stdout } = await check('./home');
    expect(code).toBe(1);
    expect(stdout).toMatch(/missing +nixosModules\.default +there is only `homeManagerModules\.default`/);
    expect(stdout).toMatch(/missing +nixosModules\.incus/);
    expect(stdout).toMatch(/missing +packages\.x86_64-linux\.default/);
  });

  test('a module that does not evaluate: Nix’ words, and all that can be seen', async () => {
    changed('broken', ['port = 8080;\n', 'port = 8080; prot = 1;\n']);
    expect(await flaws('broken')).toEqual(['wrong system.build.toplevel']);
    expect((await check('./broken')).stdout).toContain('services.hello-web.prot');
    changed(
      'arguments',
      ['nixosModules.incus = { lib, pkgs, ... }', 'nixosModules.incus = { lib, pkgs, inputs, ... }'],
      ['imports = [ ', 'imports = [ inputs.more '],
    );
    const { stdout } = await check('./arguments');
    expect(stdout).toMatch(/wrong +nixosModules\.incus +it takes `inputs`, which nobody gives it/);
  });

  test.each([
    ['a flake that does not parse', './syntax', 'syntax error'],
    ['nothing there', './nothing', 'there is no'],
    ['a host that is not there', 'git+http://127.0.0.1:1/x.git', 'cannot fetch'],
  ])('%s: 1, with the words', async (_, ref, words) => {
    story.write('syntax/flake.nix', '{ outputs = ; }');
    const { code, stdout, stderr } = await check(ref);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain(words);
  });

  test('a folder that is written like a name of the registry: told, not fetched', async () => {
    const { code, stderr } = await check('web');
    expect(code).toBe(64);
    expect(stderr).toContain('./web is the folder here');
  });

  test('without --nixpkgs it is the manifest’s', async () => {
    story.manifest({});
    const { stdout } = await story.ok(['check', './web', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, nixpkgs: standIn() });
  });
});

describe('pets init', () => {
  const story = new Story('init');
  afterAll(() => story.cleanUp());

  test('writes a first manifest, and never another', async () => {
    const dry = await story.ok(['init', 'home-lab', '--dry-run']);
    expect(dry.stdout).toContain('+project = "home-lab"');
    expect(['pets.toml', 'pets.schema.json'].filter((file) => existsSync(join(story.folder, file)))).toEqual(
      [],
    );
    await story.ok(['init', 'home-lab']);
    expect((await story.ok(['validate'])).stdout).toContain('project `home-lab`: 0 apps');
    // Its first line names it, for editors.
    expect(story.read('pets.schema.json')).toBe((await story.ok(['schema'])).stdout);
    const before = story.read('pets.toml');
    const again = await story.pets(['init', 'other']);
    expect(again.code).toBe(1);
    expect(again.stderr).toContain('there is a pets.toml already');
    expect(story.read('pets.toml')).toBe(before);
  });

  test('takes the folder’s name, made a valid one', async () => {
    story.write('my site_2!/x', '');
    await run('mkdir', ['-p', join(story.folder, 'my site_2!/.git')]);
    await story.ok(['init', '--file', 'my site_2!']);
    expect(story.read('my site_2!/pets.toml')).toContain('project = "my-site-2"');
    expect((await story.pets(['init', 'no name'])).code).toBe(64);
  });
});

describe('pets init --contract', () => {
  const story = new Story('contract');
  const init = (...more: readonly string[]) =>
    story.pets(['init', '--contract', '--nixpkgs', standIn(), ...more]);
  const text = () => story.read('flake.nix');
  let port = 0;

  beforeAll(async () => {
    [port = 0] = await freePorts(1);
    story.flake('.');
    story.write('flake.nix', text().replace(EXAMPLE_INCUS, ''));
    expect(text()).not.toContain('incus');
    await must('git', ['-C', story.folder, 'init', '--quiet']);
    await must('git', ['-C', story.folder, 'add', 'flake.nix', 'module.nix', 'package.nix', 'site']);
  });
  afterAll(() => story.cleanUp());

  test('shows what it would write, and writes nothing without being told to', async () => {
    const before = text();
    const dry = await init('--dry-run');
    expect(dry.code).toBe(0);
    expect(dry.stdout).toContain('+++ incus-module.nix');
    expect(dry.stdout).toMatch(/^\+ +nixosModules\.incus = import \.\/incus-module\.nix self;$/m);
    expect(dry.stdout).not.toMatch(/^-[^-]/m);
    const unasked = await init();
    expect(unasked.code).toBe(64);
    expect(unasked.stderr).toContain('--yes');
    expect(text()).toBe(before);
    expect(existsSync(join(story.folder, 'incus-module.nix'))).toBe(false);
  });

  test('asks on a terminal, and a no is a no', async () => {
    const before = text();
    const screen = await onTerminal(
      story,
      `init --contract --nixpkgs '${standIn()}'`,
      { columns: 120, rows: 40 },
      { to: /Write this\?/, keys: 'n\r' },
    );
    expect(screen).toContain('nixosModules.incus = import');
    expect(screen).toContain('nothing was written');
    expect(screen).toContain('exit 0');
    expect(text()).toBe(before);
  });

  test('writes it, the contract is met, and `pets up` makes it answer', async () => {
    const before = text();
    const done = await init('--yes');
    expect(done.stderr).toBe('');
    expect(done.code).toBe(0);
    expect(done.stdout).toContain('The contract is met');
    expect(text().replace('      nixosModules.incus = import ./incus-module.nix self;\n', '')).toBe(before);
    story.page('.', 'a pet now');
    story.manifest({ web: `flake-ref = "."\nport = ${port}` });
    await story.ok(['up']);
    expect((await answerOf(port)).body).toBe('a pet now');
    const [after, module] = [text(), story.read('incus-module.nix')];
    const again = await init('--yes');
    expect(again).toMatchObject({ code: 0, stdout: '' });
    expect(again.stderr).toContain('already');
    expect([text(), story.read('incus-module.nix')]).toEqual([after, module]);
  });
});

describe('pets init --contract with a module that says things otherwise', () => {
  const story = new Story('otherwise');
  const init = (...more: readonly string[]) =>
    story.pets(['init', '--contract', '--nixpkgs', standIn(), ...more]);
  const [KNOWN, OTHER] = ['address = lib.mkOption { type = lib.types.str; };', 'HOST = cfg.settings.bindTo;'];
  /** The example, whose module has its address elsewhere, in a flake of some shape. */
  const flake = (modules: string, address: string, use: string) => {
    story.flake('.');
    const text = story.read('flake.nix').replace(EXAMPLE_INCUS, '');
    story.write('flake.nix', text.replace('nixosModules.default = ./module.nix;', modules));
    const module = story.read('module.nix').replace(/ host = lib\.mkOption \{[^}]*\};/, ` ${address}`);
    story.write('module.nix', module.replace('HOST = cfg.host;', use));
    rmSync(join(story.folder, 'incus-module.nix'), { force: true });
  };
  afterAll(() => story.cleanUp());

  test('a named module with an address of another name: it is made the default, and works', async () => {
    flake('nixosModules.web = ./module.nix;', KNOWN, 'HOST = cfg.address;');
    const { code, stdout } = await init('--yes');
    expect(stdout).toMatch(/^\+ +nixosModules\.default = self\.nixosModules\.web;$/m);
    expect(stdout).toMatch(/^ +ok +services\.hello-web\.address +0\.0\.0\.0$/m);
    expect([code, stdout]).toEqual([0, expect.stringContaining('The contract is met')]);
    const [port = 0] = await freePorts(1);
    story.page('.', 'told otherwise');
    story.manifest({ web: `flake-ref = "."\nport = ${port}` });
    await story.ok(['up']);
    expect((await answerOf(port)).body).toBe('told otherwise');
  });

  const settings =
    'settings = lib.mkOption { type = lib.types.attrsOf lib.types.str; default = { bindTo = "127.0.0.1"; }; };';

  test('an address that nobody can guess: refused with what to write, taken from a flag', async () => {
    flake('nixosModules = import ./modules.nix;', settings, OTHER);
    story.write('modules.nix', '{ default = ./module.nix; }');
    const none = await init('--yes');
    expect([none.code, none.stdout]).toEqual([1, '']);
    for (const words of [
      'services.hello-web.host is missing',
      '--host-option <option>',
      'settings.…',
      'nixosModules = import ./modules.nix // {',
      '# add what makes it listen',
    ])
      expect(none.stderr).toContain(words);
    const typo = await init('--yes', '--host-option', 'setings.bindTo');
    expect([typo.code, typo.stderr]).toEqual([64, expect.stringContaining('no option `setings.bindTo`')]);
    const done = await init('--yes', '--host-option', 'settings.bindTo');
    expect([done.code, done.stdout]).toEqual([0, expect.stringContaining('The contract is met')]);
    expect(story.read('flake.nix')).toContain(
      'nixosModules = import ./modules.nix // { incus = import ./incus-module.nix self; };',
    );
  });

  test('on a terminal it is asked for', async () => {
    flake('nixosModules.default = ./module.nix;', settings, OTHER);
    const screen = await onTerminal(
      story,
      `init --contract --dry-run --nixpkgs '${standIn()}'`,
      { columns: 120, rows: 60 },
      { to: /is the address that it listens on\?/, keys: 'settings.bindTo\r' },
    );
    expect(screen).toContain('settings.bindTo = "0.0.0.0";');
    expect(screen).toContain('exit 0');
  });

  test('flake-parts with a function as its flake is edited in it', async () => {
    story.flake('.');
    story.write('parts.nix', '{ mkFlake = { inputs }: module: module.flake { inherit (inputs) self; }; }');
    const module = story.read('flake.nix').replace(EXAMPLE_INCUS, '');
    const parts = module
      .replace('outputs = { self, nixpkgs }:', 'outputs = inputs@{ self, nixpkgs, ... }:')
      .replace(
        /\n {4}in\n {4}\{/,
        '\n      parts = import ./parts.nix;\n    in parts.mkFlake { inherit inputs; } { flake = { self, ... }: {',
      )
      .replace(/\n {4}\};\n\}\s*$/, '\n    }; };\n}\n');
    story.write('flake.nix', parts);
    rmSync(join(story.folder, 'incus-module.nix'), { force: true });
    const { code, stdout } = await init('--yes');
    expect([code, stdout]).toEqual([0, expect.stringContaining('The contract is met')]);
  });
});

describe('pets init --contract does not touch', () => {
  const story = new Story('refused');
  const init = (...more: readonly string[]) =>
    story.pets(['init', '--contract', '--yes', '--nixpkgs', standIn(), ...more]);
  const outputs = (more: string, head = '{ self, nixpkgs }:') =>
    `{ inputs.nixpkgs.url = "github:nixos/nixpkgs"; outputs = ${head} {
      packages.x86_64-linux.default = nixpkgs.legacyPackages.x86_64-linux.busybox; ${more}
    }; }`;
  afterAll(() => story.cleanUp());
  beforeAll(() => {
    story.flake('example');
    story.write('module.nix', story.read('example/module.nix'));
  });

  test.each([
    ['a flake without the service', outputs(''), ['nixosModules.default is missing', 'nothing was written']],
    [
      'one of home-manager',
      outputs('homeManagerModules.default = { };'),
      ['only `homeManagerModules.default`', 'must be one of the system'],
    ],
    [
      'a service without its options',
      outputs(
        'nixosModules.default = { lib, ... }: { options.services.x.enable = lib.mkEnableOption "x"; };',
      ),
      ['services.x.port is missing', 'write: options.services.x.port = '],
    ],
    [
      'what it does not understand: what to add is told',
      outputs('inherit (import ./outputs.nix) nixosModules;'),
      [
        '`nixosModules` is no set',
        'add this by hand',
        'take `nixosModules` out of the `inherit` in line 2',
        'nixosModules = (import ./outputs.nix).nixosModules // {',
        '  incus = { lib, pkgs, ... }: {',
        '  port = 8080;',
      ],
    ],
    [
      'a flake that would not evaluate any more',
      outputs('nixosModules.default = ./module.nix;', '{ self, nixpkgs }: let self = { }; in'),
      ['with the change', 'nothing was written', 'add this by hand'],
    ],
    [
      'a flake in which the change would be of no effect',
      outputs('nixosModules.other = { }; } // (import ./outputs.nix) // {'),
      ['would not have this module', 'add this by hand', 'nixosModules = outputs.nixosModules or { } // {'],
    ],
    [
      'a flake that has it',
      outputs('nixosModules.default = ./module.nix; nixosModules.incus = { };'),
      ['nixosModules.incus already'],
    ],
  ])('%s', async (name, flake, words) => {
    story.write('flake.nix', flake);
    story.write('outputs.nix', '{ nixosModules.default = ./module.nix; }');
    const { code, stderr } = await init();
    for (const word of words) expect(stderr).toContain(word);
    expect(code).toBe(name === 'a flake that has it' ? 0 : 1);
    expect(story.read('flake.nix')).toBe(flake);
    expect(readdirSync(story.folder).sort()).toEqual(['example', 'flake.nix', 'module.nix', 'outputs.nix']);
  });

  test('what git ignores: all is taken back', async () => {
    const flake = outputs('nixosModules.default = ./module.nix;');
    story.write('flake.nix', flake);
    story.write('.gitignore', 'incus-module.nix\n');
    await must('git', ['-C', story.folder, 'init', '--quiet']);
    await must('git', ['-C', story.folder, 'add', 'flake.nix', 'module.nix']);
    const { code, stderr } = await init();
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/git does not take incus-module\.nix.*nothing was written/),
    ]);
    expect(story.read('flake.nix')).toBe(flake);
    expect(existsSync(join(story.folder, 'incus-module.nix'))).toBe(false);
  });

  test('a file that is there', async () => {
    story.write('flake.nix', outputs('nixosModules.default = ./module.nix;'));
    story.write('incus-module.nix', 'mine');
    const { code, stderr } = await init();
    expect(code).toBe(1);
    expect(stderr).toContain('there is a incus-module.nix already');
    expect(story.read('incus-module.nix')).toBe('mine');
  });
});

describe('pets init --wrapper', () => {
  const story = new Story('wrapper');
  const init = (...more: readonly string[]) => story.pets(['init', '--nixpkgs', standIn(), ...more]);
  let port = 0;
  beforeAll(async () => {
    [port = 0] = await freePorts(1);
    story.flake('upstream');
    story.page('upstream', 'wrapped');
    const text = story
      .read('upstream/flake.nix')
      .replace(/\n *# The service, for any[^]*?\n {4}};/, '\n    };');
    story.write('upstream/flake.nix', text.replace('default = pkgs', 'server = pkgs'));
    expect(story.read('upstream/flake.nix')).not.toContain('nixosModules');
  });
  afterAll(() => story.cleanUp());

  test('refuses what cannot be: no such package, a folder in use, no name', async () => {
    const none = await init('--wrapper', './upstream', story.name('web'));
    expect(none.code).toBe(1);
    expect(none.stderr).toContain('./upstream#server');
    const used = await init('--wrapper', './upstream#server', 'upstream');
    expect([used.code, used.stderr]).toEqual([1, expect.stringContaining('there is a upstream already')]);
    expect((await init('--wrapper', './upstream#server')).code).toBe(64);
    expect((await init('--wrapper', './upstream#server', 'a b')).code).toBe(64);
    expect((await init('--wrapper', './upstream#server', '--contract', 'x')).code).toBe(64);
    expect(readdirSync(story.folder)).toEqual(['upstream']);
  });

  test('writes a flake that meets the contract, and `pets up` makes it answer', async () => {
    const app = story.name('web');
    const { code, stdout, stderr } = await init('--wrapper', './upstream#server', app);
    expect([stdout, code]).toEqual([expect.stringContaining('The contract is met'), 0]);
    expect(stderr).toContain('not pinned');
    expect(stderr).toContain(`flake-ref = "./${app}"`);
    expect(readdirSync(join(story.folder, app)).sort()).toEqual(['flake.nix', 'service-module.nix']);
    story.manifest({ web: `flake-ref = "./${app}"\nport = ${port}` });
    await story.ok(['up']);
    expect((await answerOf(port)).body).toBe('wrapped');
  });

  test('upstream’s module is used where it has one, and its address can be found', async () => {
    story.flake('whole');
    story.write('whole/flake.nix', story.read('whole/flake.nix').replace(EXAMPLE_INCUS, ''));
    const { code, stdout } = await init('--wrapper', './whole', 'taken');
    expect([code, stdout]).toEqual([0, expect.stringMatching(/ok +services\.hello-web\.host +0\.0\.0\.0/)]);
    expect(readdirSync(join(story.folder, 'taken'))).toEqual(['flake.nix']);
    expect(story.read('taken/flake.nix')).toContain('nixosModules.default = upstream.nixosModules.default;');
    story.write('whole/module.nix', story.read('whole/module.nix').replaceAll('host', 'where'));
    const own = await init('--wrapper', './whole', 'own');
    expect([own.code, own.stderr]).toEqual([0, expect.stringContaining('--host-option')]);
    expect(readdirSync(join(story.folder, 'own')).sort()).toEqual(['flake.nix', 'service-module.nix']);
    const told = await init('--wrapper', './whole', 'told', '--host-option', 'where');
    expect([told.code, readdirSync(join(story.folder, 'told'))]).toEqual([0, ['flake.nix']]);
  });

  test('what needs no wrapper is told so', async () => {
    story.flake('ready');
    const { code, stderr } = await init('--wrapper', './ready', 'needless');
    expect([code, stderr]).toEqual([
      0,
      expect.stringContaining('without a wrapper flake-ref = "./ready" does'),
    ]);
    story.write('module/flake.nix', '{ outputs = { self }: { nixosModules.web = { }; }; }');
    const none = await init('--wrapper', './module', 'none');
    expect([none.code, none.stderr]).toEqual([
      1,
      expect.stringContaining(
        'flake-ref = "./module#nixosModules.web", with nixos.incus.container.enable = true',
      ),
    ]);
  });

  test('one that comes from elsewhere is pinned', async () => {
    await must('tar', ['-C', story.folder, '-czf', join(story.folder, 'up.tar.gz'), 'upstream']);
    const server = createServer((_, reply) => reply.end(readFileSync(join(story.folder, 'up.tar.gz'))));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const ref = `http://127.0.0.1:${(server.address() as AddressInfo).port}/up.tar.gz`;
    const { code, stdout, stderr } = await init('--wrapper', `${ref}#server`, 'pinned');
    server.close();
    expect([stderr, stdout, code]).toEqual([
      expect.not.stringContaining('not pinned'),
      expect.stringContaining('The contract is met'),
      0,
    ]);
    const { nodes } = JSON.parse(story.read('pinned/flake.lock')) as { nodes: Record<string, unknown> };
    expect(nodes['upstream']).toMatchObject({ locked: { type: 'tarball', url: ref } });
  });

  test('one that cannot be locked leaves nothing behind', async () => {
    const { code, stderr } = await init('--wrapper', 'http://127.0.0.1:1/up.tar.gz#server', 'gone');
    expect([code, stderr]).toEqual([1, expect.stringContaining('cannot fetch')]);
    expect(existsSync(join(story.folder, 'gone'))).toBe(false);
  });
});
