# For systems that were made for an image of Incus. What matters of it to a pet: a drop-in for all services that takes
# their credentials away, a profile that is set at each boot, and an init in a /sbin that somebody else must make.
{ config, lib, pkgs, ... }:
{
  boot.isContainer = true;
  boot.postBootCommands = ''
    # The profile of the system
    ${config.nix.package}/bin/nix-env -p /nix/var/nix/profiles/system --set /run/current-system
  '';
  services.openssh.enable = lib.mkDefault true;
  standIn.links = [ "bin" "lib" "lib64" "usr" ];
  system.activationScripts.installInitScript = lib.mkForce "ln -fs $systemConfig/init /sbin/init";
  systemd.additionalUpstreamSystemUnits = [ "systemd-udev-trigger.service" ];
  systemd.packages = [
    (pkgs.writeTextDir "etc/systemd/system/service.d/zzz-lxc-service.conf" ''
      [Service]
      NoNewPrivileges=no
      ProtectControlGroups=no
      ProtectKernelTunables=no
      LoadCredential=
    '')
  ];
}
