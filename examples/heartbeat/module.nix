{ config, lib, ... }:
let
  cfg = config.services.heartbeat;
in
{
  options.services.heartbeat = {
    enable = lib.mkEnableOption "the heartbeat";
    package = lib.mkOption {
      type = lib.types.package;
      description = "The package that has the heartbeat program.";
    };
    interval = lib.mkOption {
      type = lib.types.ints.positive;
      default = 5;
      description = "Seconds from one beat to the next.";
    };
  };

  config = lib.mkIf cfg.enable {
    systemd.services.heartbeat = {
      description = "the heartbeat";
      wantedBy = [ "multi-user.target" ];
      environment.INTERVAL = toString cfg.interval;
      serviceConfig = {
        ExecStart = lib.getExe cfg.package;
        Restart = "on-failure";
        DynamicUser = true;
        StateDirectory = "heartbeat";
        ProtectHome = true;
        PrivateTmp = true;
        NoNewPrivileges = true;
      };
    };
  };
}
