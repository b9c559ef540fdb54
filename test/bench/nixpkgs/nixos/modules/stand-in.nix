# Not in NixOS: lets a test play the failures that a real system can have, and leave out what a real one can lack.
{ lib, ... }:
let inherit (lib) mkOption types; in
{
  options.standIn = {
    switch = mkOption {
      type = types.nullOr (types.enum [ "inhibited" "hang" "locked" ]);
      default = null;
      description = ''
        How a `switch` or `test` *to* this system goes wrong. "inhibited": the
        pre-switch check refuses, exit 1, unless NIXOS_NO_CHECK=1. "hang": it
        never ends. "locked": exit 11, as if another one were running.
        `boot` always works.
      '';
    };
    initInterface = mkOption {
      type = types.int;
      default = 2;
      description = ''
        Another number than the running system's: a `switch` or `test` refuses
        with exit 100, since only a boot can bring about the other `init`.
      '';
    };
    boot = mkOption {
      type = types.nullOr (types.enum [ "dies" ]);
      default = null;
      description = ''"dies": init exits at once, so that the container stops.'';
    };
    marker = mkOption {
      type = types.bool;
      default = true;
      description = "Whether there is /etc/NIXOS, by which Incus knows where the programs are.";
    };
    tmpfiles = mkOption {
      type = types.bool;
      default = true;
      description = "Whether systemd-tmpfiles runs at boot.";
    };
    links = mkOption {
      type = types.listOf types.str;
      default = [ "bin" "sbin" "lib" "lib64" "usr" ];
      internal = true;
      description = "What of the root directory is the userland's.";
    };
  };
}
