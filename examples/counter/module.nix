{ config, lib, ... }:
let
  cfg = config.services.counter;
in
{
  options.services.counter = {
    enable = lib.mkEnableOption "the counter";
    package = lib.mkOption {
      type = lib.types.package;
      description = "The package that has the counter program.";
    };
    interval = lib.mkOption {
      type = lib.types.ints.positive;
      default = 5;
      description = "Seconds from one number to the next.";
    };
  };

  config = lib.mkIf cfg.enable {
    systemd.services.counter = {
      description = "the counter";
      wantedBy = [ "multi-user.target" ];
      environment.INTERVAL = toString cfg.interval;
      serviceConfig = {
        ExecStart = lib.getExe cfg.package;
        Restart = "on-failure";
        DynamicUser = true;
        StateDirectory = "counter";
        ProtectHome = true;
        PrivateTmp = true;
        NoNewPrivileges = true;
      };
    };
  };
}
