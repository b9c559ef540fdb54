import { describe, expect, test } from '@jest/globals';
import { fileURLToPath } from 'node:url';
import { nixValue } from '../nix-value.js';
import { standIn } from '../stand-in.js';

/** What nix/container.nix makes of a system, by evaluation; that such systems come up shows in the stories. */
const CONTAINER = fileURLToPath(new URL('../../nix/container.nix', import.meta.url));

/** `expression`: of `system`, a function from a module to what it evaluates to. */
const value = (expression: string): Promise<unknown> =>
  nixValue(`
    let
      nixpkgs = builtins.getFlake "${standIn()}";
      inherit (nixpkgs) lib;
      system = module: lib.nixosSystem {
        system = "x86_64-linux";
        modules = [ ${CONTAINER} { incus.container = { enable = true; appName = "box"; }; } module ];
      };
      lxc = { modulesPath, ... }: { imports = [ "\${modulesPath}/virtualisation/lxc-container.nix" ]; };
    in ${expression}`);

const RESOLVED = 'networking.useNetworkd = true;';

describe('the network', () => {
  test("systemd's resolver and networkd evaluate", async () => {
    const paths = await value(`(system { ${RESOLVED} }).config.system.build.toplevel.drvPath`);
    expect(paths).toMatch(/^\/nix\/store\/.*\.drv$/);
  });

  test('a resolv.conf of the host is for those who say so', async () => {
    const used = (module: string) => value(`(system { ${module} }).config.networking.useHostResolvConf`);
    expect([await used(''), await used('networking.useHostResolvConf = true;')]).toEqual([false, true]);
  });

  test('signatures are asked for only where the app says so: names of the bridge have none', async () => {
    const asked = (module: string) => value(`(system { ${module} }).config.services.resolved.dnssec`);
    expect(await asked(RESOLVED)).toBe('false');
    expect(await asked(`${RESOLVED} services.resolved.dnssec = "true";`)).toBe('true');
  });

  test('a veth has a network of its own where networkd takes care of what nobody configured', async () => {
    const names = (module: string) =>
      value(`lib.attrNames (system { ${module} }).config.systemd.network.networks`);
    expect(await names(RESOLVED)).toContain('99-pets-dhcp');
    expect(await names(`${RESOLVED} networking.useDHCP = false;`)).toEqual([]);
    expect(await names('systemd.network.enable = true;')).toEqual([]);
  });
});

describe('a system that was made for an image of Incus', () => {
  test('a credential is said once more, after the drop-in that takes it away', async () => {
    const module = `{
      imports = [ lxc ];
      systemd.services.one.serviceConfig = { ExecStart = "/bin/one"; LoadCredential = [ "key" "b:/run/b" ]; };
      systemd.services.two.serviceConfig = { ExecStart = "/bin/two"; ImportCredential = "c.*"; };
      systemd.services.plain.serviceConfig.ExecStart = "/bin/plain";
      systemd.services.off = { enable = false; serviceConfig.LoadCredential = "key"; };
    }`;
    const units = await value(`lib.mapAttrs (_: builtins.readFile) (lib.genAttrs
      [ "service.d/zzz-lxc-service.conf" "one.service.d/zzzz-pets.conf" "two.service.d/zzzz-pets.conf" ]
      (path: "\${(system ${module}).config.system.build.units}/\${path}"))`);
    expect(units).toEqual({
      'service.d/zzz-lxc-service.conf': expect.stringMatching(/^LoadCredential=$/m),
      'one.service.d/zzzz-pets.conf': '[Service]\nLoadCredential=key\nLoadCredential=b:/run/b\n',
      'two.service.d/zzzz-pets.conf': '[Service]\nImportCredential=c.*\n',
    });
    const count = await value(`lib.length (system ${module}).config.systemd.packages`);
    expect(count).toBe(3);
  });

  test('no generation is made at a boot, and what else is run there is', async () => {
    const commands = await value(
      `(system { imports = [ lxc ]; boot.postBootCommands = "echo mine"; }).config.boot.postBootCommands`,
    );
    expect(commands).toMatch(/^echo mine$/m);
    expect(commands).not.toContain('nix-env');
  });

  test('its folders come before its snippets', async () => {
    const names = await value(`lib.attrNames (system lxc).config.system.activationScripts`);
    expect(names).toEqual(['00-pets', 'installInitScript']);
  });
});

test('a store that is not its own is not cleaned by a guest', async () => {
  const text = await value(
    `(system { nix.gc.automatic = true; }).config.systemd.units."nix-gc.service".text`,
  );
  expect(text).toMatch(/^ConditionPathIsMountPoint=!\/nix\/var\/nix\/profiles$/m);
  const none = await value(`(system { nix.enable = false; }).config.systemd.units ? "nix-gc.service"`);
  expect(none).toBe(false);
});
