import { standIn, type Story } from './rig.js';

/** Where the app keeps what must outlive its container. */
export const STATE = '/var/lib/home';
export const PORT = 8000;

type Version = {
  /** Of the flake, in the story's folder. */
  readonly folder?: string;
  readonly says: string;
  /** A unit that fails until somebody has logged in, as the client of a tailnet does. */
  readonly login?: boolean;
  /** Further lines of the system. */
  readonly more?: string;
};

/**
 * A system as people have it that came from an image of Incus: an ordinary `nixosConfigurations.home`, made without a
 * thought of pets. What it serves is on its loopback, of what it is and of a secret; it opens /dev/net/tun.
 */
export function wholeSystem(story: Story, { folder = '.', says, login = true, more = '' }: Version): void {
  story.write(
    `${folder}/flake.nix`,
    `{
  inputs.nixpkgs.url = "${standIn()}";
  outputs = { nixpkgs, ... }: {
    nixosConfigurations.home = nixpkgs.lib.nixosSystem {
      system = "x86_64-linux";
      modules = [ ./home.nix ];
    };
  };
}
`,
  );
  story.write(
    `${folder}/home.nix`,
    `{ lib, modulesPath, pkgs, ... }: {
  imports = [ "\${modulesPath}/virtualisation/lxc-container.nix" ];
  networking.hostName = "home";
  system.stateVersion = "25.05";
  nix.gc = { automatic = true; dates = "daily"; options = "-d"; };
  systemd.services.page = {
    wantedBy = [ "multi-user.target" ];
    serviceConfig = { DynamicUser = true; RuntimeDirectory = "page"; LoadCredential = "key"; };
    script = ''
      echo "${says}, $(cat $CREDENTIALS_DIRECTORY/key)" > $RUNTIME_DIRECTORY/index.html
      exec \${pkgs.busybox}/bin/httpd -f -p 127.0.0.1:${PORT} -h $RUNTIME_DIRECTORY
    '';
  };
  systemd.services.tunnel = {
    wantedBy = [ "multi-user.target" ];
    script = "exec 3<>/dev/net/tun; exec sleep infinity";
  };
  ${login ? `systemd.services.login = { wantedBy = [ "multi-user.target" ]; serviceConfig = { Type = "oneshot"; RemainAfterExit = true; }; script = "test -e ${STATE}/login"; };` : ''}
  ${more}
}
`,
  );
}

/** Its table in the manifest: no port. */
export const tableOf = (folder = '.') => `flake-ref = "${folder}#nixosConfigurations.home"
volumes = { state = "${STATE}" }
secrets.key = { file = "./key" }
incus.devices.tun = { type = "unix-char", path = "/dev/net/tun" }`;
