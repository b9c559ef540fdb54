{
  description = "A worker without a port: it counts";

  # Not locked here: pets gives its own nixpkgs to a flake that has no flake.lock.
  inputs.nixpkgs.url = "github:nixos/nixpkgs/nixos-25.11";

  outputs = { self, nixpkgs }:
    let
      systems = [ "x86_64-linux" "aarch64-linux" ];
      forEach = f: nixpkgs.lib.genAttrs systems (system: f nixpkgs.legacyPackages.${system});
    in
    {
      packages = forEach (pkgs: { default = pkgs.callPackage ./package.nix { }; });

      # The service, for any NixOS machine.
      nixosModules.default = ./module.nix;

      # The service as a pet: what `pets` looks for in a flake.
      nixosModules.incus = { lib, pkgs, ... }: {
        imports = [ self.nixosModules.default ];
        incus.container.enable = true;
        incus.container.hostname = lib.mkDefault "counter";
        system.stateVersion = "25.05";
        services.counter = {
          enable = true;
          package = lib.mkDefault self.packages.${pkgs.stdenv.hostPlatform.system}.default;
        };
      };
    };
}
