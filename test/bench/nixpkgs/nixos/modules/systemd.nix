# systemd.services and its kin → etc/systemd/system, as one store path.
{ config, lib, pkgs, ... }:
let
  inherit (lib) mkOption types;
  cfg = config.systemd;
  render = import ../units.nix { inherit lib pkgs; };

  list = mkOption { type = types.listOf types.str; default = [ ]; };
  flag = default: mkOption { type = types.bool; inherit default; };
  text = mkOption { type = types.lines; default = ""; };
  triggers = mkOption { type = types.listOf types.unspecified; default = [ ]; };
  scalar = with types; nullOr (oneOf [ bool int float str path package ]);
  # A list among the definitions: all of them add up; else they must agree.
  setting = types.either scalar (types.listOf scalar) // {
    merge = loc: defs:
      if lib.any (d: lib.isList d.value) defs then lib.concatMap (d: lib.toList d.value) defs
      else scalar.merge loc defs;
  };
  settings = mkOption { type = types.attrsOf setting; default = { }; };

  common = {
    enable = flag true;
    description = mkOption { type = types.singleLineStr; default = ""; };
    documentation = list;
    wantedBy = list;
    requiredBy = list;
    aliases = list;
    wants = list;
    requires = list;
    bindsTo = list;
    partOf = list;
    conflicts = list;
    after = list;
    before = list;
    onFailure = list;
    unitConfig = settings;
    restartTriggers = triggers;
    reloadTriggers = triggers;
  };
  serviceOptions.options = common // {
    environment = mkOption { type = with types; attrsOf (nullOr (oneOf [ str path package ])); default = { }; };
    path = mkOption { type = with types; listOf (oneOf [ package str ]); default = [ ]; };
    serviceConfig = settings;
    script = text;
    scriptArgs = mkOption { type = types.str; default = ""; };
    preStart = text;
    postStart = text;
    reload = text;
    preStop = text;
    postStop = text;
    restartIfChanged = flag true;
    reloadIfChanged = flag false;
    stopIfChanged = flag true;
    startAt = mkOption { type = with types; coercedTo str lib.singleton (listOf str); default = [ ]; };
  };
  serviceDefaults.config.path = lib.mkAfter (with pkgs; [ coreutils findutils gnugrep gnused systemd ]);

  of = module: mkOption { type = types.attrsOf (types.submodule module); default = { }; };
  with' = extra: of { options = common // extra; };
  kind = suffix: lib.mapAttrs' (name: c: lib.nameValuePair "${name}.${suffix}" (render.${suffix} name c));
  units = lib.filterAttrs (_: u: !u.empty) (
    kind "service" cfg.services // kind "socket" cfg.sockets // kind "timer" cfg.timers
    // kind "path" cfg.paths // kind "slice" cfg.slices // kind "target" cfg.targets
  );

  # What a container needs of Debian's units. The others stay out of sight (init
  # sets SYSTEMD_UNIT_PATH): no getty, udev, networkd or logind, which would only
  # cost time, memory, and the inotify instances that all guests share.
  base = ''
    from=${pkgs.userland}/lib/systemd/system
    for u in $from/*.target $from/user.slice $from/machine.slice; do ln -s $u .; done
    for u in dbus.service dbus.socket systemd-exit.service systemd-halt.service systemd-poweroff.service \
      systemd-reboot.service systemd-journal-flush.service systemd-journald.service systemd-journald.socket \
      systemd-journald-dev-log.socket systemd-tmpfiles-clean.service systemd-tmpfiles-setup.service; do
      ln -s $from/$u .
    done
    mkdir -p sockets.target.wants sysinit.target.wants
    for u in dbus.socket systemd-journald.socket systemd-journald-dev-log.socket; do
      ln -s ../$u sockets.target.wants/
    done
    for u in systemd-journald.service systemd-journal-flush.service ${lib.optionalString config.standIn.tmpfiles "systemd-tmpfiles-setup.service"}; do
      ln -s ../$u sysinit.target.wants/
    done
    for u in ${toString cfg.additionalUpstreamSystemUnits}; do
      [ ! -e $from/$u ] || ln -s $from/$u .
    done
    ln -sfn multi-user.target default.target
    # What LXC sends to stop a container is SIGPWR; systemd answers with this target.
    ln -sfn poweroff.target sigpwr.target
  '';

  # Units and drop-ins that packages bring along.
  bring = package: ''
    for dir in ${package}/etc/systemd/system ${package}/lib/systemd/system; do
      [ -d $dir ] || continue
      for u in $dir/*; do
        case $u in *.wants) continue ;; esac
        if [ -d $u ]; then mkdir -p "$(basename "$u")" && ln -s "$u"/* "$(basename "$u")/"; else ln -s "$u" .; fi
      done
    done
  '';

  link = dir: name: "mkdir -p '${dir}' && ln -sfn '../${name}' '${dir}/${name}'\n";
  write = name: u:
    if !u.cfg.enable then "ln -sfn /dev/null '${name}'\n"
    else ''
      file='${name}'
      if [ -n "${lib.optionalString u.dropIn "drop-in"}" ] && [ -e "${pkgs.userland}/lib/systemd/system/$file" ]; then
        mkdir -p "$file.d"
        file=$file.d/overrides.conf
      fi
      rm -f "$file"
      cat > "$file" <<'END OF UNIT'
      ${u.text}
      END OF UNIT
    ''
    + lib.concatMapStrings (t: link "${t}.wants" name) u.cfg.wantedBy
    + lib.concatMapStrings (t: link "${t}.requires" name) u.cfg.requiredBy
    + lib.concatMapStrings (a: "ln -sfn '${name}' '${a}'\n") u.cfg.aliases;
in
{
  options.systemd = {
    services = of { imports = [ serviceOptions serviceDefaults ]; };
    sockets = with' { socketConfig = settings; listenStreams = list; };
    timers = with' { timerConfig = settings; };
    paths = with' { pathConfig = settings; };
    slices = with' { sliceConfig = settings; };
    targets = with' { };
    packages = mkOption { type = types.listOf types.package; default = [ ]; };
    additionalUpstreamSystemUnits = list;
    units = mkOption { type = types.lazyAttrsOf types.raw; default = { }; internal = true; description = "The rendered units."; };
    tmpfiles.rules = list;
    tmpfiles.settings = mkOption { type = types.attrsOf types.anything; default = { }; };
    enableEmergencyMode = flag false;
    settings = mkOption { type = types.attrsOf types.anything; default = { }; };
    extraConfig = text;
  };

  config = {
    systemd.timers = lib.mapAttrs
      (_: s: { wantedBy = [ "timers.target" ]; timerConfig.OnCalendar = s.startAt; })
      (lib.filterAttrs (_: s: s.enable && s.startAt != [ ]) cfg.services);

    systemd.units = units;
    system.build.units = pkgs.build {
      name = "system-units";
      script = "mkdir $out && cd $out\n"
        + base
        + lib.concatMapStrings bring cfg.packages
        + lib.concatStrings (lib.mapAttrsToList write units);
    };
    environment.etc = {
      "systemd/system".source = config.system.build.units;
      "tmpfiles.d/00-nixos.conf".text = lib.concatLines ([ "# systemd.tmpfiles.rules" ] ++ cfg.tmpfiles.rules);
    };
  };
}
