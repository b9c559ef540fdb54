# The packages: builders of our own, and thin packages whose programs are
# links into the guest userland (they run in a guest, where /lib64 is there).
{ lib, system, userland, config ? { }, overlays ? [ ] }:
let
  base = pkgs: {
    inherit lib system config userland pkgs;
    callPackage = callPackageWith pkgs;
    callPackages = callPackageWith pkgs;
    stdenv = import ./stdenv.nix { inherit lib system pkgs; };
    stdenvNoCC = pkgs.stdenv;
    mkShell = args: pkgs.stdenv.mkDerivation ({ name = "shell"; dontUnpack = true; installPhase = "mkdir $out"; } // args);
    formats = import ./formats.nix { inherit lib pkgs; };
  } // import ./builders.nix { inherit lib system userland pkgs; }
  // import ./tools.nix { inherit lib userland pkgs; };

  callPackageWith = pkgs: file: args:
    let
      f = if builtins.isFunction file then file else import file;
      auto = builtins.intersectAttrs (builtins.functionArgs f) pkgs;
    in
    lib.makeOverridable f (auto // args);

  overlaid = lib.foldl' (f: overlay: lib.extends overlay f) base overlays;
in
lib.fix overlaid
