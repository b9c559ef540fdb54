# request: { name, platform, flakeRef, attribute = [ "nixosModules" "incus" ] }
{ app, nixpkgs, request }:
let
  inherit (nixpkgs) lib;

  attributeName = lib.concatStringsSep "." request.attribute;
  missing = throw "the flake `${request.flakeRef}' has no output `${attributeName}'; it has: ${
    lib.concatStringsSep ", " (lib.attrNames (removeAttrs app [ "_type" "inputs" "outputs" "sourceInfo" "outPath" "narHash" "lastModified" "lastModifiedDate" "rev" "shortRev" "revCount" "submodules" "dirtyRev" "dirtyShortRev" ]))
  }";
  select =
    set: path:
    if path == [ ] then
      set
    else if builtins.isAttrs set && builtins.hasAttr (builtins.head path) set then
      select set.${builtins.head path} (builtins.tail path)
    else
      missing;

  system = lib.nixosSystem {
    system = request.platform;
    modules = [
      ./container.nix
      { incus.container.appName = request.name; }
      (select app request.attribute)
    ];
  };
in
system.config.system.build.toplevel
