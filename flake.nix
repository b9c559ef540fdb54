{
  description = "Compose for NixOS services on Incus";

  inputs.nixpkgs.url = "github:nixos/nixpkgs/nixos-25.11";

  outputs =
    { self, nixpkgs }:
    let
      systems = [ "x86_64-linux" "aarch64-linux" ];
      forEach = f: nixpkgs.lib.genAttrs systems (system: f nixpkgs.legacyPackages.${system});
      petsFor = pkgs: self.packages.${pkgs.stdenv.hostPlatform.system}.default;
    in
    {
      packages = forEach (pkgs: { default = pkgs.callPackage ./host/package.nix { }; });

      apps = forEach (pkgs: {
        default = {
          type = "app";
          program = "${petsFor pkgs}/bin/pets";
        };
      });

      devShells = forEach (pkgs: { default = pkgs.mkShell { packages = [ pkgs.nodejs pkgs.git ]; }; });

      # A host that runs pets: docs/host.md.
      nixosModules.default = { lib, pkgs, ... }: {
        imports = [ ./host/module.nix ];
        services.pets.package = lib.mkDefault (petsFor pkgs);
      };
    };
}
