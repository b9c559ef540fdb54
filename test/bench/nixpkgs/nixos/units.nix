# Rendering: the option values of one unit → the text of its unit file.
{ lib, pkgs }:
let
  show = v: if builtins.isBool v then lib.boolToString v else toString v;
  line = key: v: "${key}=${show v}\n";
  lines = key: v: if v == null then "" else lib.concatMapStrings (line key) (lib.toList v);
  section = name: set:
    let body = lib.concatStrings (lib.mapAttrsToList lines set); in
    lib.optionalString (body != "") "[${name}]\n${body}\n";

  wordsOf = cfg: lib.filterAttrs (_: v: v != "" && v != [ ]) {
    After = toString cfg.after;
    Before = toString cfg.before;
    BindsTo = toString cfg.bindsTo;
    Conflicts = toString cfg.conflicts;
    Description = cfg.description;
    Documentation = toString cfg.documentation;
    OnFailure = toString cfg.onFailure;
    PartOf = toString cfg.partOf;
    Requires = toString cfg.requires;
    Wants = toString cfg.wants;
    X-Restart-Triggers = toString cfg.restartTriggers;
    X-Reload-Triggers = toString (cfg.reloadTriggers or [ ]);
  };

  quote = s: ''"${lib.replaceStrings [ "\\" "\"" "%" "\n" ] [ "\\\\" "\\\"" "%%" "\\n" ] s}"'';
  environment = set: lib.mapAttrsToList (k: v: quote "${k}=${show v}") (lib.filterAttrs (_: v: v != null) set);

  shell = name: text: pkgs.writeScript (lib.strings.sanitizeDerivationName name) ("#!${pkgs.runtimeShell}\nset -e\n\n" + text);
  # Real nixpkgs gives `script` an ExecStart, `preStart` an ExecStartPre, and so on.
  hooks = name: cfg:
    let
      hasArgs = cfg.scriptArgs != "";
      command = key: { exec, file, args ? "" }:
        lib.nameValuePair exec "${shell "unit-script-${name}-${file}" cfg.${key}}${args}";
    in
    lib.mapAttrs' command (lib.filterAttrs (key: _: cfg.${key} != "") {
      script = { exec = "ExecStart"; file = "start"; args = lib.optionalString hasArgs " ${cfg.scriptArgs}"; };
      preStart = { exec = "ExecStartPre"; file = "pre-start"; };
      postStart = { exec = "ExecStartPost"; file = "post-start"; };
      reload = { exec = "ExecReload"; file = "reload"; };
      preStop = { exec = "ExecStop"; file = "pre-stop"; };
      postStop = { exec = "ExecStopPost"; file = "post-stop"; };
    });

  markers = cfg:
    lib.optionalAttrs cfg.reloadIfChanged { X-ReloadIfChanged = true; }
    // lib.optionalAttrs (!cfg.restartIfChanged) { X-RestartIfChanged = false; }
    // lib.optionalAttrs (!cfg.stopIfChanged) { X-StopIfChanged = false; };

  unit = cfg: section "Unit" (wordsOf cfg // cfg.unitConfig);
  plain = name: set: cfg: { inherit cfg; text = unit cfg + section name set; dropIn = false; empty = false; };
in
{
  service = name: cfg:
    let
      run = hooks name cfg // cfg.serviceConfig;
      # Options for a unit of the userland (no command of its own, or one in place of its): a drop-in.
      isReplaced = lib.isList (run.ExecStart or null) && lib.head run.ExecStart == "";
      dropIn = isReplaced || !(run ? ExecStart) && run.Type or "" != "oneshot";
      path = lib.optionalAttrs (!dropIn) { PATH = "${lib.makeBinPath cfg.path}:${lib.makeSearchPath "sbin" cfg.path}"; };
      head = unit cfg;
    in
    {
      inherit cfg dropIn;
      # Nothing but markers (as for dbus-broker, which is not here): no unit at all.
      empty = dropIn && head == "" && run == { } && cfg.environment == { } && cfg.wantedBy == [ ] && cfg.enable;
      text = head + section "Service" ({ Environment = environment (path // cfg.environment); } // markers cfg // run);
    };
  socket = _: cfg: plain "Socket" ({ ListenStream = cfg.listenStreams; } // cfg.socketConfig) cfg;
  timer = _: cfg: plain "Timer" cfg.timerConfig cfg;
  path = _: cfg: plain "Path" cfg.pathConfig cfg;
  slice = _: cfg: plain "Slice" cfg.sliceConfig cfg;
  target = _: plain "Target" { };
}
