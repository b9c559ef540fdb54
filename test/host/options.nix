# What host/module.nix sets or asks for and the stand-in nixpkgs does not declare; the names are those of NixOS 25.11.
{ lib, pkgs, ... }:
let
  inherit (lib) mkDefault mkOption types;
in
{
  options = {
    virtualisation.incus = {
      enable = mkOption { type = types.bool; default = false; };
      preseed = mkOption { type = types.nullOr (types.attrsOf types.anything); default = null; };
    };
    networking.firewall.trustedInterfaces = mkOption { type = types.listOf types.str; default = [ ]; };
  };
  config.programs.ssh.package = mkDefault (pkgs.writeShellScriptBin "ssh" "");
}
