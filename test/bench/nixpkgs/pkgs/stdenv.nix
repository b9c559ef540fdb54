# A minimal stdenv: unpack, patch, configure, build, check, install, fixup;
# each phase a script that a package may replace, with its pre and post hooks.
{ lib, system, pkgs }:
let
  cpu = lib.head (lib.splitString "-" system);
  platform = {
    inherit system;
    config = "${cpu}-unknown-linux-gnu";
    parsed = { cpu.name = cpu; kernel.name = "linux"; };
    linuxArch = if cpu == "aarch64" then "arm64" else cpu;
    isLinux = true;
    isDarwin = false;
    isUnix = true;
    isx86_64 = cpu == "x86_64";
    isAarch64 = cpu == "aarch64";
    is64bit = true;
    isStatic = false;
    isMusl = false;
  };

  phases = ''
    runHook() { eval "''${1:+\''${$1:-}}"; }
    phase() { # NAME DEFAULT
      eval "body=\''${''${1}Phase:-}"
      if [ -z "$body" ]; then body=$2; fi
      eval "$body"
    }
    unpackDefault='
      [ -z "''${src:-}" ] && return 0
      if [ -d "$src" ]; then cp -r "$src" source; else mkdir source; tar -xf "$src" -C source; fi
      chmod -R u+w source
      cd "''${sourceRoot:-source}"'
    unpack() { phase unpack "$unpackDefault"; }
    cd "$(mktemp -d)"
    runHook preUnpack; [ -n "''${dontUnpack:-}" ] || unpack; runHook postUnpack
    runHook prePatch; phase patch ":"; runHook postPatch
    [ -n "''${dontConfigure:-}" ] || phase configure ":"
    [ -n "''${dontBuild:-}" ] || phase build ":"
    [ -z "''${doCheck:-}" ] || phase check ":"
    [ -n "''${dontInstall:-}" ] || phase install ":"
    [ -n "''${dontFixup:-}" ] || phase fixup ":"
    [ -e "$out" ] || { echo "the build of $name made no \$out" >&2; exit 1; }
  '';

  notEnv = [ "meta" "passthru" "env" "nativeBuildInputs" "buildInputs" "propagatedBuildInputs" "outputs" ];

  make = args:
    let
      inputs = args.nativeBuildInputs or [ ] ++ args.buildInputs or [ ];
      name = args.name or "${args.pname}-${args.version}";
      env = lib.filterAttrs (_: v: v != null) (removeAttrs args notEnv // args.env or { });
    in
    pkgs.build {
      inherit name;
      script = phases;
      env = env // { PATH = lib.makeBinPath (inputs ++ [ pkgs.busybox ]); };
      extra = args.passthru or { } // {
        meta = args.meta or { };
        overrideAttrs = f: make (args // changes f args);
      } // lib.getAttrs (lib.filter (n: args ? ${n}) [ "pname" "version" "src" ]) args;
    };
  # `overrideAttrs { … }`, `(old: { … })` or `(final: old: { … })`.
  changes = f: args:
    if !lib.isFunction f then f
    else let once = f args; in if lib.isFunction once then f (args // once args) args else once;

  mkDerivation = args: if lib.isFunction args then lib.fix (final: make (args final)) else make args;
in
{
  inherit mkDerivation;
  hostPlatform = platform;
  buildPlatform = platform;
  targetPlatform = platform;
  inherit (platform) isLinux isDarwin isx86_64 isAarch64;
  inherit system;
  shell = pkgs.runtimeShell;
}
