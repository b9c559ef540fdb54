import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../support/places.js';
import { nixValue } from '../nix-value.js';
import { standIn } from '../stand-in.js';

// services.pets with the stand-in's modules; what these do not declare is in options.nix.
const nixpkgs = standIn();

type Host = {
  failed: string[];
  incus: { enable: boolean; preseed: Record<string, unknown[]> | null };
  nftables: boolean;
  trusted: string[];
  rules: string[];
  groups: Record<string, string[]>;
  units: Record<string, string>;
};

/** What a host comes to that has the module and this much of a configuration. */
async function host(configuration: string): Promise<Host> {
  const expression = `
    let
      nixpkgs = builtins.getFlake "${nixpkgs}";
      system = nixpkgs.lib.nixosSystem {
        system = "x86_64-linux";
        modules = [
          ${join(ROOT, 'host/module.nix')}
          ${join(ROOT, 'test/host/options.nix')}
          ({ pkgs, lib, ... }: {
            # The stand-in insists.
            boot.isContainer = true;
            services.pets.package = lib.mkDefault (pkgs.writeShellScriptBin "pets" "");
            users.users.alice.isNormalUser = true;
          })
          ({ pkgs, lib, ... }: ${configuration})
        ];
      };
      inherit (system) config;
    in
    {
      failed = map (a: a.message) (builtins.filter (a: !a.assertion) config.assertions);
      incus = config.virtualisation.incus;
      nftables = config.networking.nftables.enable;
      trusted = config.networking.firewall.trustedInterfaces;
      rules = config.systemd.tmpfiles.rules;
      groups = builtins.mapAttrs (_: user: user.extraGroups) config.users.users;
      units = builtins.mapAttrs (_: unit: builtins.unsafeDiscardStringContext unit.text)
        (nixpkgs.lib.filterAttrs (name: _: nixpkgs.lib.hasPrefix "pets-" name) config.systemd.units);
    }`;
  return (await nixValue(expression)) as Host;
}

/** A unit's lines that set this, without store paths. */
function lines(unit: string | undefined, key: string): string[] {
  const found = (unit ?? '').split('\n').filter((line) => line.startsWith(`${key}=`));
  return found.map((line) => line.slice(key.length + 1).replace(/\/nix\/store\/[^/]*\//g, ''));
}

const MANIFEST = 'services.pets.manifest = "/etc/pets/pets.toml";';

describe('services.pets', () => {
  test('is nothing until it is enabled', async () => {
    const off = await host(`{ ${MANIFEST} }`);
    expect(off).toMatchObject({ incus: { enable: false, preseed: null }, trusted: [], rules: [], units: {} });
  });

  test('sets up Incus, the firewall and the folder of generations', async () => {
    const on = await host('{ services.pets.enable = true; services.pets.operators = [ "alice" ]; }');
    expect(on).toMatchObject({ failed: [], nftables: true, trusted: ['incusbr0'], units: {} });
    expect(on.rules).toEqual(['d /nix/var/nix/profiles/per-pet 2775 root incus-admin -']);
    expect(on.groups['alice']).toEqual(['incus-admin']);
    expect(on.incus.enable).toBe(true);
    expect(on.incus.preseed).toEqual({
      networks: [
        {
          name: 'incusbr0',
          type: 'bridge',
          config: { 'ipv4.address': '10.87.7.1/24', 'ipv4.nat': 'true', 'ipv6.address': 'none' },
        },
      ],
      storage_pools: [{ name: 'default', driver: 'dir' }],
      profiles: [
        {
          name: 'default',
          devices: {
            root: { type: 'disk', path: '/', pool: 'default' },
            eth0: { type: 'nic', name: 'eth0', network: 'incusbr0' },
          },
        },
      ],
    });
  });

  test('leaves an Incus alone that is set up already', async () => {
    const own = await host('{ services.pets.enable = true; services.pets.incus.enable = false; }');
    expect(own).toMatchObject({ incus: { enable: false, preseed: null }, nftables: false, trusted: [] });
  });

  test('brings the pets up when the host boots, and gives up in the end', async () => {
    const { units } = await host(`{ services.pets.enable = true; ${MANIFEST} }`);
    expect(Object.keys(units)).toEqual(['pets-up.service']);
    const up = units['pets-up.service'];
    expect(lines(up, 'ExecStart')).toEqual([
      'bin/pets up --file "/etc/pets/pets.toml" --no-input --progress plain --lock-wait 30m',
    ]);
    expect(lines(up, 'After').join(' ')).toContain('incus.service');
    expect([lines(up, 'Restart'), lines(up, 'RestartPreventExitStatus')]).toEqual([['on-failure'], ['3 64']]);
    expect([lines(up, 'StartLimitIntervalSec'), lines(up, 'StartLimitBurst')]).toEqual([['6h'], ['20']]);
  });

  test('has on the path of its units what pets runs', async () => {
    const { units } = await host(
      `{ services.pets = { enable = true; update.enable = true; manifest = "/etc/pets/pets.toml"; }; }`,
    );
    for (const name of ['pets-up.service', 'pets-update.service']) {
      const [path = ''] = (units[name] ?? '').split('\n').filter((line) => line.includes('PATH='));
      for (const what of [/-nix-[\d.]+\/bin/, /-ssh\/bin/]) expect(path).toMatch(what);
      expect(path).not.toContain('incus');
    }
  });

  test('looks at the apps only when asked to, and at those of a manifest', async () => {
    const watch = 'services.pets.watch = { enable = true; schedule = "*:0"; };';
    const { units, failed } = await host(`{ services.pets.enable = true; ${MANIFEST} ${watch} }`);
    expect(failed).toEqual([]);
    expect(lines(units['pets-watch.timer'], 'OnCalendar')).toEqual(['*:0']);
    expect(lines(units['pets-watch.service'], 'ExecStart')).toEqual([
      expect.stringMatching(/^bin\/pets alerts --file "\/etc\/pets\/pets.toml" --check /),
    ]);
    const without = await host(`{ services.pets.enable = true; ${watch} }`);
    expect(without.failed).toEqual([expect.stringContaining('set services.pets.manifest')]);
  });

  test('updates only when asked to, and only a lock that can be written', async () => {
    const update = 'services.pets.update = { enable = true; schedule = "hourly"; };';
    const { units, failed } = await host(`{ services.pets.enable = true; ${MANIFEST} ${update} }`);
    expect(failed).toEqual([]);
    expect(lines(units['pets-update.timer'], 'OnCalendar')).toEqual(['hourly']);
    expect(lines(units['pets-update.service'], 'ExecStart')).toEqual([
      expect.stringMatching(/^bin\/pets update --file "\/etc\/pets\/pets.toml" --due /),
    ]);
    expect(lines(units['pets-update.service'], 'Restart')).toEqual([]);
    const stored = await host(
      `{ services.pets = { enable = true; manifest = "\${pkgs.hello}/pets.toml"; update.enable = true; }; }`,
    );
    expect(stored.failed).toEqual([expect.stringContaining('set services.pets.manifest to a path outside')]);
  });

  test("a path's own characters are none of systemd's", async () => {
    const { units } = await host(
      String.raw`{ services.pets = { enable = true; manifest = "/srv/100% $HOME/\"my\" pets.toml"; }; }`,
    );
    expect(lines(units['pets-up.service'], 'ExecStart')[0]).toContain(
      String.raw`--file "/srv/100%% $$HOME/\"my\" pets.toml" --no-input`,
    );
  });

  test('who brings them up may drive Incus', async () => {
    const { units, groups } = await host(
      `{ services.pets = { enable = true; user = "alice"; operators = [ "alice" ]; manifest = "/home/alice/box/pets.toml"; }; }`,
    );
    expect(lines(units['pets-up.service'], 'User')).toEqual(['alice']);
    expect(groups['alice']).toEqual(['incus-admin']);
  });
});

test('docs/host.md has the same units, for hosts that are not NixOS', async () => {
  const page = readFileSync(join(ROOT, 'docs/host.md'), 'utf8');
  const written = [...page.matchAll(/^```ini\n# \S*\/(\S+)\n([^`]*)```/gm)].map(
    ([, name = '', text = '']) => [name, settings(text)] as const,
  );
  const { units, rules } = await host(
    `{ services.pets = { enable = true; update.enable = true; manifest = "/etc/pets/pets.toml"; }; }`,
  );
  const made = Object.entries(units).map(([name, text]) => [name, settings(text)] as const);
  expect(Object.fromEntries(written)).toEqual(Object.fromEntries(made));
  expect(page).toContain(`\`${rules[0] ?? ''}\``);
});

/** What a unit says, by key; without where its programs are, and what NixOS does by links. */
function settings(unit: string): string[] {
  const kept = unit
    .split('\n')
    .filter((line) => /^\w+=/.test(line) && !/^(Environment|WantedBy)=/.test(line));
  const plain = kept.map((line) =>
    line.replace(/\/nix\/store\/[^/]*\/|\/usr\/local\//g, '').replaceAll('"', ''),
  );
  return [...new Set(plain.map((line) => line.split('=')[0] ?? ''))]
    .sort()
    .flatMap((key) => plain.filter((line) => line.startsWith(`${key}=`)));
}
