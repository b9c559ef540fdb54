import { attributePath, text } from './nix-text.js';
import { moduleText, type Service } from './incus-module.js';

export type Wrapper = {
  readonly app: string;
  readonly service: Service;
  /** Upstream's that declares the service; null: it has none, and the wrapper has a module of its own. */
  readonly module: string | null;
  /** What Nix fetches: absolute where it is local. */
  readonly upstream: string;
  readonly package: string;
  /** Null: the package says it itself. */
  readonly mainProgram: string | null;
  /** For an upstream that has a `nixpkgs` input and no lock; null: none of our business. */
  readonly nixpkgs: string | null;
};

/** The flake.nix that makes a pet of somebody else's package. */
export function wrapperFlake(wrapper: Wrapper): string {
  const { app, service, module, upstream, nixpkgs } = wrapper;
  const follows =
    nixpkgs === null
      ? ''
      : `  inputs.nixpkgs.url = ${text(nixpkgs)};\n  inputs.upstream.inputs.nixpkgs.follows = "nixpkgs";\n`;
  const own = module === null ? './service-module.nix' : attributePath('upstream', 'nixosModules', module);
  return `{
  description = ${text(`${app}, as a pet`)};

  inputs.upstream.url = ${text(upstream)};
${follows}
  outputs = { self, upstream, ... }: {
    # What the service runs.
    packages = builtins.mapAttrs (_: packages: { default = ${packageText(wrapper)}; }) upstream.packages;

    # The service, for any NixOS machine${module === null ? '' : ': as upstream has it'}.
    nixosModules.default = ${own};

    # The service as a pet: what \`pets\` looks for in a flake.
    nixosModules.incus = ${moduleText(service, '    ')};
  };
}
`;
}

function packageText({ package: name, mainProgram }: Wrapper): string {
  const upstream = attributePath('packages', name);
  if (mainProgram === null) return upstream;
  const meta = `(${upstream}.meta or { }) // { mainProgram = ${text(mainProgram)}; }`;
  return `${upstream} // { meta = ${meta}; }`;
}

/** The wrapper's service-module.nix. */
export function wrapperModule({ name }: Pick<Service, 'name'>): string {
  const service = attributePath('services', name);
  return `# The service. A program that is told otherwise where to listen than by HOST and PORT gets options of its own in
# ExecStart: "\${lib.getExe cfg.package} --host \${cfg.host} --port \${toString cfg.port}".
{ config, lib, ... }:
let
  cfg = config.${service};
in
{
  options.${service} = {
    enable = lib.mkEnableOption ${text(name)};
    package = lib.mkOption {
      type = lib.types.package;
      description = "The package that has the program.";
    };
    host = lib.mkOption {
      type = lib.types.str;
      default = "127.0.0.1";
      description = "The address to listen on.";
    };
    port = lib.mkOption {
      type = lib.types.port;
      default = 8080;
      description = "The port to listen on.";
    };
  };

  config = lib.mkIf cfg.enable {
    systemd.${service} = ${unitText(name)};
  };
}
`;
}

function unitText(name: string): string {
  return `{
      description = ${text(name)};
      wantedBy = [ "multi-user.target" ];
      after = [ "network.target" ];
      environment = {
        HOST = cfg.host;
        PORT = toString cfg.port;
      };
      serviceConfig = {
        ExecStart = lib.getExe cfg.package;
        Restart = "on-failure";
        DynamicUser = true;
        # The program's own folder, in which it starts. A volume for it is mounted at /var/lib/private/${name}.
        StateDirectory = ${text(name)};
        WorkingDirectory = ${text(`/var/lib/${name}`)};
        ProtectHome = true;
        PrivateTmp = true;
        NoNewPrivileges = true;
      };
    }`;
}
