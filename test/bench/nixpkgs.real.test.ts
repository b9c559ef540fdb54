import { describe, expect, test } from '@jest/globals';
import { lstatSync } from 'node:fs';
import { failureOf, runToEnd } from '../support/process.js';
import { evaluated, nixValue } from '../nix-value.js';
import { standIn } from '../stand-in.js';

// What the stand-in nixpkgs promises to the other tests. That its systems boot and switch shows in test/story.
const ref = standIn();

const prelude = `
  nixpkgs = builtins.getFlake "${ref}";
  inherit (nixpkgs) lib;
  inherit (lib) mkOption mkIf mkMerge mkDefault mkForce mkOverride types;
  option = type: mkOption { inherit type; };
  from = file: module: { _file = file; imports = [ module ]; };
  modules = modules: (lib.evalModules { inherit modules; }).config;
  system = module: lib.nixosSystem {
    system = "x86_64-linux";
    modules = [ module { boot.isContainer = true; } ];
  };
`;

const value = (expression: string) => nixValue(`let ${prelude} in ${expression}`);

/** What nix says when the expression fails, each line without its indentation. */
async function failure(expression: string): Promise<string> {
  const { code, stdout, stderr } = await evaluated(`let ${prelude} in ${expression}`);
  if (code === 0) throw new Error(`evaluates to ${stdout}`);
  return stderr.replace(/^ +/gm, '');
}

describe('modules', () => {
  test('the lowest priority wins', async () => {
    const config = await value(`modules [
      { options = lib.genAttrs [ "unset" "default" "plain" "forced" "override" ]
          (_: mkOption { type = types.str; default = "declared"; }); }
      { default = mkDefault "default"; plain = mkDefault "default"; forced = mkForce "forced"; override = mkForce "forced"; }
      { plain = "plain"; forced = "plain"; override = mkOverride 10 "override"; }
    ]`);
    expect(config).toEqual({
      unset: 'declared',
      default: 'default',
      plain: 'plain',
      forced: 'forced',
      override: 'override',
    });
  });

  test('conditions and merges nest, anywhere in the tree', async () => {
    const config = await value(`modules [
      ({ config, ... }: {
        options.on = option types.bool;
        options.a.list = option (types.listOf types.int);
        options.a.set = option (types.attrsOf types.str);
        config = mkIf config.on (mkMerge [
          { a = mkMerge [ { list = [ 2 ]; } (mkIf false { list = [ 9 ]; }) ]; }
          { a.list = lib.mkBefore [ 1 ]; a.set.kept = mkIf config.on "yes"; a.set.dropped = mkIf (!config.on) "no"; }
        ]);
      })
      { on = true; a.list = lib.mkAfter [ 3 ]; }
    ]`);
    expect(config).toEqual({ on: true, a: { list: [1, 2, 3], set: { kept: 'yes' } } });
  });

  test('a module imported from two places counts once', async () => {
    const config = await value(`let file = nixpkgs + "/nixos/modules/assertions.nix"; in modules [
      { imports = [ file { imports = [ file ({ lib, ... }: { warnings = [ "nested" ]; }) ]; } ]; }
    ]`);
    expect(config).toEqual({ assertions: [], meta: {}, warnings: ['nested'] });
  });

  test('_module.args reach the other modules', async () => {
    const config = await value(`modules [
      { options.said = option types.str; }
      { _module.args.word = "hello"; }
      ({ word, ... }: { said = word; })
    ]`);
    expect(config).toEqual({ said: 'hello' });
  });

  test('submodules know their name, take defaults, and can be declared in two places', async () => {
    const config = await value(`modules [
      { options.pets = option (types.attrsOf (types.submodule ({ name, config, ... }: {
          options.name = mkOption { type = types.str; default = name; };
          options.loud = mkOption { type = types.str; default = lib.toUpper config.name; };
        }))); }
      { options.pets = option (types.attrsOf (types.submodule { options.legs = mkOption { type = types.int; default = 4; }; })); }
      { pets.cat = { }; pets.bird = { legs = 2; name = mkForce "Bibo"; }; }
    ]`);
    expect(config).toEqual({
      pets: { cat: { name: 'cat', loud: 'CAT', legs: 4 }, bird: { name: 'Bibo', loud: 'BIBO', legs: 2 } },
    });
  });

  test('a freeform submodule takes what it does not declare', async () => {
    const config = await value(`modules [
      { options.settings = option (types.submodule {
          freeformType = types.attrsOf (types.either types.str types.int);
          options.port = mkOption { type = types.port; default = 80; };
        }); }
      { settings = { name = "a"; level = mkDefault 1; }; }
      { settings.level = 2; }
    ]`);
    expect(config).toEqual({ settings: { port: 80, name: 'a', level: 2 } });
  });

  test('types merge, coerce and apply', async () => {
    const config = await value(`modules [
      { options = {
          lines = option types.lines;
          words = option (types.coercedTo types.str lib.singleton (types.listOf types.str));
          any = option types.anything;
          applied = mkOption { type = types.int; apply = n: n + 1; };
          nothing = mkOption { type = types.nullOr types.int; default = null; };
          choice = option (types.oneOf [ types.int types.bool (types.enum [ "x" ]) ]);
        }; }
      { lines = "a"; words = "one"; any = { a.b = 1; l = [ 1 ]; }; applied = 1; choice = "x"; }
      { lines = "b"; any = { a.c = 2; l = [ 1 ]; }; }
    ]`);
    expect(config).toEqual({
      lines: 'b\na',
      words: ['one'],
      any: { a: { b: 1, c: 2 }, l: [1] },
      applied: 2,
      nothing: null,
      choice: 'x',
    });
  });
});

describe('what a person reads when it goes wrong', () => {
  const cases: [string, string, string[]][] = [
    [
      'an option that does not exist',
      'system { services.foo.enable = true; }',
      [
        "The option `services.foo' does not exist. Definition values:\n- In `<unknown-file>': { enable = true; }",
      ],
    ],
    [
      'an option that does not exist beside one that does',
      'system { imports = [ { options.services.bar = option types.int; } (from "my.nix" { services.foo = 1; }) ]; }',
      ["The option `services.foo' does not exist. Definition values:\n- In `my.nix': 1"],
    ],
    [
      'a value of the wrong type',
      'modules [ { options.x.y = option types.str; } (from "my.nix" { x.y = 12; }) ]',
      ["A definition for option `x.y' is not of type `string'. Definition values:\n- In `my.nix': 12"],
    ],
    [
      'a port out of range',
      'system (from "my.nix" { networking.firewall.allowedTCPPorts = [ 70000 ]; })',
      ['16 bit unsigned integer; between 0 and 65535 (both inclusive)', "- In `my.nix': 70000"],
    ],
    [
      'an option without a value',
      'modules [ { options.x = option types.str; } ]',
      ["The option `x' is used but not defined."],
    ],
    [
      'two values',
      'modules [ { options.x = option types.int; } (from "a.nix" { x = 1; }) (from "b.nix" { x = 2; }) ]',
      ["The option `x' has conflicting definition values:", "- In `a.nix': 1", "- In `b.nix': 2"],
    ],
    [
      'a read-only option set twice',
      'modules [ { options.x = mkOption { type = types.int; readOnly = true; }; } { x = 1; } { x = 1; } ]',
      ["The option `x' is read-only, but it's set multiple times."],
    ],
    [
      'a failed assertion',
      'system { assertions = [ { assertion = false; message = "no such luck"; } ]; }',
      ['Failed assertions:\n- no such luck'],
    ],
    [
      'a machine that is no container',
      'system { boot.isContainer = mkForce false; }',
      ['Failed assertions:\n- The stand-in nixpkgs boots in containers only'],
    ],
    [
      'an option that nixpkgs has',
      'system (from "my.nix" { options.services.heartbeat.enable = lib.mkEnableOption "it"; })',
      ["The option `services.heartbeat.enable' in `my.nix' is already declared in nixpkgs."],
    ],
    [
      'the resolver of systemd beside a resolv.conf of the host',
      'system { services.resolved.enable = true; }',
      ['Failed assertions:\n- Using host resolv.conf is not supported with systemd-resolved'],
    ],
    [
      'config beside the full form',
      'modules [ { options.x = option types.int; y = 1; } ]',
      ["has an unsupported attribute `y'"],
    ],
  ];
  test.each(cases)('%s', async (_, expression, parts) => {
    const looked = expression.startsWith('system')
      ? `(${expression}).config.system.build.toplevel.drvPath`
      : expression;
    const said = await failure(looked);
    for (const part of parts) expect(said).toContain(part);
  });

  test('a warning is said, and is no failure', async () => {
    const { stderr } = await evaluated(
      `let ${prelude} in (system { warnings = [ "mind the gap" ]; }).config.system.build.toplevel.drvPath`,
    );
    expect(stderr).toMatch(/warning: mind the gap/);
  });
});

describe('units', () => {
  const unit = (service: string, name = 'x.service') =>
    value(
      `(system ({ pkgs, ... }: { systemd.services.x = ${service}; })).config.systemd.units.${JSON.stringify(name)}.text`,
    );

  test('are rendered section by section', async () => {
    const text = await unit(`{
      description = "an x";
      wantedBy = [ "multi-user.target" ];
      after = [ "a.service" "b.service" ];
      environment = { PATH = mkForce "/bin"; GREETING = "100% \\"you\\""; GONE = null; };
      path = mkForce [ ];
      serviceConfig = { ExecStart = [ "" "/bin/x" ]; DynamicUser = true; RestartSec = 2; };
      restartTriggers = [ "one" ];
      stopIfChanged = false;
    }`);
    expect(text).toBe(`[Unit]
After=a.service b.service
Description=an x
X-Restart-Triggers=one

[Service]
DynamicUser=true
Environment="GREETING=100%% \\"you\\""
Environment="PATH=/bin"
ExecStart=
ExecStart=/bin/x
RestartSec=2
X-StopIfChanged=false

`);
  });

  test('get their scripts as programs', async () => {
    const text = await unit('{ script = "echo hi"; preStart = "true"; scriptArgs = "a b"; }');
    expect(text).toMatch(/^ExecStart=\/nix\/store\/[^ ]+-unit-script-x-start a b$/m);
    expect(text).toMatch(/^ExecStartPre=\/nix\/store\/.+-unit-script-x-pre-start$/m);
  });

  test('take any setting of systemd, once or several times', async () => {
    const text = await unit(`{ serviceConfig = {
      ExecStart = "/bin/x"; StateDirectory = [ "a" "b" ]; LoadCredential = [ "key:/run/key" "b:/c" ];
      CPUWeight = 1.5; ProtectSystem = "strict";
    }; }`);
    for (const line of [
      ...['StateDirectory=a', 'StateDirectory=b', 'LoadCredential=key:/run/key', 'LoadCredential=b:/c'],
      ...['CPUWeight=1.500000', 'ProtectSystem=strict'],
    ])
      expect(text).toMatch(new RegExp(`^${line}$`, 'm'));
  });

  test('have settings of both kinds, where one of them is a list', async () => {
    const text = await value(`(system {
      imports = [ { systemd.services.x.unitConfig.ConditionPathExists = [ "/b" ]; } ];
      systemd.services.x = { unitConfig.ConditionPathExists = "/a"; serviceConfig.ExecStart = "/bin/x"; };
    }).config.systemd.units."x.service".text`);
    expect(
      String(text)
        .match(/^ConditionPathExists=.*$/gm)
        ?.sort(),
    ).toEqual(['ConditionPathExists=/a', 'ConditionPathExists=/b']);
  });

  test('startAt makes a timer', async () => {
    const text = await unit('{ script = "true"; startAt = "daily"; }', 'x.timer');
    expect(text).toBe('[Timer]\nOnCalendar=daily\n\n');
  });

  test('that are nothing but markers are no units', async () => {
    const names = await value(`builtins.attrNames (system {
      nix.enable = false;
      systemd.services.dbus-broker = { reloadIfChanged = mkForce false; restartIfChanged = mkForce false; };
      systemd.services.y.serviceConfig.ExecStart = "/bin/y";
    }).config.systemd.units`);
    expect(names).toEqual(['y.service']);
  });
});

test('networks are written as networkd reads them', async () => {
  const network = (module: string, name: string) =>
    value(
      `(system { networking.useHostResolvConf = false; ${module} }).config.environment.etc."systemd/network/${name}.network".text`,
    );
  const named = 'networking.useNetworkd = true; networking.interfaces.eth0.useDHCP = true;';
  expect(await network(named, '40-eth0')).toBe('[Match]\nName=eth0\n\n[Network]\nDHCP=yes\n\n');
  const written =
    'systemd.network = { enable = true; networks.lan = { matchConfig.Name = "eth*"; address = [ "10.0.0.2/24" ]; networkConfig.LinkLocalAddressing = false; }; };';
  expect(await network(written, 'lan')).toBe(
    '[Match]\nName=eth*\n\n[Network]\nAddress=10.0.0.2/24\nLinkLocalAddressing=no\n\n',
  );
});

test('a toplevel has what boots and switches it, and holds on to all it needs', async () => {
  const expression = `let ${prelude} in (system {
    networking.hostName = "kitten";
    environment.etc."hello.txt".text = "hello\\n";
    systemd.services.x = { wantedBy = [ "multi-user.target" ]; script = "sleep inf"; };
  }).config.system.build.toplevel`;
  const printed = async (command: string, ...args: string[]) => {
    const ended = await runToEnd(command, args);
    if (ended.code !== 0) throw new Error(failureOf(command, args, ended));
    return ended.stdout;
  };
  const built = await printed('nix', 'build', '--json', '--no-link', '--impure', '--expr', expression);
  const [{ outputs }] = JSON.parse(built) as [{ outputs: { out: string } }];
  const files = [
    ...['init', 'activate', 'bin/switch-to-configuration', 'sw/bin/systemctl', 'userland', 'etc/hello.txt'],
    ...['etc/systemd/system/multi-user.target.wants/x.service', 'etc/systemd/system/sigpwr.target'],
  ];
  expect(files.filter((file) => !lstatSync(`${outputs.out}/${file}`, { throwIfNoEntry: false }))).toEqual([]);
  expect(outputs.out).toMatch(/-nixos-system-kitten-25\.11\.stand-in$/);
  const closure = await printed('nix-store', '--query', '--requisites', outputs.out);
  expect(closure).toMatch(/-source$/m);
  expect(closure).toMatch(/-unit-script-x-start$/m);
});
