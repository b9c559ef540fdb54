# What a flake has of the contract (docs/contract.md), as data; src/contract judges it. `whole` needs the system to
# evaluate; where that fails, each of `options` can be looked at by itself.
{ app, nixpkgs, ours, request, system }:
let
  inherit (builtins)
    attrNames deepSeq elem filter functionArgs isAttrs isBool isFunction isInt isPath isString mapAttrs tryEval;
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

  # What `nixosModules.default` declares itself, without NixOS around it.
  alone = lib.evalModules {
    modules = [ app.nixosModules.default { _module.check = false; } ];
    specialArgs = { pkgs = nixpkgs.legacyPackages.${platform}; modulesPath = "${nixpkgs}/nixos/modules"; };
  };
  optionsIn = set: if lib.isOption set then set.type.getSubOptions [ ] else set;
  declared =
    if elem "default" outline.modules
    then unless null (mapAttrs (_: set: filter (name: name != "_module") (namesIn (optionsIn set))) (alone.options.services or { }))
    else null;

  # Not the option's own default.
  isSet = option: unless false (option.highestPrio < (lib.mkOptionDefault null).priority);
  textOf = option: if isSet option then text option.value else null;
  serviceOf = name:
    let
      # The module may do without what the flake declares.
      set = system.options.services.${name} or { };
      values = if lib.isOption set then set.value else mapAttrs (_: option: option.value or null) set;
    in
    lib.genAttrs [ "enable" "host" "port" ] (option: plain (values.${option} or null));
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
