import { attribute, attributePath, text } from './nix-text.js';

type Pet = {
  readonly hostname: string;
  /** `25.11`. */
  readonly release: string;
};

/** A service that `nixosModules.default` declares. */
export type Service = Pet & {
  /** As in `services.<name>`. */
  readonly name: string;
  /** Whether it has an option `package`. */
  readonly hasPackage: boolean;
  /** What makes it listen where a pet must: Nix code by option. */
  readonly listen: readonly (readonly [option: string, value: string])[];
  /** What nobody but a person can write there. */
  readonly remark?: string;
};

/** A program that no module makes a service of. */
export type Program = Pet & {
  readonly name: string;
  /** Among the flake's packages; null: it has none. */
  readonly package: string | null;
  readonly mainProgram: string | null;
};

/** A function from the flake to its `nixosModules.incus`. */
export function incusModule(service: Service): string {
  return `# The service as a pet: what \`pets\` looks for in a flake, as its nixosModules.incus.
self:
${moduleText(service, '')}
`;
}

/** The module, each line but the first below `indent`. `self`: the expression for the flake. */
export function moduleText(pet: Service | Program, indent: string, self = 'self'): string {
  const imports = 'listen' in pet ? `  imports = [ ${self}.nixosModules.default ];\n` : '';
  const config = 'listen' in pet ? serviceText(pet, self) : unitText(pet, self);
  return `{ lib, pkgs, ... }: {
${imports}  incus.container.enable = true;
  incus.container.hostname = lib.mkDefault ${text(pet.hostname)};
  system.stateVersion = ${text(pet.release)};
${config}
}`.replaceAll('\n', `\n${indent}`);
}

function packageText(self: string, name: string): string {
  return `${self}.packages.\${pkgs.stdenv.hostPlatform.system}.${attribute(name)}`;
}

function serviceText({ name, hasPackage, listen, remark }: Service, self: string): string {
  const lines = [
    'enable = true;',
    ...(hasPackage ? [`package = lib.mkDefault ${packageText(self, 'default')};`] : []),
    ...listen.map(([option, value]) => `${option} = ${value};`),
    ...(remark === undefined ? [] : [`# ${remark}`]),
  ];
  return `  services.${attribute(name)} = {
${lines.map((line) => `    ${line}`).join('\n')}
  };`;
}

function unitText({ name, package: from, mainProgram }: Program, self: string): string {
  const whole = from === null ? 'pkgs.callPackage ./package.nix { }' : packageText(self, from);
  const program =
    mainProgram === null
      ? `"\${${whole}}/bin/<program>"`
      : `lib.getExe ${from === null ? `(${whole})` : whole}`;
  return `  # What runs: a program that listens on port 8080.
  ${attributePath('systemd', 'services', name)} = {
    wantedBy = [ "multi-user.target" ];
    environment = { HOST = "0.0.0.0"; PORT = "8080"; };
    serviceConfig.ExecStart = ${program};
    serviceConfig.DynamicUser = true;
    serviceConfig.StateDirectory = ${text(name)};
  };`;
}
