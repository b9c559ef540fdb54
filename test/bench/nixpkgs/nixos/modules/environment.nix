# /etc, the programs in /run/current-system/sw, and environment variables.
{ config, lib, pkgs, ... }:
let
  inherit (lib) mkOption types;

  entry = { name, config, ... }: {
    options = {
      enable = mkOption { type = types.bool; default = true; };
      target = mkOption { type = types.str; default = name; };
      text = mkOption { type = types.nullOr types.lines; default = null; };
      source = mkOption { type = types.path; };
      mode = mkOption { type = types.str; default = "symlink"; description = "\"symlink\", or an octal mode: the file is copied."; };
      user = mkOption { type = types.str; default = "+0"; };
      group = mkOption { type = types.str; default = "+0"; };
      uid = mkOption { type = types.int; default = 0; };
      gid = mkOption { type = types.int; default = 0; };
    };
  };
  entries = lib.filter (e: e.enable) (lib.attrValues config.environment.etc);

  # One build for all of /etc: a text is written by the script itself.
  write = e:
    let out = "$out/${e.target}"; in
    ''
      mkdir -p "$(dirname "${out}")"
    '' + (if e.text != null then ''
      cat > "${out}" <<'END OF ETC TEXT'
      ${lib.removeSuffix "\n" e.text}
      END OF ETC TEXT
    '' else ''
      ln -s ${lib.escapeShellArg "${e.source}"} "${out}"
    '');
  list = lib.concatMapStrings (e: "${e.target}\t${e.mode}\t${lib.removePrefix "+" e.user}\t${lib.removePrefix "+" e.group}\n") entries;

  variables = lib.mapAttrs (_: v: lib.concatMapStringsSep ":" toString (lib.toList v)) config.environment.variables;
in
{
  options = {
    environment = {
      etc = mkOption { type = types.attrsOf (types.submodule entry); default = { }; };
      systemPackages = mkOption { type = types.listOf types.package; default = [ ]; };
      defaultPackages = mkOption { type = types.listOf types.package; default = [ ]; };
      variables = mkOption {
        type = with types; attrsOf (oneOf [ (listOf (oneOf [ int str path ])) int str path ]);
        default = { };
      };
      sessionVariables = mkOption { type = types.attrsOf types.anything; default = { }; };
      shellAliases = mkOption { type = types.attrsOf types.str; default = { }; };
    };
    system.build = mkOption { type = types.lazyAttrsOf types.unspecified; default = { }; };
    system.path = mkOption { type = types.package; internal = true; };
  };

  config = {
    environment.systemPackages = with pkgs; [ bash coreutils findutils gnugrep gnused iproute2 procps systemd util-linux ];
    environment.etc."profile.d/00-stand-in.sh".text = ''
      export PATH="/run/current-system/sw/bin:$PATH"
    '' + lib.concatLines (lib.mapAttrsToList (k: v: "export ${k}=${lib.escapeShellArg v}") variables);

    system.path = pkgs.symlinkJoin { name = "system-path"; paths = config.environment.systemPackages; };
    system.build.etc = pkgs.build { name = "etc"; script = "mkdir $out\n" + lib.concatMapStrings write entries; };
    system.build.etcList = list;
  };
}
