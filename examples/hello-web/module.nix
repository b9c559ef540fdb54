{ config, lib, ... }:
let
  cfg = config.services.hello-web;
in
{
  options.services.hello-web = {
    enable = lib.mkEnableOption "the hello-web page";
    package = lib.mkOption {
      type = lib.types.package;
      description = "The package that has the hello-web program.";
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
    systemd.services.hello-web = {
      description = "the hello-web page";
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
        RuntimeDirectory = "hello-web";
        ProtectHome = true;
        PrivateTmp = true;
        NoNewPrivileges = true;
      };
    };
  };
}
