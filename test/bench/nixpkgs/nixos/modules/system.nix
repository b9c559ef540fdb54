# system.build.toplevel: everything above as one bootable store path.
{ config, lib, pkgs, ... }:
let
  inherit (lib) mkOption types;
  sys = config.system;

  snippet = { name, ... }: {
    options.text = mkOption { type = types.lines; default = ""; };
    options.deps = mkOption { type = types.listOf types.str; default = [ ]; };
    options.supportsDryActivation = mkOption { type = types.bool; default = false; };
  };
  # Each snippet after those it names.
  ordered =
    let
      visit = done: name:
        if lib.elem name done || !(sys.activationScripts ? ${name}) then done
        else lib.foldl' visit done sys.activationScripts.${name}.deps ++ [ name ];
    in
    lib.foldl' visit [ ] (lib.attrNames sys.activationScripts);
  # One script for all, as on NixOS: any command that fails fails its snippet, and `exit` ends the activation.
  run = name: ''
    # ${name}
    failure=0
    ${sys.activationScripts.${name}.text}
    [ $failure = 0 ] || echo "Activation script snippet '${name}' failed ($failure)"
  '';
  snippets = ''
    #!/bin/bash
    systemConfig=$1
    status=0
    trap 'failure=$? status=1' ERR
    ${lib.concatMapStrings run ordered}
    : > /run/stand-in-snippets
    exit $status
  '';

  fill = file: lib.replaceStrings
    [ "@userland@" "@busybox@" "@dies@" "@links@" "@marker@" ]
    [ "${pkgs.userland}" "${pkgs.busybox}" (toString config.standIn.boot) (toString config.standIn.links) (lib.boolToString config.standIn.marker) ]
    (builtins.readFile file);
  give = name: text: "cat > ${name} <<'END OF FILE'\n${lib.removeSuffix "\n" text}\nEND OF FILE\n";

  toplevel = pkgs.build {
    name = "nixos-system-${config.networking.hostName}-${sys.nixos.label}";
    script = ''
      mkdir -p $out/bin && cd $out
      ln -s ${sys.build.etc} etc
      ln -s ${sys.path} sw
      ln -s ${pkgs.userland} userland
      ${give "init" (fill ../guest/init.sh)}
      ${give "activate" (fill ../guest/activate.sh)}
      ${give "bin/switch-to-configuration" (fill ../guest/switch-to-configuration.pl)}
      ${give "etc-files" sys.build.etcList}
      ${give "users" sys.build.users}
      ${give "groups" sys.build.groups}
      ${give "snippets" snippets}
      ${give "post-boot" "#!${pkgs.runtimeShell}\n${config.boot.postBootCommands}"}
      ${give "stand-in-switch" (toString config.standIn.switch)}
      ${give "init-interface-version" (toString config.standIn.initInterface)}
      ${give "nixos-version" sys.nixos.label}
      ${give "system" pkgs.system}
      chmod +x init activate snippets post-boot bin/switch-to-configuration
      ${sys.extraSystemBuilderCmds}
    '';
    extra.meta.description = "a system of the stand-in nixpkgs";
  };

  failed = map (a: "- ${a.message}") (lib.filter (a: !a.assertion) config.assertions);
  checked =
    if failed != [ ] then throw "\nFailed assertions:\n${lib.concatStringsSep "\n" failed}"
    else lib.showWarnings config.warnings toplevel;
in
{
  options.system = {
    stateVersion = mkOption { type = types.str; default = "25.11"; };
    nixos = {
      release = mkOption { type = types.str; default = "25.11"; };
      version = mkOption { type = types.str; default = "25.11.stand-in"; };
      tags = mkOption { type = types.listOf types.str; default = [ ]; };
      label = mkOption { type = types.strMatching "[a-zA-Z0-9:_.-]*"; };
    };
    name = mkOption { type = types.str; default = config.networking.hostName; };
    activationScripts = mkOption {
      type = types.attrsOf (types.coercedTo types.str (text: { inherit text; }) (types.submodule snippet));
      default = { };
    };
    extraSystemBuilderCmds = mkOption { type = types.lines; default = ""; internal = true; };
    extraDependencies = mkOption { type = types.listOf types.path; default = [ ]; };
    configurationRevision = mkOption { type = types.nullOr types.str; default = null; };
  };
  config.system = {
    nixos.label = lib.mkDefault (lib.concatStringsSep "-" (lib.naturalSort sys.nixos.tags ++ [ sys.nixos.version ]));
    build.toplevel = checked;
  };
}
