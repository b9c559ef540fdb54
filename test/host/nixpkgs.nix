# The stand-in nixpkgs with what host/package.nix wants of the real one, as far as it can be looked at without a build.
nixpkgs:
let
  inherit (nixpkgs) lib;
  within = files: path: type:
    let here = toString path; in
    lib.any (file: here == toString file || lib.hasPrefix "${toString file}/" here || type == "directory" && lib.hasPrefix "${here}/" (toString file)) files;

  more = pkgs: rec {
    lib = pkgs.lib // {
      fetchers.proxyImpureEnvVars = [ ];
      fileset = {
        unions = files: files;
        toSource = { root, fileset }: builtins.path { path = root; name = "source"; filter = within fileset; };
      };
    };
    stdenv = pkgs.stdenv // {
      hostPlatform = pkgs.stdenv.hostPlatform // {
        node = { platform = "linux"; arch = if pkgs.stdenv.hostPlatform.isAarch64 then "arm64" else "x64"; };
      };
    };
    nodejs = pkgs.hello;
    cacert = pkgs.hello;
    git = pkgs.hello;
    makeWrapper = pkgs.hello;
    # What it was asked for, to be looked at.
    importNpmLock = {
      __functor = _: asked: pkgs.writeText "npm-deps.json" (builtins.toJSON { inherit (asked) package packageLock; }) // { inherit asked; };
      npmConfigHook = pkgs.hello;
    };
    buildNpmPackage = args: pkgs.stdenv.mkDerivation (removeAttrs args [ "npmConfigHook" ] // {
      passthru = args.passthru or { } // { inherit (args) npmDeps; };
    });
    mkShell = args: pkgs.mkShell (removeAttrs args [ "packages" ] // { nativeBuildInputs = args.packages; });
    callPackage = file: args:
      let f = import file; in
      f (builtins.intersectAttrs (builtins.functionArgs f) (pkgs // more pkgs) // args);
  };
in
nixpkgs // {
  legacyPackages = lib.mapAttrs (_: pkgs: pkgs // more pkgs) nixpkgs.legacyPackages;
}
