# Everything that makes a store path. The only program a build starts with is
# the userland's static busybox: nothing of the host is used, /bin/sh included.
{ lib, system, userland, pkgs }:
let
  static = "${userland}/bin/busybox";

  # Runs `script` with busybox' applets on PATH; $out is what it must make.
  build = { name, script, env ? { }, extra ? { } }:
    let
      drv = derivation (env // {
        inherit name system script;
        builder = static;
        args = [ "sh" "-ec" ". \"$scriptPath\"" ];
        passAsFile = [ "script" ] ++ env.passAsFile or [ ];
        PATH = env.PATH or "${pkgs.busybox}/bin";
        preferLocalBuild = true;
        allowSubstitutes = false;
      });
    in
    drv // { inherit name; meta = { }; } // extra;

  named = args: args.name or "${args.pname}-${args.version}";
in
rec {
  inherit build;
  runtimeShell = "${pkgs.bash}/bin/bash";
  runtimeShellPackage = pkgs.bash;

  # busybox with its applets as links; the first of all packages, so it sets its own PATH.
  busybox = build {
    name = "busybox-1.35.0";
    env.PATH = "";
    script = ''
      ${static} mkdir -p $out/bin
      for applet in busybox $(${static} --list); do
        ${static} ln -sf ${static} $out/bin/$applet
      done
    '';
    extra = { pname = "busybox"; version = "1.35.0"; meta.mainProgram = "busybox"; };
  };

  runCommand = name: env: script: build {
    inherit name;
    script = ''
      runHook() { :; }
      ${script}
    '';
    env = removeAttrs env [ "meta" "passthru" "nativeBuildInputs" "buildInputs" ] // {
      PATH = lib.makeBinPath (env.nativeBuildInputs or [ ] ++ env.buildInputs or [ ] ++ [ busybox ]);
    };
    extra = env.passthru or { } // { meta = env.meta or { }; };
  };
  runCommandLocal = runCommand;
  runCommandNoCC = runCommand;
  runCommandWith = { name, derivationArgs ? { }, ... }: runCommand name derivationArgs;

  writeTextFile = { name, text, executable ? false, destination ? "", meta ? { }, ... }: build {
    inherit name;
    env = { inherit text destination; passAsFile = [ "text" ]; };
    script = ''
      mkdir -p "$(dirname "$out$destination")"
      cp "$textPath" "$out$destination"
      ${lib.optionalString executable ''chmod +x "$out$destination"''}
    '';
    extra = { inherit meta; };
  };
  writeText = name: text: writeTextFile { inherit name text; };
  writeTextDir = path: text: writeTextFile { name = baseNameOf path; destination = "/${path}"; inherit text; };
  writeScript = name: text: writeTextFile { inherit name text; executable = true; };
  writeScriptBin = name: text: writeTextFile {
    inherit name text;
    executable = true;
    destination = "/bin/${name}";
    meta.mainProgram = name;
  };
  writeShellScript = name: text: writeScript name "#!${runtimeShell}\n${text}";
  writeShellScriptBin = name: text: writeScriptBin name "#!${runtimeShell}\n${text}";
  writeShellApplication =
    { name, text, runtimeInputs ? [ ], runtimeEnv ? { }, inheritPath ? true
    , bashOptions ? [ "errexit" "nounset" "pipefail" ], meta ? { }, ... }:
    writeTextFile {
      inherit name;
      executable = true;
      destination = "/bin/${name}";
      meta = { mainProgram = name; } // meta;
      text = lib.concatLines ([ "#!${runtimeShell}" ]
        ++ map (o: "set -o ${o}") bashOptions
        ++ lib.mapAttrsToList (k: v: "export ${k}=${lib.escapeShellArg v}") runtimeEnv
        ++ lib.optional (runtimeInputs != [ ])
        "export PATH=\"${lib.makeBinPath runtimeInputs}${lib.optionalString inheritPath ":$PATH"}\""
        ++ [ "" text ]);
    };

  # Directories merged, files linked; the first of two files of one name wins.
  symlinkJoin = { paths, postBuild ? "", meta ? { }, passthru ? { }, ... }@args: build {
    name = named args;
    env = { paths = map toString paths; };
    script = ''
      mkdir -p $out
      for p in $paths; do
        [ -d "$p" ] || continue
        (cd "$p" && find . -type d) | while read -r d; do
          mkdir -p "$out/$d"
        done
        (cd "$p" && find . ! -type d) | while read -r f; do
          [ -e "$out/$f" ] || [ -L "$out/$f" ] || ln -s "$p/''${f#./}" "$out/$f"
        done
      done
      ${postBuild}
    '';
    extra = passthru // { inherit meta paths; };
  };
  buildEnv = args: symlinkJoin (removeAttrs args [ "pathsToLink" "ignoreCollisions" "extraOutputsToInstall" ]);
  linkFarm = name: entries:
    let list = if lib.isAttrs entries then lib.mapAttrsToList (name: path: { inherit name path; }) entries else entries; in
    build {
      inherit name;
      script = "mkdir -p $out\n" + lib.concatMapStrings
        (e: ''
          mkdir -p "$(dirname "$out/${e.name}")"
          ln -s ${lib.escapeShellArg "${e.path}"} "$out/${e.name}"
        '')
        list;
    };
  linkFarmFromDrvs = name: drvs: linkFarm name (map (d: { name = d.name; path = d; }) drvs);
  emptyDirectory = build { name = "empty-directory"; script = "mkdir $out"; };
  emptyFile = build { name = "empty-file"; script = ": > $out"; };
}
