# What a flake has of the contract (docs/contract.md), as data; src/contract judges it. `whole` needs the system to
# evaluate; where that fails, each of `options` can be looked at by itself.
{ app, nixpkgs, ours, request, system }:
let
  inherit (builtins)
    attrNames concatLists concatMap concatStringsSep deepSeq elem filter foldl' functionArgs isAttrs isBool isFunction isInt
    isPath isString length listToAttrs mapAttrs match toJSON tryEval;
  inherit (nixpkgs) lib;
  inherit (request) platform;

  # The value, or another one where it throws. A missing attribute cannot be caught: hence `or`.
  unless = other: value: let tried = tryEval (deepSeq value value); in if tried.success then tried.value else other;
  namesIn = set: unless [ ] (if isAttrs set then attrNames set else [ ]);
  text = value: unless null (if isString value then value else null);
  plain = value: unless null (if isBool value || isInt value || isString value then value else null);

  isThere = unless false (lib.hasAttrByPath request.attribute app);
  selected = lib.getAttrFromPath request.attribute app;
  isSystem = isThere && unless false (isAttrs selected && selected ? extendModules);

  code = module: if isPath module then import module else module;
  # Names that a module cannot do without.
  argumentsOf = module: unless [ ] (
    let args = functionArgs (code module); in if isFunction (code module) then filter (name: !args.${name}) (attrNames args) else [ ]
  );

  outline = {
    kind = if isSystem then "system" else if isThere then "module" else null;
    version = text (lib.version or null);
    outputs = namesIn app.outputs;
    inputs = namesIn app.inputs;
    platforms = namesIn (app.packages or null);
    packages = namesIn (app.packages.${platform} or null);
    mainPrograms = mapAttrs (_: package: text (package.meta.mainProgram or null))
      (lib.genAttrs (namesIn (app.packages.${platform} or null)) (name: app.packages.${platform}.${name}));
    modules = namesIn (app.nixosModules or null);
    homeModules = map (name: "homeManagerModules.${name}") (namesIn (app.homeManagerModules or null))
      ++ map (name: "homeModules.${name}") (namesIn (app.homeModules or null));
    arguments = if isThere && !isSystem then argumentsOf selected else [ ];
  };

  # What a module declares itself, without NixOS around it.
  alone = name: lib.evalModules {
    modules = [ app.nixosModules.${name} { _module.check = false; } ];
    specialArgs = { pkgs = nixpkgs.legacyPackages.${platform}; modulesPath = "${nixpkgs}/nixos/modules"; };
  };
  optionsIn = set: if lib.isOption set then set.type.getSubOptions [ ] else set;
  pathText = path: concatStringsSep "." (map (part: if match "[A-Za-z_][A-Za-z0-9_'-]*" part == null then toJSON part else part) path);
  # With the options of what is an option for a set. An old name for another option is none.
  listed = depth: path: set: concatLists (lib.mapAttrsToList
    (name: value: listedAt depth (path ++ [ name ]) value)
    (removeAttrs set [ "_module" "_freeformOptions" ]));
  listedAt = depth: path: value:
    if lib.isOption value then
      lib.optionals (value.visible or true != false) [{ name = pathText path; type = text (value.type.description or null); }]
      ++ unless [ ] (lib.optionals (depth > 0 && value.type.name or null == "submodule") (listed (depth - 1) path (value.type.getSubOptions [ ])))
    else lib.optionals (depth > 0 && isAttrs value) (listed (depth - 1) path value);
  declaredBy = module: unless null (mapAttrs
    (_: set: { inherit module; options = listed 3 [ ] (optionsIn set); })
    ((alone module).options.services or { }));
  # Without `default`, and before there is a module for containers, any of the others may be what is looked for.
  declared =
    if elem "default" outline.modules then declaredBy "default"
    else if isThere || outline.modules == [ ] then null
    else foldl' (all: module: let more = declaredBy module; in (if more == null then { } else more) // all) { } outline.modules;

  # Not the option's own default.
  isSet = option: unless false (option.highestPrio < (lib.mkOptionDefault null).priority);
  textOf = option: if isSet option then text option.value else null;

  # Of one that may be missing, or that takes what nixpkgs has not, nothing can be asked: no failure of that is caught.
  mayBePackage = type: match ".*[pP]ackage.*" "${type.name or ""} ${toString (text (type.description or null))}" != null;

  # Values that modules give, by their paths. Defaults are not among them: nothing may need what they take.
  givenIn = path: set:
    if lib.isOption set then lib.optionals (!mayBePackage set.type && isSet set) (concatMap (given path) set.definitions)
    else if isAttrs set then concatLists (lib.mapAttrsToList (name: givenIn (path ++ [ name ])) set)
    else [ ];
  given = path: value:
    let kind = value._type or null; in
    if elem kind [ "override" "order" ] then given path value.content
    else if kind == "if" then lib.optionals value.condition (given path value.content)
    else if kind == "merge" then concatMap (given path) value.contents
    else if isAttrs value then lib.optionals (!lib.isDerivation value && length path < 6)
      (concatLists (lib.mapAttrsToList (name: given (path ++ [ name ])) value))
    else lib.optional (plain value != null) { name = pathText path; value = plain value; };

  # Of what says where something listens the default counts too.
  isAsked = name: match "enable|ip|host|(bind|listen)[A-Za-z_]*|([A-Za-z_]*[_-])?(addr|address|port)|[A-Za-z_]*(Host|Addr|Address|Port)" name != null;
  serviceOf = name:
    let
      # The module may do without what the flake declares.
      set = system.options.services.${name} or { };
      values = if lib.isOption set then set.value else mapAttrs (_: option: option.value or null) set;
      asked = filter (option: isAsked option && values ? ${option}) (map (option: option.name) declared.${name}.options);
    in
    listToAttrs (unless [ ] (givenIn [ ] set)) // lib.genAttrs asked (option: plain values.${option});
  settings = {
    enable = plain system.options.incus.container.enable.value;
    hostname = textOf system.options.incus.container.hostname;
    stateVersion = textOf system.options.system.stateVersion;
    services = if declared == null then { } else mapAttrs (name: _: unless { } (serviceOf name)) declared;
    opened = unless [ ] (filter ({ file, ... }: file != ours) (lib.zipListsWith (file: ports: { file = toString file; inherit ports; })
      system.options.networking.firewall.allowedTCPPorts.files system.options.networking.firewall.allowedTCPPorts.definitions));
  };
  options = outline // { services = declared; settings = if isThere then unless null settings else null; };
in
{
  inherit options;
  whole = options // { drv = if isThere then system.config.system.build.toplevel.drvPath else null; };
}
