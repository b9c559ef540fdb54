# /etc/nix/nix.conf. The guest's Nix is Debian's; there is no daemon.
{ config, lib, ... }:
let
  inherit (lib) mkOption types;
  show = v: if builtins.isBool v then lib.boolToString v else toString v;
in
{
  options.nix = {
    enable = mkOption { type = types.bool; default = true; };
    package = mkOption { type = types.package; };
    settings = mkOption {
      type = types.submodule {
        freeformType = with types; attrsOf (oneOf [ bool int float str path package (listOf (either str package)) ]);
      };
      default = { };
    };
    gc = mkOption { type = types.attrsOf types.anything; default = { }; };
    optimise = mkOption { type = types.attrsOf types.anything; default = { }; };
    channel.enable = mkOption { type = types.bool; default = true; };
    registry = mkOption { type = types.attrsOf types.anything; default = { }; };
    nixPath = mkOption { type = types.listOf types.str; default = [ ]; };
    extraOptions = mkOption { type = types.lines; default = ""; };
  };
  config = {
    nix.package = lib.mkDefault config.nixpkgs.pkgs.nix;
    # Root builds without build users, and no cache can be reached.
    nix.settings = {
      build-users-group = lib.mkDefault "";
      substituters = lib.mkDefault [ ];
    };
    environment.etc."nix/nix.conf" = lib.mkIf config.nix.enable {
      text = lib.concatLines (lib.mapAttrsToList (k: v: "${k} = ${show v}") config.nix.settings)
        + config.nix.extraOptions;
    };
    environment.systemPackages = lib.mkIf config.nix.enable [ config.nix.package ];
  };
}
