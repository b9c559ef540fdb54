# Not in NixOS: lets a test play the failures that a real system can have.
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
  };
}
