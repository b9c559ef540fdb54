# Options that real configurations set and the stand-in only records, in
# /etc/pets-stand-in/recorded.json; boot.isContainer is checked, not obeyed.
{ config, lib, ... }:
let
  inherit (lib) mkOption types;
  anything = mkOption { type = types.attrsOf types.anything; default = { }; };
  flag = default: mkOption { type = types.bool; inherit default; };
in
{
  options = {
    boot = {
      isContainer = flag false;
      postBootCommands = mkOption { type = types.lines; default = ""; description = "Run by init, once the system is activated."; };
      loader = anything;
      kernel = anything;
      initrd = anything;
      tmp = anything;
      kernelParams = mkOption { type = types.listOf types.str; default = [ ]; };
      kernelModules = mkOption { type = types.listOf types.str; default = [ ]; };
    };
    documentation = mkOption {
      type = types.submodule { freeformType = types.attrsOf types.anything; options.enable = flag true; };
      default = { };
    };
    fileSystems = anything;
    hardware = anything;
    i18n.defaultLocale = mkOption { type = types.str; default = "en_US.UTF-8"; };
    programs = anything;
    security = anything;
    services.dbus = {
      enable = flag true;
      implementation = mkOption { type = types.enum [ "dbus" "broker" ]; default = "dbus"; };
    };
    services.openssh = mkOption {
      type = types.submodule { freeformType = types.attrsOf types.anything; options.enable = flag false; };
      default = { };
    };
    services.journald.extraConfig = mkOption { type = types.lines; default = ""; };
    swapDevices = mkOption { type = types.listOf types.anything; default = [ ]; };
    time.timeZone = mkOption { type = types.nullOr types.str; default = null; };
  };

  config = {
    assertions = [{
      assertion = config.boot.isContainer;
      message = "The stand-in nixpkgs boots in containers only: set `boot.isContainer = true'.";
    }];
    environment.etc = {
      "pets-stand-in/recorded.json".text = builtins.toJSON {
        inherit (config) i18n time;
        openssh = config.services.openssh.enable;
        dbus = config.services.dbus.implementation;
      };
      localtime = lib.mkIf (config.time.timeZone != null) {
        source = "/usr/share/zoneinfo/${config.time.timeZone}";
      };
      "systemd/journald.conf.d/50-configuration.conf" = lib.mkIf (config.services.journald.extraConfig != "") {
        text = "[Journal]\n" + config.services.journald.extraConfig;
      };
    };
  };
}
