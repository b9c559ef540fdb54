# Users and groups: activation makes the lines of /etc/passwd and /etc/group.
{ config, lib, ... }:
let
  inherit (lib) mkOption types;
  str = default: mkOption { type = types.str; inherit default; };
  flag = mkOption { type = types.bool; default = false; };
  id = mkOption { type = types.nullOr types.int; default = null; };
  accepted = mkOption { type = types.nullOr types.str; default = null; internal = true; };

  user = { name, config, ... }: {
    options = {
      enable = mkOption { type = types.bool; default = true; };
      name = str name;
      isSystemUser = flag;
      isNormalUser = flag;
      uid = id;
      group = str "";
      extraGroups = mkOption { type = types.listOf types.str; default = [ ]; };
      home = mkOption { type = types.path; default = "/var/empty"; };
      homeMode = str "700";
      createHome = flag;
      shell = mkOption { type = with types; nullOr (either package path); default = "/usr/sbin/nologin"; };
      description = str "";
      packages = mkOption { type = types.listOf types.package; default = [ ]; };
      openssh.authorizedKeys.keys = mkOption { type = types.listOf types.str; default = [ ]; };
      # Accepted, and not used: nobody logs in to a pet with a password.
      hashedPassword = accepted;
      hashedPasswordFile = accepted;
      initialHashedPassword = accepted;
      initialPassword = accepted;
      password = accepted;
    };
    config = lib.mkIf config.isNormalUser {
      group = lib.mkDefault "users";
      home = lib.mkDefault "/home/${config.name}";
      createHome = lib.mkDefault true;
      shell = lib.mkDefault "/bin/bash";
    };
  };
  group = { name, ... }: {
    options = {
      name = str name;
      gid = id;
      members = mkOption { type = types.listOf types.str; default = [ ]; };
    };
  };

  users = lib.filter (u: u.enable) (lib.attrValues config.users.users);
  groups = lib.attrValues config.users.groups;
  members = g: lib.unique (g.members ++ map (u: u.name) (lib.filter (u: lib.elem g.name u.extraGroups) users));
  row = fields: lib.concatStringsSep "|" (map toString fields) + "\n";
  shell = u: if u.shell == null then "/usr/sbin/nologin" else if u.shell ? shellPath then "${u.shell}${u.shell.shellPath}" else u.shell;
in
{
  options.users = {
    users = mkOption { type = types.attrsOf (types.submodule user); default = { }; };
    groups = mkOption { type = types.attrsOf (types.submodule group); default = { }; };
    mutableUsers = mkOption { type = types.bool; default = true; };
    allowNoPasswordLogin = flag;
    motd = mkOption { type = types.nullOr types.str; default = null; };
    defaultUserShell = mkOption { type = types.unspecified; default = "/bin/bash"; };
  };

  config = {
    users.groups = lib.genAttrs (lib.unique (map (u: u.group) (lib.filter (u: u.isNormalUser) users))) (_: { });
    assertions = lib.concatMap
      (u: [
        {
          assertion = u.name == "root" || u.isSystemUser != u.isNormalUser;
          message = "Exactly one of users.users.${u.name}.isSystemUser and users.users.${u.name}.isNormalUser must be set.";
        }
        {
          assertion = u.name == "root" || u.group != "";
          message = "users.users.${u.name}.group is unset. This used to default to nogroup, but this is unsafe. For example you can create a group for this user with:\nusers.users.${u.name}.group = \"${u.name}\";\nusers.groups.${u.name} = {};";
        }
      ])
      users;

    # name|uid|group|home|shell|create|mode|normal|description, read by the activation.
    system.build.users = lib.concatMapStrings
      (u: row [ u.name u.uid u.group u.home (shell u) u.createHome u.homeMode u.isNormalUser u.description ])
      (lib.filter (u: u.name != "root") users);
    system.build.groups = lib.concatMapStrings (g: row [ g.name g.gid (lib.concatStringsSep "," (members g)) ]) groups;
  };
}
