# lib.nixosSystem: the modules of ./modules and those given, evaluated.
{ lib, importPkgs }:
{ system ? null, modules ? [ ], specialArgs ? { }, pkgs ? null, ... }:
let
  given = { config, ... }: {
    _file = "lib.nixosSystem";
    options.nixpkgs.pkgs = lib.mkOption {
      type = lib.types.pkgs;
      default = importPkgs config.nixpkgs.hostPlatform { inherit (config.nixpkgs) config overlays; };
      description = "The package set; made from the other options here.";
    };
    config = {
      nixpkgs = lib.optionalAttrs (system != null) { hostPlatform = lib.mkDefault system; }
        // lib.optionalAttrs (pkgs != null) { inherit pkgs; };
      _module.args.pkgs = config.nixpkgs.pkgs;
    };
  };
  result = lib.evalModules {
    modules = import ./modules ++ [ given ] ++ modules;
    specialArgs = { modulesPath = toString ./modules; } // specialArgs;
  };
  finish = result: result // {
    inherit (result._module.args) pkgs;
    inherit lib;
    extendModules = args: finish (result.extendModules args);
  };
in
finish result
