# What every pet's system has, whatever its source says.
{ config, lib, ... }:
let
  cfg = config.incus.container;

  # Where systemd keeps the folders of a unit, by the setting that names them.
  homes = {
    StateDirectory = "/var/lib";
    CacheDirectory = "/var/cache";
    LogsDirectory = "/var/log";
  };
  isTrue = value: lib.any (v: lib.elem v [ true "true" "yes" "on" "1" ]) (lib.toList value);
  # "a b:link" and [ "a" "b" ] alike: a, b.
  namesIn = value: map (name: lib.head (lib.splitString ":" name))
    (lib.filter (name: name != "") (lib.concatMap (v: lib.splitString " " (toString v)) (lib.toList value)));

  # A dynamic user's folder is in `private`; systemd moves one that is there already, which a mount cannot be.
  privateOf = unit: service: lib.concatLists (lib.mapAttrsToList
    (setting: home: map (name: { inherit unit setting home; path = "${home}/${name}"; })
      (namesIn (service.serviceConfig.${setting} or [ ])))
    homes);
  private = lib.concatLists (lib.mapAttrsToList privateOf
    (lib.filterAttrs (_: service: (service.enable or true) && isTrue (service.serviceConfig.DynamicUser or false)) config.systemd.services));

  isBelow = path: folder: lib.hasPrefix "${folder}/" path;
  isInTheWay = mount: folder:
    isBelow mount folder.home && (mount == folder.path || isBelow mount folder.path || isBelow folder.path mount);
  inTheWay = lib.concatMap (mount: map (folder: { inherit mount folder; }) (lib.filter (isInTheWay mount) private)) cfg.mounts;
  told = { mount, folder }: {
    assertion = false;
    message = "nothing can be mounted at ${mount}: ${folder.unit}.service has DynamicUser and ${folder.setting}, so systemd moves ${folder.path} to ${folder.home}/private, and cannot move a mount. Mount it at ${folder.home}/private${lib.removePrefix folder.home mount} instead";
  };
in
{
  imports = [ ./network.nix ./image.nix ];

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
    mounts = lib.mkOption {
      type = lib.types.listOf lib.types.str;
      default = [ ];
      internal = true;
      description = "Where the app's volumes and folders of the host are mounted; set by pets.";
    };
  };

  config = {
    assertions = [
      {
        assertion = cfg.enable;
        message = "the module does not set incus.container.enable = true: is it the flake's module for containers? For another one the manifest can: nixos.incus.container.enable = true";
      }
    ] ++ map told inTheWay;

    boot.isContainer = true;
    # Two apps may come from one flake: each must have a name of its own on the bridge.
    networking.hostName = lib.mkForce cfg.appName;
    networking.firewall.allowedTCPPorts = [ 8080 ];
    nix.settings.experimental-features = [
      "nix-command"
      "flakes"
    ];
    # A bus that restarts under a running switch hangs it.
    systemd.services.dbus-broker = lib.mkIf ((config.services.dbus.implementation or "dbus") == "broker") {
      reloadIfChanged = lib.mkForce false;
      restartIfChanged = lib.mkForce false;
    };
  };
}
