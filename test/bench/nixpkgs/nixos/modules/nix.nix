# /etc/nix/nix.conf. The guest's Nix is Debian's; there is no daemon.
{ config, lib, ... }:
let
  inherit (lib) mkOption types;
  flag = mkOption { type = types.bool; default = false; };
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
    gc = {
      automatic = flag;
      dates = mkOption { type = with types; coercedTo str lib.singleton (listOf str); default = [ "03:15" ]; };
      options = mkOption { type = types.singleLineStr; default = ""; };
      persistent = flag;
      randomizedDelaySec = mkOption { type = types.singleLineStr; default = "0"; };
    };
    optimise.automatic = flag;
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
    # There as soon as Nix is, whether a timer starts it or not.
    systemd.services.nix-optimise = lib.mkIf config.nix.enable {
      description = "Nix Store Optimiser";
      serviceConfig.ExecStart = "${config.nix.package}/bin/nix-store --optimise";
      startAt = lib.optional config.nix.optimise.automatic "03:45";
    };
    systemd.services.nix-gc = lib.mkIf config.nix.enable {
      description = "Nix Garbage Collector";
      script = "exec ${config.nix.package}/bin/nix-collect-garbage ${config.nix.gc.options}";
      serviceConfig.Type = "oneshot";
      startAt = lib.optionals config.nix.gc.automatic config.nix.gc.dates;
    };
  };
}
