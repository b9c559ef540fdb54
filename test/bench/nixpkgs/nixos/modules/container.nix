# What boot.isContainer alone sets.
{ config, lib, ... }:
{
  options.services.udev.enable = lib.mkOption { type = lib.types.bool; default = true; };

  config = lib.mkIf config.boot.isContainer {
    networking.useHostResolvConf = lib.mkDefault true;
    services.udev.enable = false;
  };
}
