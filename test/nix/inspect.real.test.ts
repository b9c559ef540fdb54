import { afterAll, describe, expect, test } from '@jest/globals';
import type { Inspection } from '../../src/domain/contract.js';
import { exec } from '../programs.js';
import { inspectorOver } from '../../src/nix/inspect.js';
import type { AssembledApp } from '../../src/nix/inputs.js';
import { ProblemError } from '../../src/domain/problem.js';
import { ASSEMBLY, removeRunFolders, Scene } from './scene.js';

const SERVICE = `{ config, lib, ... }: {
  options.services.web = {
    enable = lib.mkEnableOption "web";
    package = lib.mkOption { type = lib.types.package; };
    host = lib.mkOption { type = lib.types.str; default = "127.0.0.1"; };
    port = lib.mkOption { type = lib.types.port; default = 3000; };
  };
  config.systemd.services.web = lib.mkIf config.services.web.enable {
    serviceConfig.ExecStart = lib.getExe config.services.web.package;
  };
}`;
const INCUS = `{ lib, pkgs, ... }: {
  imports = [ self.nixosModules.default ];
  incus.container.enable = true;
  incus.container.hostname = lib.mkDefault "web";
  system.stateVersion = "25.05";
  services.web = { enable = true; package = self.packages.x86_64-linux.default; host = "0.0.0.0"; port = 8080; };
  EXTRA
}`;

const OPTIONS = {
  module: 'default',
  options: [
    { name: 'enable', type: 'boolean' },
    { name: 'host', type: 'string' },
    { name: 'package', type: 'package' },
    { name: 'port', type: expect.stringContaining('integer') },
  ],
};

describe('what a flake has of the contract', () => {
  const scene = new Scene();
  const inspect = inspectorOver(exec, ASSEMBLY);
  afterAll(() => {
    scene.cleanUp();
    removeRunFolders();
  });

  let count = 0;
  const look = (outputs: string, attribute = 'nixosModules.incus'): Promise<Inspection> => {
    const folder = `f${++count}`;
    scene.write(
      `${folder}/flake.nix`,
      `{ inputs.nixpkgs.url = "github:nixos/nixpkgs"; outputs = { self, nixpkgs }: { ${outputs} }; }`,
    );
    const { name, platform, nixpkgs, source } = scene.app(scene.flake(`${folder}#${attribute}`));
    const app = { name, platform, nixpkgs, source, modules: [], volumes: [], binds: [], nixos: {} };
    return inspect(app as AssembledApp, {});
  };
  const packages = 'packages.x86_64-linux.default = nixpkgs.legacyPackages.x86_64-linux.busybox;';
  const service = `nixosModules.default = ${SERVICE};`;
  const incus = (extra = '') => `nixosModules.incus = ${INCUS.replace('EXTRA', extra)};`;

  test('all of it', async () => {
    const { facts, problem } = await look(packages + service + incus());
    expect(problem).toBeNull();
    expect(facts).toMatchObject({
      kind: 'module',
      isLocked: false,
      inputs: ['nixpkgs'],
      outputs: ['nixosModules', 'packages'],
      packages: ['default'],
      mainPrograms: { default: 'busybox' },
      modules: ['default', 'incus'],
      homeModules: [],
      services: { web: OPTIONS },
      settings: {
        enable: true,
        hostname: 'web',
        stateVersion: '25.05',
        services: { web: { enable: true, host: '0.0.0.0', port: 8080 } },
        opened: [],
      },
    });
    expect(facts.drv).toMatch(/^\/nix\/store\/.*\.drv$/);
    expect(facts.version).toMatch(/^25\.11/);
  });

  test('a port that the module opens is told from the one that pets opens', async () => {
    const { facts } = await look(packages + service + incus('networking.firewall.allowedTCPPorts = [ 22 ];'));
    expect(facts.settings?.opened.map(({ ports }) => ports)).toEqual([[22]]);
  });

  test('a flake without modules', async () => {
    const { facts, problem } = await look('homeManagerModules.default = { };');
    expect(problem).toBeNull();
    expect(facts).toMatchObject({ kind: null, modules: [], services: null, settings: null, drv: null });
    expect(facts.homeModules).toEqual(['homeManagerModules.default']);
  });

  test('a service without the module for containers', async () => {
    const { facts } = await look(packages + service);
    expect(facts).toMatchObject({ kind: null, modules: ['default'], settings: null });
    expect(facts.services).toEqual({ web: OPTIONS });
  });

  test('without a default, what the other modules declare: options in sets too, and no old names', async () => {
    const notes = `{ lib, ... }: { options.services.notes = {
      enable = lib.mkEnableOption "notes";
      listen.port = lib.mkOption { type = lib.types.port; };
      old = lib.mkOption { type = lib.types.str; visible = false; };
      many = lib.mkOption { type = lib.types.attrsOf (lib.types.submodule { options.port = lib.mkOption { }; }); };
      settings = lib.mkOption { default = { }; type = lib.types.submodule {
        freeformType = lib.types.attrsOf lib.types.anything;
        options.server."bind addr" = lib.mkOption { type = lib.types.str; };
      }; };
    }; }`;
    const modules = `nixosModules.notes = ${notes}; nixosModules.broken = throw "no";`;
    const { facts } = await look(packages + modules);
    expect(facts.services?.['notes']?.module).toBe('notes');
    expect(facts.services?.['notes']?.options.map(({ name }) => name).sort()).toEqual([
      ...['enable', 'listen.port', 'many', 'settings', 'settings.server."bind addr"'],
    ]);
    // With a module for containers it is that which is looked at.
    const incus = 'nixosModules.incus = { incus.container.enable = true; system.stateVersion = "25.05"; };';
    expect((await look(packages + modules + incus)).facts.services).toBeNull();
  });

  test('what modules give a service’s options, within sets and priorities too', async () => {
    const web = `{ lib, ... }: { options.services.web = {
      enable = lib.mkEnableOption "web";
      listenAddress = lib.mkOption { type = lib.types.str; default = "127.0.0.1"; };
      settings = lib.mkOption { default = { }; type = lib.types.attrsOf lib.types.anything; };
    }; }`;
    const { facts } = await look(`${packages} nixosModules.default = ${web};
      nixosModules.incus = { lib, ... }: { imports = [ (${web}) ]; system.stateVersion = "25.05"; incus.container.enable = true;
        services.web = { enable = true; settings = lib.mkIf true { a.b = lib.mkDefault "0.0.0.0"; port = 8080; }; }; };`);
    expect(facts.settings?.services['web']).toEqual({
      ...{ enable: true, listenAddress: '127.0.0.1', 'settings.a.b': '0.0.0.0', 'settings.port': 8080 },
    });
  });

  test('an option that does not exist: the rest is seen all the same', async () => {
    const { facts, problem } = await look(packages + service + incus('services.web.prot = 1;'));
    expect(problem?.message).toContain('services.web.prot');
    expect(facts).toMatchObject({
      kind: 'module',
      drv: null,
      settings: { hostname: 'web', stateVersion: '25.05' },
    });
    expect(facts.settings?.services['web']).toMatchObject({ port: 8080 });
  });

  test('a package that is missing, which Nix cannot catch', async () => {
    const { facts, problem } = await look(service + incus());
    expect(problem?.message).toContain("attribute 'packages' missing");
    expect(facts).toMatchObject({
      packages: [],
      settings: { enable: true, services: { web: { port: 8080 } } },
    });
  });

  test('a package that takes what nixpkgs has not: all else is seen, and it is known what was not', async () => {
    const broken = 'packages.x86_64-linux.default = ({ openssl_9 }: openssl_9) { };';
    const { facts, problem, unseen } = await look(broken + service + incus());
    expect(problem?.message).toContain("required argument 'openssl_9'");
    expect(Object.keys(unseen)).toEqual(['mainPrograms']);
    expect(unseen.mainPrograms?.message).toContain("required argument 'openssl_9'");
    expect(facts).toMatchObject({
      kind: 'module',
      packages: ['default'],
      services: { web: OPTIONS },
      settings: { enable: true, services: { web: { port: 8080 } } },
      drv: null,
    });
  });

  test('another package than the default that is broken is nobody’s matter', async () => {
    const broken = 'packages.x86_64-linux.other = ({ openssl_9 }: openssl_9) { };';
    const { facts, unseen } = await look(packages + broken + service + incus());
    expect(Object.keys(unseen)).toEqual([]);
    expect(facts.mainPrograms).toEqual({ default: 'busybox' });
  });

  test('packages that cannot even be listed', async () => {
    const { facts, unseen } = await look(`packages = { }.nothing; ${service}`);
    expect(Object.keys(unseen).sort()).toEqual(['mainPrograms', 'packages', 'platforms']);
    expect(facts).toMatchObject({
      modules: ['default'],
      services: { web: OPTIONS },
    });
  });

  test('a module that is broken beyond its options: the outline is left', async () => {
    const { facts, problem, unseen } = await look(
      `${packages} nixosModules.incus = { inputs, ... }: { imports = inputs.x; };`,
    );
    expect(problem?.message).toContain('infinite recursion');
    expect(facts).toMatchObject({
      kind: 'module',
      packages: ['default'],
      arguments: ['inputs'],
      settings: null,
    });
    expect(Object.keys(unseen)).toEqual(['settings']);
  });

  test('a whole system', async () => {
    const { facts } = await look(
      `nixosConfigurations.web = nixpkgs.lib.nixosSystem { system = "x86_64-linux"; modules = [ { boot.isContainer = true; system.stateVersion = "25.05"; } ]; };`,
      'nixosConfigurations.web',
    );
    expect(facts).toMatchObject({ kind: 'system', settings: { enable: true, stateVersion: '25.05' } });
  });

  test('a flake that does not even parse: Nix’ words', async () => {
    await expect(look('x = ;')).rejects.toThrow(ProblemError);
    await expect(look('x = ;')).rejects.toThrow('syntax error');
  });
});
