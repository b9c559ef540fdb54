# What a module asks of the rest. Looked at when the toplevel is (system.nix).
{ lib, ... }:
let inherit (lib) mkOption types; in
{
  options = {
    assertions = mkOption {
      type = types.listOf (types.submodule {
        options.assertion = mkOption { type = types.bool; };
        options.message = mkOption { type = types.str; };
      });
      default = [ ];
      internal = true;
    };
    warnings = mkOption { type = types.listOf types.str; default = [ ]; internal = true; };
    meta = mkOption { type = types.attrsOf types.anything; default = { }; internal = true; };
  };
}
