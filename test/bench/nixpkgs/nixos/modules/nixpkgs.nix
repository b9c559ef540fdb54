# Which packages; `nixpkgs.pkgs` itself is declared where they are made.
{ lib, ... }:
let inherit (lib) mkOption types; in
{
  options.nixpkgs = {
    hostPlatform = mkOption {
      type = types.coercedTo types.attrs (p: p.system) types.str;
      example = "x86_64-linux";
      description = "The platform that the system runs on.";
    };
    config = mkOption { type = types.attrsOf types.anything; default = { }; };
    overlays = mkOption { type = types.listOf (types.functionTo types.raw); default = [ ]; };
  };
}
