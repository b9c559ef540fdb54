# What every pet's system has, whatever its flake says.
{ config, lib, ... }:
let
  cfg = config.incus.container;
in
{
  options.incus.container = {
    enable = lib.mkEnableOption "this app as a container of its own";
    hostname = lib.mkOption {
      type = lib.types.str;
      default = cfg.appName;
      description = "The name the flake suggests for the app. The guest's host name is the app's name in the manifest.";
    };
    appName = lib.mkOption {
      type = lib.types.str;
      internal = true;
      description = "The app's name in the manifest; set by pets.";
    };
  };

  config = {
    assertions = [
      {
        assertion = cfg.enable;
        message = "the module does not set incus.container.enable = true: is it the flake's module for containers?";
      }
    ];

    boot.isContainer = true;
    # Two apps may come from one flake: each must have a name of its own on the bridge.
    networking.hostName = lib.mkForce cfg.appName;
    networking.firewall.allowedTCPPorts = [ 8080 ];
    nix.settings.experimental-features = [
      "nix-command"
      "flakes"
    ];
    # A bus that restarts under a running switch hangs it.
    systemd.services.dbus-broker = {
      reloadIfChanged = lib.mkForce false;
      restartIfChanged = lib.mkForce false;
    };
  };
}
