# The host name is real; an address takes networkd (networkd.nix). The rest is recorded for a test to read, and not
# enforced: the containers of the bench have no firewall.
{ config, lib, ... }:
let
  inherit (lib) mkOption types;
  cfg = config.networking;
  ports = mkOption { type = types.listOf types.port; default = [ ]; apply = p: lib.unique (lib.naturalSort p); };
  flag = default: mkOption { type = types.bool; inherit default; };
in
{
  options.networking = {
    hostName = mkOption {
      type = types.strMatching "[[:alnum:]]([[:alnum:]_-]{0,61}[[:alnum:]])?|";
      default = "nixos";
      description = "The name of the machine.";
    };
    domain = mkOption { type = types.nullOr types.str; default = null; };
    hosts = mkOption { type = types.attrsOf (types.listOf types.str); default = { }; };
    nameservers = mkOption { type = types.listOf types.str; default = [ ]; };
    useDHCP = flag true;
    useNetworkd = flag false;
    useHostResolvConf = flag false;
    enableIPv6 = flag true;
    interfaces = mkOption { type = types.attrsOf types.anything; default = { }; };
    nftables.enable = flag false;
    firewall = {
      enable = flag true;
      allowPing = flag true;
      allowedTCPPorts = ports;
      allowedUDPPorts = ports;
    };
  };

  config.environment.etc = {
    hostname = lib.mkIf (cfg.hostName != "") { text = cfg.hostName + "\n"; };
    hosts.text = lib.concatLines ([ "127.0.0.1 localhost" "::1 localhost" "127.0.0.2 ${cfg.hostName}" ]
      ++ lib.mapAttrsToList (ip: names: "${ip} ${toString names}") cfg.hosts);
    "resolv.conf" = lib.mkIf (cfg.nameservers != [ ]) {
      text = lib.concatMapStrings (ip: "nameserver ${ip}\n") cfg.nameservers;
    };
    "pets-stand-in/firewall.json".text = builtins.toJSON {
      enforced = false;
      inherit (cfg.firewall) enable allowedTCPPorts allowedUDPPorts;
    };
  };
}
