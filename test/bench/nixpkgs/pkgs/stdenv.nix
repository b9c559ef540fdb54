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
    runHook() { eval "hook=\''${$1:-}"; eval "$hook"; }
    phase() { # NAME DEFAULT
      eval "body=\''${''${1}Phase:-}"
      if [ -z "$body" ]; then body=$2; fi
      eval "$body"
    }
    # Debian's busybox has no install: -D, -d, -m MODE and -t DIR of it.
    install() {
      (
        mode=755 dir= parents= into=
        while getopts Ddm:t: flag; do
          case $flag in D) parents=1 ;; d) dir=1 ;; m) mode=$OPTARG ;; t) into=$OPTARG ;; esac
        done
        shift $((OPTIND - 1))
        if [ -n "$dir" ]; then mkdir -p "$@" && chmod "$mode" "$@"; exit; fi
        if [ -n "$into" ]; then
          [ -z "$parents" ] || mkdir -p "$into"
          set -- "$@" "$into"
        fi
        for to; do :; done
        [ -z "$parents" ] || [ -d "$to" ] || mkdir -p "$(dirname "$to")"
        while [ $# -gt 1 ]; do
          target=$to
          [ ! -d "$to" ] || target=$to/$(basename "$1")
          cp "$1" "$target" && chmod "$mode" "$target" || exit
          shift
        done
      )
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

  # `of` makes the attributes from the final ones, so that an override reaches
  # whatever was made from what it overrides.
  make = of:
    let
      args = of (args // { finalPackage = package; });
      inputs = args.nativeBuildInputs or [ ] ++ args.buildInputs or [ ];
      env = lib.filterAttrs (_: v: v != null) (removeAttrs args notEnv // args.env or { });
      package = pkgs.build {
        name = args.name or "${args.pname}-${args.version}";
        script = phases;
        env = env // { PATH = lib.makeBinPath (inputs ++ [ pkgs.busybox ]); };
        extra = args.passthru or { } // {
          meta = args.meta or { };
          overrideAttrs = f: make (final: let old = of final; in old // changes f final old);
        } // lib.getAttrs (lib.filter (n: args ? ${n}) [ "pname" "version" "src" ]) args;
      };
    in
    package;
  # `overrideAttrs { … }`, `(old: { … })` or `(final: old: { … })`.
  changes = f: final: old:
    if !lib.isFunction f then f
    else let once = f old; in if lib.isFunction once then f final old else once;

  mkDerivation = args: make (if lib.isFunction args then args else _: args);
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
