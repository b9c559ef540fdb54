{ userland }:
let
  lib = import ./lib;
  # The string gets its context back: what mentions the userland depends on
  # it, and the garbage collector keeps it.
  userland' = builtins.appendContext userland { ${userland}.path = true; };
  import' = system: args: import ./pkgs ({ inherit lib system; userland = userland'; } // args);
in
{
  lib = lib // {
    nixosSystem = import ./nixos { inherit lib; importPkgs = import'; };
  };
  legacyPackages = lib.genAttrs lib.systems.flakeExposed (system: import' system { });
}
