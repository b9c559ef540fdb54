# Declaring options, and the values that carry a property (mkIf, mkForce …).
lib:
let
  inherit (builtins) length concatStringsSep isAttrs isList isFunction;
  property = _type: attrs: attrs // { inherit _type; };
in
rec {
  isOption = v: v._type or null == "option";
  isType = type: v: v._type or null == type;
  setType = property;

  mkOption = property "option";
  mkEnableOption = name: mkOption {
    type = lib.types.bool;
    default = false;
    example = true;
    description = "Whether to enable ${name}.";
  };
  mkPackageOption = pkgs: name: { default ? name, nullable ? false, extraDescription ? "", example ? null, pkgsText ? "pkgs" }:
    let path = if default == null then [ ] else lib.toList default; in
    mkOption ({
      type = (if nullable then lib.types.nullOr else lib.id) lib.types.package;
      description = "The ${lib.last (lib.toList name)} package to use. ${extraDescription}";
    } // lib.optionalAttrs (default != null) {
      default = lib.getAttrFromPath path pkgs;
      defaultText = literalExpression (concatStringsSep "." ([ pkgsText ] ++ path));
    });

  mkIf = condition: content: property "if" { inherit condition content; };
  mkMerge = contents: property "merge" { inherit contents; };
  mkOverride = priority: content: property "override" { inherit priority content; };
  mkOptionDefault = mkOverride 1500;
  mkDefault = mkOverride 1000;
  mkImageMediaOverride = mkOverride 60;
  mkForce = mkOverride 50;
  mkVMOverride = mkOverride 10;
  mkOrder = priority: content: property "order" { inherit priority content; };
  mkBefore = mkOrder 500;
  mkAfter = mkOrder 1500;
  defaultOverridePriority = 100;
  defaultOrderPriority = 1000;
  mkAssert = condition: message: content:
    mkIf (if condition then true else throw "\nFailed assertion: ${message}") content;

  literalExpression = text: property "literalExpression" { inherit text; };
  literalMD = text: property "literalMD" { inherit text; };
  mdDoc = lib.id;

  mkRenamedOptionModule = from: to: { config, options, ... }:
    let old = lib.getAttrFromPath from options; in
    {
      options = lib.setAttrByPath from (mkOption {
        visible = false;
        description = "Alias of {option}`${showOption to}`.";
        type = (lib.attrByPath to { } options).type or (lib.types.submodule { });
        apply = _: lib.getAttrFromPath to config;
      });
      config = mkIf old.isDefined
        (lib.setAttrByPath to (mkOverride old.highestPrio (mkMerge old.definitions)));
    };
  mkAliasOptionModule = mkRenamedOptionModule;
  mkRemovedOptionModule = from: hint: { options, ... }: {
    options = lib.setAttrByPath from (mkOption { visible = false; default = null; });
    config.assertions = [{
      assertion = (lib.getAttrFromPath from options).highestPrio > 1500 - 1;
      message = "The option definition `${showOption from}' in ${showFiles (lib.getAttrFromPath from options).files} no longer has any effect; please remove it.\n${hint}";
    }];
  };

  getValues = map (d: d.value);
  getFiles = map (d: d.file);

  # A part that is not an identifier is quoted, as a person would type it.
  showOption = loc: concatStringsSep "." (map
    (part: if builtins.match "[a-zA-Z_*<][a-zA-Z0-9_'>*-]*" part != null then part else builtins.toJSON part)
    loc);
  showFiles = files: lib.concatMapStringsSep " and " (f: "`${toString f}'") files;
  # One line per definition; long or deep values are cut, functions named.
  showDefs = lib.concatMapStrings (def: "\n- In `${toString def.file}': ${showValue 0 def.value}");
  showValue = depth: v:
    let
      open = inner: if depth >= 3 then "…" else inner;
      few = xs: if length xs > 8 then lib.take 8 xs ++ [ "…" ] else xs;
      attr = name: "${name} = ${showValue (depth + 1) v.${name}};";
    in
    if lib.isDerivation v then "<derivation ${v.name or "?"}>"
    else if v ? _type then "<${v._type}>"
    else if isAttrs v then (if v == { } then "{ }" else "{ ${open (concatStringsSep " " (few (map attr (builtins.attrNames v))))} }")
    else if isList v then (if v == [ ] then "[ ]" else "[ ${open (concatStringsSep " " (few (map (showValue (depth + 1)) v)))} ]")
    else if isFunction v then "<function>"
    else if builtins.isPath v then toString v
    else builtins.toJSON v;
}
