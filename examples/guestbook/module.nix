{ config, lib, ... }:
let
  cfg = config.services.guestbook;
in
{
  options.services.guestbook = {
    enable = lib.mkEnableOption "the guestbook";
    package = lib.mkOption {
      type = lib.types.package;
      description = "The package that has the guestbook program.";
    };
    host = lib.mkOption {
      type = lib.types.str;
      default = "127.0.0.1";
      description = "The address to listen on.";
    };
    port = lib.mkOption {
      type = lib.types.port;
      default = 8080;
      description = "The port to listen on.";
    };
  };

  config = lib.mkIf cfg.enable {
    systemd.services.guestbook = {
      description = "the guestbook";
      wantedBy = [ "multi-user.target" ];
      after = [ "network.target" ];
      environment = {
        HOST = cfg.host;
        PORT = toString cfg.port;
      };
      serviceConfig = {
        ExecStart = lib.getExe cfg.package;
        Restart = "on-failure";
        DynamicUser = true;
        # Made by systemd, owned by the service: /var/lib/guestbook.
        StateDirectory = "guestbook";
        ProtectHome = true;
        PrivateTmp = true;
        NoNewPrivileges = true;
      };
    };
  };
}
