import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { chmodSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Facts } from '../../src/domain/contract.js';
import { exec } from '../programs.js';
import type { AppSource, DesiredApp } from '../../src/domain/desired.js';
import type { StorePath } from '../../src/domain/names.js';
import { nixOver } from '../../src/nix/nix.js';
import type { Exec } from '../../src/lib/program.js';
import { standIn } from '../stand-in.js';
import { ASSEMBLY, petFlake, removeRunFolders, Scene } from './scene.js';

const scene = new Scene();
afterAll(() => {
  scene.cleanUp();
  removeRunFolders();
});

const label = (text: string) => `{ system.nixos.label = "${text}"; }`;

describe('a flake', () => {
  beforeAll(() => {
    const system = (modules: string) =>
      `nixpkgs.lib.nixosSystem { system = "x86_64-linux"; modules = [ ${modules} ]; specialArgs.word = "special"; }`;
    scene.write(
      'web/flake.nix',
      petFlake(
        label('incus'),
        `nixosModules.other = { incus.container.enable = true; system.nixos.label = "other"; };
         nixosConfigurations.box = ${system('({ word, ... }: { networking.hostName = "box"; system.nixos.label = "box-${word}"; })')};
         nixosConfigurations."my.host" = ${system('{ }')};
         machines.here = self.nixosConfigurations.box;
         old.config.system.build.toplevel = { };
         packages.x86_64-linux.default = nixpkgs.legacyPackages.x86_64-linux.bash;`,
      ),
    );
    scene.write('web/extra.nix', '{ incus.container.enable = false; }');
  });

  test('a module, by its attribute', async () => {
    expect(await scene.system(scene.flake('web'))).toBe('web-incus');
    expect(await scene.system(scene.flake('web#nixosModules.other'))).toBe('web-other');
  });

  test('a whole system, wherever it is, keeps what it is and becomes a pet', async () => {
    expect(await scene.system(scene.flake('web#nixosConfigurations.box'))).toBe('web-box-special');
    expect(await scene.system(scene.flake('web#machines.here'))).toBe('web-box-special');
    expect(await scene.system(scene.flake('web#nixosConfigurations."my.host"'))).toMatch(/^web-25/);
  });

  test('further modules and options are over either', async () => {
    scene.write('m/label.nix', '{ lib, ... }: { system.nixos.label = lib.mkForce "further"; }');
    const modules = [scene.path('m/label.nix')];
    expect(await scene.system(scene.flake('web'), { modules })).toBe('web-further');
    expect(await scene.system(scene.flake('web#nixosConfigurations.box'), { modules })).toBe('web-further');
    const nixos = { system: { nixos: { label: 'options' } } };
    expect(await scene.system(scene.flake('web'), { nixos })).toBe('web-options');
    expect(await scene.system(scene.flake('web#nixosConfigurations.box'), { nixos })).toBe('web-options');
  });

  test('a list takes the place of a string, in a module, a system and a configuration.nix', async () => {
    const module = `({ config, lib, ... }: {
      options.words = lib.mkOption { type = with lib.types; either str (listOf str); };
      config.words = "app";
      config.system.nixos.label = lib.concatStringsSep "-" (lib.toList config.words);
    })`;
    const system = `nixpkgs.lib.nixosSystem { system = "x86_64-linux"; modules = [ ${module} ]; }`;
    scene.write('words/flake.nix', petFlake(module, `nixosConfigurations.box = ${system};`));
    scene.write('words.nix', module);
    const nixos = { words: ['a', 'b'] };
    for (const source of [
      scene.flake('words'),
      scene.flake('words#nixosConfigurations.box'),
      scene.config('words.nix'),
    ]) {
      expect(await scene.system(source)).toBe('web-app');
      expect(await scene.system(source, { nixos })).toBe('web-a-b');
    }
  });

  test('another attribute is missing: what there is, and what could be meant', async () => {
    const typo = await scene.problem(scene.flake('web#nixosModules.othr'));
    expect(typo.message).toBe(
      "`web#nixosModules.othr` does not evaluate: the flake `web#nixosModules.othr' has no output `nixosModules.othr'; " +
        'it has: machines, nixosConfigurations.box, nixosConfigurations."my.host", nixosModules.incus, nixosModules.other, old, packages',
    );
    expect(typo.hint).toBe('did you mean `web#nixosModules.other`?');
    expect((await scene.problem(scene.flake('web#box'))).hint).toBe(
      'did you mean `web#nixosConfigurations.box`?',
    );
    expect((await scene.problem(scene.flake('web#nixosConfigurations."my.host".x'))).message).toContain(
      'has no output `nixosConfigurations."my.host".x\'',
    );
    expect((await scene.problem(scene.flake('web#quite.another'))).hint).toBeUndefined();
    scene.write('plain/flake.nix', '{ outputs = _: { nixosModules.default = { }; }; }');
    expect((await scene.problem(scene.flake('plain'))).hint).toBe(
      'did you mean `plain#nixosModules.default`?',
    );
  });

  test('what is neither a module nor a system', async () => {
    expect((await scene.problem(scene.flake('web#packages.x86_64-linux.default'))).message).toContain(
      'is a package; pets needs a NixOS module or system',
    );
    expect((await scene.problem(scene.flake('web#old'))).message).toContain('a system without extendModules');
    expect((await scene.problem(scene.flake('web#nixosConfigurations'))).message).toContain(
      'does not evaluate',
    );
  });

  test('in a dirty git tree: what is tracked, as it is now', async () => {
    const tree = new Scene();
    await tree.git('init', '--quiet');
    tree.write('flake.nix', petFlake('./label.nix'));
    tree.write('label.nix', label('committed'));
    await tree.git('add', '-A');
    await tree.git('commit', '--quiet', '--message', 'x');
    tree.write('label.nix', label('dirty'));
    expect(await tree.system(tree.flake('.'))).toBe('web-dirty');
    tree.write('flake.nix', petFlake('./untracked.nix'));
    tree.write('untracked.nix', label('untracked'));
    expect((await tree.problem(tree.flake('.'))).message).toMatch(
      /untracked\.nix.*(No such file|does not exist)/,
    );
    expect((await tree.problem(tree.flake('.'))).hint).toBe(
      `untracked.nix is not tracked by git, so Nix does not see it: git -C ${tree.folder} add untracked.nix`,
    );
    await tree.git('add', 'untracked.nix');
    expect(await tree.system(tree.flake('.'))).toBe('web-untracked');
    tree.cleanUp();
  });

  test('that reaches outside of its folder', async () => {
    scene.write('shared/label.nix', label('shared'));
    scene.write('inner/flake.nix', petFlake('../shared/label.nix'));
    expect((await scene.problem(scene.flake('inner'))).hint).toMatch(/^a flake is its own folder/);
  });

  test('whose words clash with pets’: both by names that somebody knows', async () => {
    scene.write('clash/flake.nix', petFlake('{ lib, ... }: { networking.hostName = lib.mkForce "x"; }'));
    const { message, log } = await scene.problem(scene.flake('clash'));
    expect(message).toContain('`networking.hostName');
    expect(log).toContain("`clash'");
    expect(log).toContain('[what pets sets in every app]');
    expect(log).not.toContain('container.nix');
    scene.write('clash/file.nix', '{ lib, ... }: { networking.hostName = lib.mkForce "x"; }');
    scene.write('clash/flake.nix', petFlake('./file.nix'));
    const inFile = await scene.problem(scene.flake('clash'));
    expect(inFile.log).toContain(`\`${scene.folder}/clash/file.nix'`);
  });

  test('that breaks: the place in its file', async () => {
    scene.write('breaks/flake.nix', petFlake('{\n  system.nixos.label = nothing;\n}'));
    const broken = await scene.problem(scene.flake('breaks'));
    expect(broken.log).toContain(`${scene.folder}/breaks/flake.nix:5:`);
    const tree = new Scene();
    await tree.git('init', '--quiet');
    tree.write('in/flake.nix', petFlake('{\n  system.nixos.label = nothing;\n}'));
    await tree.git('add', 'in/flake.nix');
    const url = `git+file://${tree.folder}?dir=in`;
    const ref = { written: url, url, attribute: 'nixosModules.incus', directory: tree.folder };
    const { log } = await tree.problem({ kind: 'local', ref, contentHash: '' });
    expect(log).toContain(`${tree.folder}/in/flake.nix:5:`);
    tree.cleanUp();
  });

  test('given as nixpkgs that is none', async () => {
    scene.write('none/flake.nix', '{ outputs = _: { lib = { }; }; }');
    const { ref } = scene.flake('none') as Extract<AppSource, { kind: 'local' }>;
    const nixpkgs = { kind: 'local', ref: { ...ref, attribute: '' }, contentHash: '' } as const;
    expect((await scene.problem(scene.flake('web'), { nixpkgs })).message).toBe(
      '`web` does not evaluate: the flake given as nixpkgs has no lib.nixosSystem',
    );
  });

  test('is the same flake whenever it is copied', async () => {
    scene.write('dated/flake.nix', petFlake('{ system.nixos.label = self.lastModifiedDate; }'));
    expect(await scene.system(scene.flake('dated'))).toBe('web-19700101000001');
  });
});

describe('a configuration.nix', () => {
  test('with its own imports, in its folder or above', async () => {
    scene.write('hosts/web/configuration.nix', '{ imports = [ ../../common.nix ./hardware ]; }');
    scene.write(
      'common.nix',
      '{ networking.hostName = "common"; system.nixos.label = builtins.readFile ./label.txt; }',
    );
    scene.write('label.txt', 'read');
    scene.write('hosts/web/hardware/default.nix', '{ services.dbus.implementation = "broker"; }');
    expect(await scene.system(scene.config('hosts/web/configuration.nix'))).toBe('web-read');
  });

  test('a folder with default.nix; links; modules that share a file with it', async () => {
    scene.write('folder/default.nix', '{ imports = [ ./link.nix ../shared.nix ]; }');
    scene.write('real/real.nix', '{ lib, ... }: { system.nixos.label = lib.mkForce (import ./name.nix); }');
    scene.write('real/name.nix', '"linked"');
    symlinkSync('../real/real.nix', join(scene.folder, 'folder/link.nix'));
    scene.write('shared.nix', '{ lib, ... }: { options.shared = lib.mkOption { default = 1; }; }');
    scene.write('more.nix', '{ imports = [ ./shared.nix ]; }');
    const modules = [scene.path('more.nix')];
    expect(await scene.system(scene.config('folder'), { modules })).toBe('web-linked');
  });

  test('errors name the file where it is', async () => {
    scene.write('broken.nix', '{\n  imports = [ ./nowhere.nix ];\n}');
    const { message } = await scene.problem(scene.config('broken.nix'));
    expect(message).toContain('`broken.nix` does not evaluate');
    expect(message).toContain(`${scene.folder}/nowhere.nix`);
    scene.write('syntax.nix', '{\n  a = ;\n}');
    const { log } = await scene.problem(scene.config('syntax.nix'));
    expect(log).toContain(`${scene.folder}/syntax.nix:2:7`);
  });

  test('what a pure evaluation has not: a hint', async () => {
    scene.write('search.nix', '{ imports = [ <nixpkgs/nixos/modules/x.nix> ]; }');
    expect((await scene.problem(scene.config('search.nix'))).hint).toContain('modulesPath');
    scene.write('absolute.nix', '{ imports = [ /etc/nixos/hardware.nix ]; }');
    const problem = await scene.problem(scene.config('absolute.nix'));
    expect(problem.message).not.toContain('--impure');
    expect(problem.hint).toContain('relative to the one that uses it');
  });

  test('that is not there', async () => {
    expect((await scene.problem(scene.config('gone.nix'))).message).toContain('there is no');
  });
});

describe('an option that Nix refuses', () => {
  const module = `{ lib, config, ... }: {
    options.services.hello.port = lib.mkOption { type = lib.types.port; default = 1; };
    options.services.hello.names = lib.mkOption { type = lib.types.attrsOf lib.types.int; default = { }; };
    config.system.nixos.label = "p" + toString config.services.hello.port + toString (lib.attrValues config.services.hello.names);
  }`;
  const cases: [string, DesiredApp['nixos'], string, string][] = [
    [
      'unknown',
      { services: { helo: { port: 1 } } },
      "The option `services.helo' does not exist",
      'services.helo',
    ],
    [
      'of another type',
      { services: { hello: { port: 'x' } } },
      'is not of type `16 bit',
      'services.hello.port',
    ],
    [
      'in a table',
      { services: { hello: { names: { 'my.host': true } } } },
      'is not of type `signed integer',
      'services.hello.names.my.host',
    ],
    [
      'in a list',
      { networking: { nameservers: ['a', 1] } },
      'is not of type `string',
      'networking.nameservers',
    ],
    ['no table', { services: { hello: 3 } }, "The option path `services.hello'", 'services.hello'],
  ];
  test.each(cases)('%s: its place in the manifest', async (_, nixos, message, path) => {
    scene.write('hello/flake.nix', petFlake(module));
    const problem = await scene.problem(scene.flake('hello'), { nixos });
    expect(problem.message).toContain(message);
    expect(problem.message).not.toContain('Definition values');
    expect(problem.path?.join('.')).toBe(`apps.web.nixos.${path}`);
  });

  test('that the flake itself says is not the manifest’s', async () => {
    scene.write('hello/flake.nix', petFlake('{ services.nothing = 1; }'));
    const problem = await scene.problem(scene.flake('hello'), { nixos: { services: { journald: {} } } });
    expect(problem.message).toContain("The option `services.nothing' does not exist");
    expect(problem.path).toBeUndefined();
  });
});

describe('mounts', () => {
  const service = (config: string) =>
    petFlake(
      `{ systemd.services.app.serviceConfig = { ExecStart = "/bin/true"; ${config} }; system.nixos.label = "ok"; }`,
    );
  const at = (path: string) => ({ volumes: [{ name: 'data', path, size: null }] });

  test.each([
    ['DynamicUser = true; StateDirectory = "app";', '/var/lib/app', '/var/lib/private/app'],
    ['DynamicUser = true; StateDirectory = "app";', '/var/lib/app/db', '/var/lib/private/app/db'],
    ['DynamicUser = true; StateDirectory = "app/db";', '/var/lib/app', '/var/lib/private/app'],
    ['DynamicUser = [ "yes" ]; StateDirectory = [ "x" "app" ];', '/var/lib/app', '/var/lib/private/app'],
    ['DynamicUser = true; StateDirectory = "x  app:link";', '/var/lib/app', '/var/lib/private/app'],
    ['DynamicUser = true; CacheDirectory = "app";', '/var/cache/app', '/var/cache/private/app'],
  ])('%s and %s: mount it at %s', async (config, path, instead) => {
    scene.write('dynamic/flake.nix', service(config));
    const { message } = await scene.problem(scene.flake('dynamic'), at(path));
    expect(message).toContain(`nothing can be mounted at ${path}: app.service has DynamicUser and `);
    expect(message).toContain(`Mount it at ${instead} instead`);
  });

  test.each([
    ['DynamicUser = true; StateDirectory = "app";', '/var/lib/private/app'],
    ['DynamicUser = true; StateDirectory = "app";', '/var/lib/apple'],
    ['DynamicUser = true; StateDirectory = "app";', '/var/lib'],
    ['DynamicUser = false; StateDirectory = "app";', '/var/lib/app'],
    ['DynamicUser = [ ]; StateDirectory = [ ];', '/var/lib/app'],
    ['StateDirectory = "app";', '/var/lib/app'],
    ['DynamicUser = true;', '/var/lib/app'],
  ])('%s and %s: nothing is wrong', async (config, path) => {
    scene.write('dynamic/flake.nix', service(config));
    const bind = { source: scene.path('x'), path, readOnly: true, create: false };
    expect(await scene.system(scene.flake('dynamic'), { ...at(path), binds: [bind] })).toBe('web-ok');
  });
});

test.each([
  ['broker', { reloadIfChanged: false, restartIfChanged: false }],
  ['dbus', null],
])('a bus of the kind %s: dbus-broker has settings only where it is used', async (kind, expected) => {
  const expression = `
    let
      nixpkgs = builtins.getFlake "${standIn()}";
      system = nixpkgs.lib.nixosSystem {
        system = "x86_64-linux";
        modules = [ ${ASSEMBLY}/container.nix { incus.container.appName = "a"; services.dbus.implementation = "${kind}"; } ];
      };
      bus = system.config.systemd.services.dbus-broker or null;
    in
    if bus == null then null else { inherit (bus) reloadIfChanged restartIfChanged; }`;
  const { stdout } = await exec('nix', ['eval', '--impure', '--json', '--expr', expression]);
  expect(JSON.parse(stdout)).toEqual(expected);
});

describe('a system that is there already', () => {
  const toplevel = (path: string) => ({ kind: 'toplevel', path: path as StorePath }) as const;
  const add = async (name: string) =>
    (await exec('nix-store', ['--add', join(scene.folder, name)])).stdout.trim();
  const program = (path: string) => {
    scene.write(path, '#!/bin/sh\n');
    chmodSync(join(scene.folder, path), 0o755);
  };

  test('is taken as it is: nothing is evaluated or built', async () => {
    program('nixos/init');
    program('nixos/bin/switch-to-configuration');
    const path = await add('nixos');
    const app = scene.app(toplevel(path));
    const system = await scene.nix.evaluate(app, {});
    expect(system).toEqual({ drv: path, toplevel: path });
    await scene.nix.build(app, system, () => undefined);
    const { stdout: roots } = await exec('nix-store', ['--query', '--roots', path]);
    expect(roots).toContain(`/roots/web -> ${path}`);
    await exec('nix-store', ['--delete', '--ignore-liveness', path]);
  });

  test('is no system', async () => {
    program('half/init');
    scene.write('half/bin/switch-to-configuration', 'not executable');
    const path = await add('half');
    expect(await scene.problem(toplevel(path))).toMatchObject({
      message: `${path} is no system: it has no program bin/switch-to-configuration`,
      path: ['apps', 'web', 'toplevel'],
    });
  });

  test('is not to be had', async () => {
    const path = `/nix/store/${'0'.repeat(32)}-nixos-system-web-1`;
    expect(await scene.problem(toplevel(path))).toMatchObject({
      message: `${path} is not in this host's store, and no substituter has it`,
      path: ['apps', 'web', 'toplevel'],
    });
  });
});

test('what was built is rooted, and a builder may say a lot', async () => {
  const chatty = `{ config, lib, ... }: {
    system.nixos.label = "chatty";
    system.extraSystemBuilderCmds = "i=0; while [ $i -lt 30000 ]; do echo line $i of many; i=$((i+1)); done";
  }`;
  scene.write('chatty/flake.nix', petFlake(chatty));
  const app = scene.app(scene.flake('chatty'));
  const system = await scene.nix.evaluate(app, {});
  let lines = 0;
  await scene.nix.build(app, system, () => lines++);
  expect(lines === 0 || lines >= 30_000).toBe(true);
  const { stdout } = await exec('nix-store', ['--query', '--roots', system.toplevel]);
  expect(stdout).toMatch(/pets-run-\d+-\w+\/roots\/web -> /);
});

test('a registry name for a folder of this host is not pinned', async () => {
  const registry = join(scene.folder, 'registry.json');
  scene.write('web/flake.nix', petFlake('{ }'));
  const entry = {
    from: { type: 'indirect', id: 'here' },
    to: { type: 'path', path: join(scene.folder, 'web') },
  };
  scene.write('registry.json', JSON.stringify({ version: 2, flakes: [entry] }));
  process.env['NIX_CONFIG'] = `flake-registry = ${registry}`;
  await expect(scene.nix.lock('flake:here')).rejects.toMatchObject({
    problems: [{ message: expect.stringContaining('`flake:here` is a folder of this host') }],
  });
  delete process.env['NIX_CONFIG'];
});

describe('what is to be told of a flake', () => {
  const SERVICE = 'options.services.web.port = lib.mkOption { type = lib.types.port; default = 3000; };';
  const look = async (folder: string, shipped: string, module = '{ }') => {
    const calls: string[] = [];
    const seen: Facts[] = [];
    const counted: Exec = (program, args, options) => {
      if (args.includes('eval')) calls.push(args.join(' '));
      return exec(program, args, options);
    };
    const nix = nixOver(counted, ASSEMBLY, new Set(), (facts) => {
      seen.push(facts);
      return ['a warning'];
    });
    scene.write(
      `${folder}/flake.nix`,
      petFlake(module, `nixosModules.default = { lib, ... }: { ${shipped} };`),
    );
    const system = await nix.evaluate(scene.app(scene.flake(folder)), {});
    return { system, seen, evaluations: calls.length };
  };

  test('comes with the evaluation of its system', async () => {
    const module = '{ imports = [ self.nixosModules.default ]; }';
    const { system, seen, evaluations } = await look('told', SERVICE, module);
    expect(system).toMatchObject({ warnings: ['a warning'], drv: expect.stringMatching(/\.drv$/) });
    expect(seen).toMatchObject([
      {
        kind: 'module',
        services: { web: { module: 'default', options: [{ name: 'port' }] } },
        settings: { services: { web: { port: 3000 } } },
      },
    ]);
    expect(evaluations).toBe(1);
  });

  test('is nothing where it cannot be seen: the system is evaluated all the same', async () => {
    const { system, seen, evaluations } = await look('untold', 'options.services = builtins.abort "alone";');
    expect(system.toplevel).toMatch(/-nixos-system-/);
    expect([system.warnings, seen, evaluations]).toEqual([undefined, [], 2]);
  });
});
