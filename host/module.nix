# services.pets: a NixOS host that runs pets.
{ config, lib, pkgs, ... }:
let
  inherit (lib) mkEnableOption mkIf mkOption types;
  cfg = config.services.pets;

  # As systemd reads a command: in quotes, without its variables and specifiers.
  quoted = text: builtins.replaceStrings [ "%" "$" ] [ "%%" "$$" ] (builtins.toJSON text);
  pets = verb: "${lib.getExe cfg.package} ${verb} --file ${quoted cfg.manifest}";
  # Another run may hold the project, somebody's at a terminal too.
  run = "--no-input --progress plain --lock-wait 30m";

  operators = lib.unique (cfg.operators ++ lib.optional (cfg.user != "root") cfg.user);

  schedule = default: example: mkOption {
    type = types.str;
    inherit default example;
    description = "When, as systemd.time(7) has it.";
  };

  service = {
    after = [ "network-online.target" "nix-daemon.socket" "incus.service" "incus-preseed.service" "incus-startup.service" ];
    wants = [ "network-online.target" "incus.service" ];
    # What pets runs, and ssh for what Nix fetches through it. git comes with the package.
    path = [ config.nix.package config.programs.ssh.package ];
    serviceConfig = {
      Type = "oneshot";
      User = cfg.user;
      # A stop is a signal to pets, which then finishes what it has begun: its builds and switches must go on.
      KillMode = "mixed";
      TimeoutStopSec = "10min";
      SuccessExitStatus = "143";
    };
  };
in
{
  options.services.pets = {
    enable = mkEnableOption "pets: NixOS services in Incus containers, as pets.toml says";

    package = mkOption {
      type = types.package;
      description = "The package that has the program.";
    };

    manifest = mkOption {
      type = types.nullOr (types.strMatching "/.*");
      default = null;
      example = "/etc/pets/pets.toml";
      description = ''
        The absolute path of the manifest that the host brings up when it boots. Without one only what pets needs is set up.
        A manifest in the Nix store needs its whole folder (`"''${./pets}/pets.toml"`), with a pets.lock that has everything.
      '';
    };

    user = mkOption {
      type = types.str;
      default = "root";
      description = ''
        Who brings the pets up when the host boots. Secrets that pets generates belong to the user who runs it, so this
        is who runs it by hand, too; and whose the manifest's git repository is.
      '';
    };

    operators = mkOption {
      type = types.listOf types.str;
      default = [ ];
      example = [ "alice" ];
      description = "Users who may run pets. They may drive Incus, and so are as good as root.";
    };

    incus = {
      enable = mkOption {
        type = types.bool;
        default = true;
        description = "Whether to set up Incus as well: a bridge, a storage pool and the default profile.";
      };
      bridge = mkOption {
        type = types.str;
        default = "incusbr0";
        description = "The bridge that containers are on. The firewall trusts it.";
      };
      address = mkOption {
        type = types.str;
        default = "10.87.7.1/24";
        description = "The host's address on the bridge, and its network. Fixed: `auto` would be drawn anew whenever Incus starts.";
      };
      pool = mkOption {
        type = types.attrsOf types.anything;
        default = { driver = "dir"; };
        example = { driver = "zfs"; config.source = "tank/incus"; };
        description = "The storage pool `default`. On `dir` each copy of a volume before an upgrade is a full one; zfs, btrfs and lvm share what is the same.";
      };
    };

    update = {
      enable = mkEnableOption "backing up and updating the apps that have `backup = { schedule = … }` and `update = { auto = true, … }` in the manifest, each when its own schedule says";
      # Not when they are updated, but how often it is looked which of them are due.
      schedule = schedule "*:0/15" "hourly";
    };

    watch = {
      enable = mkEnableOption "looking at the apps, at `services.pets.watch.schedule`, and telling whom `[notify]` in the manifest names";
      schedule = schedule "*:0/5" "*:0";
    };
  };

  config = mkIf cfg.enable {
    assertions = [
      {
        assertion = cfg.update.enable -> cfg.manifest != null && !lib.hasPrefix "${builtins.storeDir}/" cfg.manifest;
        message = "services.pets.update writes pets.lock beside the manifest: set services.pets.manifest to a path outside the Nix store.";
      }
      {
        assertion = cfg.watch.enable -> cfg.manifest != null;
        message = "services.pets.watch looks at the apps of a manifest: set services.pets.manifest.";
      }
    ];

    environment.systemPackages = [ cfg.package ];

    virtualisation.incus = {
      enable = mkIf cfg.incus.enable true;
      preseed = mkIf cfg.incus.enable {
        networks = [
          {
            name = cfg.incus.bridge;
            type = "bridge";
            config = {
              # The preseed is applied whenever the daemon starts: `auto` would draw another network each time.
              "ipv4.address" = cfg.incus.address;
              "ipv4.nat" = "true";
              "ipv6.address" = "none";
            };
          }
        ];
        storage_pools = [ ({ name = "default"; } // cfg.incus.pool) ];
        profiles = [
          {
            name = "default";
            devices = {
              root = { type = "disk"; path = "/"; pool = "default"; };
              eth0 = { type = "nic"; name = "eth0"; network = cfg.incus.bridge; };
            };
          }
        ];
      };
    };
    # Incus on NixOS wants nftables.
    networking.nftables.enable = mkIf cfg.incus.enable true;
    networking.firewall.trustedInterfaces = mkIf cfg.incus.enable [ cfg.incus.bridge ];

    # Generations of pets, and their roots against garbage collection. The group is Incus': who may drive it is root
    # already.
    systemd.tmpfiles.rules = [ "d /nix/var/nix/profiles/per-pet 2775 root incus-admin -" ];
    users.groups.incus-admin = { };
    users.users = lib.genAttrs operators (_: { extraGroups = [ "incus-admin" ]; });

    systemd.services.pets-up = mkIf (cfg.manifest != null) (lib.mkMerge [
      service
      {
        description = "Bring the pets up";
        wantedBy = [ "multi-user.target" ];
        # The daemon, an address to listen on or a cache may come late; what is wrong for good is not tried for ever.
        unitConfig = {
          StartLimitIntervalSec = "6h";
          StartLimitBurst = 20;
        };
        serviceConfig = {
          ExecStart = "${pets "up"} ${run}";
          RemainAfterExit = true;
          Restart = "on-failure";
          RestartSec = "30s";
          # Rolled back: the old version serves, and the new one would fail again. Wrong usage stays wrong.
          RestartPreventExitStatus = "3 64";
        };
      }
    ]);

    systemd.services.pets-update = mkIf cfg.update.enable (lib.mkMerge [
      service
      {
        description = "Update the pets";
        after = [ "pets-up.service" ];
        serviceConfig = {
          ExecStart = "${pets "update"} --due --progress plain --lock-wait 30m";
          # Rolled back: the old version serves, and `pets alerts` has it.
          SuccessExitStatus = lib.mkForce "143 3";
        };
      }
    ]);
    systemd.timers.pets-update = mkIf cfg.update.enable {
      description = "Update the pets";
      wantedBy = [ "timers.target" ];
      timerConfig = {
        OnCalendar = cfg.update.schedule;
      };
    };

    systemd.services.pets-watch = mkIf cfg.watch.enable (lib.mkMerge [
      service
      {
        description = "Look at the pets";
        after = [ "pets-up.service" ];
        serviceConfig.ExecStart = "${pets "alerts"} --check --progress plain";
      }
    ]);
    systemd.timers.pets-watch = mkIf cfg.watch.enable {
      description = "Look at the pets";
      wantedBy = [ "timers.target" ];
      timerConfig.OnCalendar = cfg.watch.schedule;
    };
  };
}
