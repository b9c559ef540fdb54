import { expect, test } from '@jest/globals';
import { incusModule, moduleText } from '../../src/flake-contract/incus-module.js';
import { parseNix } from '../../src/flake-contract/syntax.js';
import { wrapperFlake } from '../../src/flake-contract/wrapper.js';

const PET = { hostname: 'notes', release: '25.11' };
const SERVICE = {
  ...PET,
  name: 'notes',
  hasPackage: true,
  listen: [
    ['settings.address', 'lib.mkDefault "0.0.0.0"'],
    ['port', '8080'],
  ] as const,
};

test('the module sets the options that the service has', () => {
  const code = incusModule(SERVICE);
  expect(() => parseNix(code)).not.toThrow();
  expect(code).toContain('    settings.address = lib.mkDefault "0.0.0.0";\n    port = 8080;\n');
  expect(code).toContain('package = lib.mkDefault self.packages.');
  expect(moduleText({ ...SERVICE, hasPackage: false }, '')).not.toContain('package');
});

test('what only a person can write is a remark in it', () => {
  const code = moduleText({ ...SERVICE, listen: [], remark: 'and where it listens' }, '  ', 'inputs.self');
  expect(() => parseNix(code)).not.toThrow();
  expect(code).toContain('imports = [ inputs.self.nixosModules.default ];');
  expect(code).toContain('\n      # and where it listens\n');
});

test.each([
  [
    'of the flake',
    'my server',
    'web',
    'lib.getExe self.packages.${pkgs.stdenv.hostPlatform.system}."my server"',
  ],
  ['that is not packaged', null, null, '"${pkgs.callPackage ./package.nix { }}/bin/<program>"'],
])('a program %s is a unit', (_, name, mainProgram, start) => {
  const code = moduleText({ ...PET, name: 'web', package: name, mainProgram }, '');
  expect(() => parseNix(code)).not.toThrow();
  expect(code).toContain(`serviceConfig.ExecStart = ${start};`);
  expect(code).not.toContain('imports');
});

test('a wrapper takes upstream’s module where it has one', () => {
  const wrapper = {
    ...{
      app: 'web',
      service: SERVICE,
      upstream: 'path:/x',
      package: 'default',
      mainProgram: null,
      nixpkgs: null,
    },
  };
  const whole = wrapperFlake({ ...wrapper, module: 'notes' });
  expect(() => parseNix(whole)).not.toThrow();
  expect(whole).toContain('nixosModules.default = upstream.nixosModules.notes;');
  expect(whole).toContain('services.notes = {');
  expect(whole).toContain('description = "web, as a pet"');
  expect(wrapperFlake({ ...wrapper, module: null })).toContain(
    'nixosModules.default = ./service-module.nix;',
  );
});
