# request: { name, platform, mounts, nixos, modules, and where the system comes from:
#   config = "<file>"  or  flakeRef = "./web", attribute = [ "nixosModules" "incus" ] }
# file: a path in the request → the file
# ours: the name of pets' own modules in errors
{ app, nixpkgs, ours, request, file }:
let
  inherit (builtins) attrNames concatMap concatStringsSep elem hasAttr head isAttrs tail;

  # A part that is no plain name is quoted, as in a flake-ref's fragment.
  show = path: concatStringsSep "." (map (part: if builtins.match "[A-Za-z0-9_-]+" part == null then "\"${part}\"" else part) path);

  ownAttributes = [
    "_type" "inputs" "outputs" "sourceInfo" "outPath" "narHash" "lastModified" "lastModifiedDate"
    "rev" "shortRev" "revCount" "submodules" "dirtyRev" "dirtyShortRev"
  ];
  # What holds modules and systems is shown with the names in it.
  namesIn = output:
    let set = builtins.tryEval app.${output}; in
    if elem output [ "nixosModules" "nixosConfigurations" ] && set.success && isAttrs set.value
    then map (name: show [ output name ]) (attrNames set.value)
    else [ output ];
  missing = throw "the flake `${request.flakeRef}' has no output `${show request.attribute}'; it has: ${
    concatStringsSep ", " (concatMap namesIn (attrNames (removeAttrs app ownAttributes)))
  }";
  select = set: path:
    if path == [ ] then set
    else if isAttrs set && hasAttr (head path) set then select set.${head path} (tail path)
    else missing;

  selected = select app request.attribute;
  isSystem = isAttrs selected && selected ? extendModules;
  refused = what: throw "`${show request.attribute}' of the flake `${request.flakeRef}' is ${what}";
  checked =
    if selected.type or null == "derivation" then refused "a package; pets needs a NixOS module or system"
    else if !isSystem && selected ? config.system.build.toplevel
    then refused "a system without extendModules: its nixpkgs is too old"
    else selected;

  # Where it is clear that a pet is meant: the manifest names a whole system.
  enabled = { _file = ours; incus.container.enable = true; };
  # A file would be named by its copy in the store.
  pet = [
    { _file = ours; imports = [ (import ./container.nix) ]; }
    { _file = ours; incus.container = { appName = request.name; inherit (request) mounts; }; }
  ]
  ++ map file request.modules;
  # Where a value of the manifest depends on what it is over, that is evaluated without it.
  options = import ./options.nix { inherit (request) name nixos; before = (build [ ]).config; };
  nixosSystem = nixpkgs.lib.nixosSystem or (throw "the flake given as nixpkgs has no lib.nixosSystem");
  assemble = modules: nixosSystem { system = request.platform; inherit modules; };

  build = more:
    let ours' = pet ++ more; in
    if request ? config then assemble ([ (file request.config) enabled ] ++ ours')
    else if isSystem then selected.extendModules { modules = ours' ++ [ enabled ]; }
    # What is no file of its own has no name that anybody knows.
    else assemble ([ { _file = request.flakeRef; imports = [ checked ]; } ] ++ ours');
in
build [ options ]
