# What comes along in a system that was made for an image of Incus (virtualisation/lxc-container.nix of nixpkgs), and
# what such a system expects to find.
{ config, lib, pkgs, ... }:
let
  cfg = config.incus.container;

  # Depending on its age a drop-in for all services, or a generator that writes one, takes these away:
  # `zzz-lxc-service.conf`. Of drop-ins the last name wins, and what is said here once more is what the unit says.
  loading = [ "LoadCredential" "LoadCredentialEncrypted" "ImportCredential" ];
  linesOf = service: lib.concatMap
    (setting: map (value: "${setting}=${toString value}") (lib.toList (service.serviceConfig.${setting} or [ ])))
    loading;
  restated = unit: service: lib.optional (service.enable or true && linesOf service != [ ])
    (pkgs.writeTextDir "etc/systemd/system/${unit}.service.d/zzzz-pets.conf"
      (lib.concatStringsSep "\n" ([ "[Service]" ] ++ linesOf service ++ [ "" ])));

  # It makes whatever runs the newest generation. Which one that is pets decides, and none is to be made at a boot.
  setsProfile = line: builtins.match ".*/nix-env -p /nix/var/nix/profiles/system --set .*" line != null;
  withoutProfile = text: lib.concatStringsSep "\n" (lib.filter (line: !setsProfile line) (lib.splitString "\n" text));

  isPrivate = path: lib.hasPrefix "/var/lib/private/" path;
in
{
  options.boot.postBootCommands = lib.mkOption { apply = withoutProfile; };

  config = {
    systemd.packages = lib.concatLists (lib.mapAttrsToList restated config.systemd.services);

    # Its name comes before those of the snippets that need what is made here. What is mounted below `private` was
    # there first, and everybody could enter it; systemd refuses to have its folders there.
    system.activationScripts."00-pets" = ''
      mkdir -p /sbin
    '' + lib.optionalString (lib.any isPrivate cfg.mounts) ''
      mkdir -p /var/lib/private
      chmod 0700 /var/lib/private
    '';

    # A store that is shared is not the guest's to clean: then its profiles are the host's too.
    systemd.services = lib.genAttrs [ "nix-gc" "nix-optimise" ] (_: lib.mkIf (config.nix.enable or true) {
      unitConfig.ConditionPathIsMountPoint = "!/nix/var/nix/profiles";
    });
  };
}
