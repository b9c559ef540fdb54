import { attribute, text } from './nix-text.js';

export type Service = {
  /** As in `services.<name>`. */
  readonly name: string;
  readonly hostname: string;
  /** `25.11`. */
  readonly release: string;
};

/** A function from the flake to its `nixosModules.incus`. */
export function incusModule(service: Service): string {
  return `# The service as a pet: what \`pets\` looks for in a flake, as its nixosModules.incus.
self:
${moduleText(service, '')}
`;
}

/** The module, each line but the first below `indent`. `self`: the expression for the flake. */
export function moduleText({ name, hostname, release }: Service, indent: string, self = 'self'): string {
  return `{ lib, pkgs, ... }: {
  imports = [ ${self}.nixosModules.default ];
  incus.container.enable = true;
  incus.container.hostname = lib.mkDefault ${text(hostname)};
  system.stateVersion = ${text(release)};
  services.${attribute(name)} = {
    enable = true;
    package = lib.mkDefault ${self}.packages.\${pkgs.stdenv.hostPlatform.system}.default;
    host = lib.mkDefault "0.0.0.0";
    port = 8080;
  };
}`.replaceAll('\n', `\n${indent}`);
}

/** A pets.toml to begin with. `project`: a valid name. */
export function firstManifest(project: string): string {
  return `# What runs on this machine, and where. From this folder:
#
#   pets diff     says what \`up\` would do, and changes nothing
#   pets up       does it
#   pets ps       shows what runs, and where

# Whose containers these are. Everything pets makes is marked with it, and
# nothing without that mark is ever changed or deleted.
project = "${project}"

# For every app that does not say otherwise.
[defaults]
listen = "127.0.0.1"

# An app is a flake that ships \`nixosModules.incus\`: \`pets check <flake-ref>\`
# says whether one does, \`pets init --contract\` adds it to yours, and
# \`pets init --wrapper\` makes a flake of it around somebody else's package.
# Its container has the app's name, and the app listens on port 8080 inside.
#
# [apps.web]
# flake-ref = "github:owner/repo" # or a folder: "./web"
# port = 7700                     # http://127.0.0.1:7700
# volumes = { data = "/var/lib/private/web" }
`;
}
