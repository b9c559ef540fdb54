# systemd-networkd and systemd-resolved, as the userland has them. As in a container of NixOS there is no udev.
{ config, lib, pkgs, ... }:
let
  inherit (lib) mkOption types;
  cfg = config.systemd.network;
  net = config.networking;

  section = mkOption { type = types.attrsOf types.anything; default = { }; };
  list = mkOption { type = types.listOf types.str; default = [ ]; };
  network = {
    options = {
      enable = mkOption { type = types.bool; default = true; };
      DHCP = mkOption { type = types.nullOr types.str; default = null; };
      address = list;
      gateway = list;
      dns = list;
      matchConfig = section;
      linkConfig = section;
      networkConfig = section;
      dhcpV4Config = section;
    };
  };
  show = v: if builtins.isBool v then (if v then "yes" else "no") else toString v;
  lines = name: v: lib.concatMapStrings (one: "${name}=${show one}\n") (lib.toList v);
  write = name: set: lib.optionalString (set != { }) "[${name}]\n${lib.concatStrings (lib.mapAttrsToList lines set)}\n";
  given = lib.filterAttrs (_: v: v != null && v != [ ]);
  textOf = n:
    write "Match" n.matchConfig
    + write "Link" n.linkConfig
    + write "Network" (given { inherit (n) DHCP; Address = n.address; Gateway = n.gateway; DNS = n.dns; } // n.networkConfig)
    + write "DHCPv4" n.dhcpV4Config;
  files = lib.mapAttrs' (name: n: lib.nameValuePair "systemd/network/${name}.network" { text = textOf n; })
    (lib.filterAttrs (_: n: n.enable) cfg.networks);

  # A name of an interface that is made by software is in no network that nobody wrote.
  byDefault."99-ethernet-default-dhcp" = {
    matchConfig = { Type = "ether"; Kind = "!*"; };
    DHCP = "yes";
  };
  named = lib.mapAttrs' (name: _: lib.nameValuePair "40-${name}" { matchConfig.Name = name; DHCP = "yes"; })
    (lib.filterAttrs (_: i: i.useDHCP or false) net.interfaces);
  waiting = "${pkgs.userland}/lib/systemd/systemd-networkd-wait-online"
    + lib.optionalString cfg.wait-online.anyInterface " --any"
    + " --timeout=${toString cfg.wait-online.timeout}";
in
{
  options.systemd.network = {
    enable = mkOption { type = types.bool; default = false; };
    networks = mkOption { type = types.attrsOf (types.submodule network); default = { }; };
    wait-online = {
      enable = mkOption { type = types.bool; default = true; };
      anyInterface = mkOption { type = types.bool; default = net.useDHCP; };
      timeout = mkOption { type = types.ints.unsigned; default = 120; };
    };
  };
  options.services.resolved = {
    enable = mkOption { type = types.bool; default = false; };
    # As releases of nixpkgs have it that pets still supports; systemd's own default is Debian's here, which is no.
    dnssec = mkOption { type = types.enum [ "true" "allow-downgrade" "false" ]; default = "allow-downgrade"; };
  };

  config = lib.mkMerge [
    (lib.mkIf net.useNetworkd {
      systemd.network.enable = lib.mkDefault true;
      systemd.network.networks = lib.mkMerge [ named (lib.mkIf net.useDHCP byDefault) ];
    })
    (lib.mkIf cfg.enable {
      services.resolved.enable = lib.mkDefault true;
      environment.etc = files;
      systemd.additionalUpstreamSystemUnits = [
        "systemd-networkd.service" "systemd-networkd.socket" "systemd-networkd-wait-online.service"
      ];
      systemd.services.systemd-networkd = {
        wantedBy = [ "multi-user.target" ];
        restartTriggers = lib.mapAttrsToList (_: file: builtins.hashString "sha256" file.text) files;
        aliases = [ "dbus-org.freedesktop.network1.service" ];
        stopIfChanged = false;
      };
      systemd.services.systemd-networkd-wait-online = {
        inherit (cfg.wait-online) enable;
        wantedBy = [ "network-online.target" ];
        serviceConfig.ExecStart = [ "" waiting ];
      };
    })
    (lib.mkIf config.services.resolved.enable {
      assertions = [{
        assertion = !net.useHostResolvConf;
        message = "Using host resolv.conf is not supported with systemd-resolved";
      }];
      environment.etc."systemd/resolved.conf".text = "[Resolve]\nDNSSEC=${config.services.resolved.dnssec}\n";
      environment.etc."resolv.conf".source = "/run/systemd/resolve/stub-resolv.conf";
      systemd.additionalUpstreamSystemUnits = [ "systemd-resolved.service" ];
      systemd.services.systemd-resolved = {
        wantedBy = [ "multi-user.target" ];
        aliases = [ "dbus-org.freedesktop.resolve1.service" ];
      };
    })
  ];
}
