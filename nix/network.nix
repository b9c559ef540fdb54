# Addresses and names for guests that take them from systemd: a pet has one interface, a veth of the bridge's.
{ config, lib, options, ... }:
let
  isManaged = config.systemd.network.enable;
in
{
  # Nobody hands a resolv.conf in: the one that is there is the guest's own, of the boot before. And with it systemd's
  # resolver does not evaluate.
  networking.useHostResolvConf = lib.mkOverride 900 false;

  # The bridge signs none of its names, and in its domain a resolver that looks for signatures takes none without.
  # Older releases of nixpkgs look for them by default.
  services.resolved = lib.optionalAttrs ((options.services.resolved.dnssec.default or "false") == "allow-downgrade") {
    dnssec = lib.mkOverride 900 "false";
  };

  # In a container NixOS runs no udev. By a /sys that can be written to networkd believes that there is one, and
  # waits for ever until that has looked at the interface.
  systemd.services.systemd-networkd = lib.mkIf isManaged {
    serviceConfig.BindReadOnlyPaths = [ "/sys" ];
  };

  systemd.network = {
    # NixOS' own network for what nobody configured leaves out interfaces that are made by software.
    networks."99-pets-dhcp" = lib.mkIf (isManaged && config.networking.useNetworkd && config.networking.useDHCP) {
      matchConfig = {
        Kind = "veth";
        Name = "eth* en*";
      };
      DHCP = "yes";
    };
  } // lib.optionalAttrs (options.systemd.network ? wait-online.timeout) {
    wait-online.timeout = lib.mkOverride 900 30;
  };

  # Nothing that pets does needs the guest's address: a bridge that gives none is no reason to call the app failed.
  systemd.services.systemd-networkd-wait-online = lib.mkIf isManaged {
    serviceConfig.SuccessExitStatus = [ 1 ];
  };
}
