# Option types: what a value may be, and how several definitions become one.
lib:
let
  inherit (builtins)
    all elem filter head isAttrs isBool isFloat isFunction isInt isList
    isPath isString length mapAttrs toJSON concatStringsSep;
  inherit (lib) showDefs showFiles showOption mergeDefinitions definitionsByName imap1 mapAttrsToList;

  hint = "\nUse `lib.mkForce value` or `lib.mkDefault value` to change the priority on any of these definitions.";

  mergeOne = loc: defs:
    if length defs == 1 then (head defs).value
    else throw "The option `${showOption loc}' is defined multiple times while it's expected to be unique.\n\nDefinition values:${showDefs defs}${hint}";
  mergeEqual = loc: defs:
    let first = (head defs).value; in
    if length defs == 1 || all (d: d.value == first) defs then first
    else throw "The option `${showOption loc}' has conflicting definition values:${showDefs defs}${hint}";
  values = map (d: d.value);

  mkOptionType = { name, description ? name, check ? _: true, merge ? mergeEqual, typeMerge ? null, getSubOptions ? _: { }, nestedTypes ? { }, ... }@type:
    let
      self = type // {
        _type = "option-type";
        # For those who look inside: the options of a submodule, the types that a type is made of.
        inherit name description check merge getSubOptions nestedTypes;
        # The type of an option that is declared twice; null: it must not be.
        typeMerge = if typeMerge != null then typeMerge else other: if other.name == name then self else null;
      };
    in
    self;

  # A type around another: an option declared twice merges its inner types.
  wrapping = wrap: name: inner: other:
    let joined = if other.name == name then inner.typeMerge other.inner else null; in
    if joined == null then null else wrap joined;

  inParens = type: if builtins.match ".* (or|to|of) .*" type.description != null then "(${type.description})" else type.description;

  bounded = name: description: low: high: mkOptionType {
    inherit name description;
    check = v: isInt v && (low == null || v >= low) && (high == null || v <= high);
  };
  intBetween = low: high:
    bounded "intBetween" "integer between ${toString low} and ${toString high} (both inclusive)" low high;
  unsignedOf = bits: high:
    bounded "unsignedInt${toString bits}" "${toString bits} bit unsigned integer; between 0 and ${toString high} (both inclusive)" 0 high;

  stringType = name: description: check: mkOptionType { inherit name description; check = v: isString v && check v; };
  joining = name: description: sep: mkOptionType {
    inherit name description;
    check = isString;
    merge = _: defs: concatStringsSep sep (values defs);
  };

  isPackage = v: lib.isDerivation v || lib.isStorePath v;
  isAbsolute = v: lib.isStringLike v && builtins.substring 0 1 (toString v) == "/";

  types = rec {
    inherit mkOptionType;

    unspecified = mkOptionType { name = "unspecified"; description = "unspecified value"; merge = mergeByKind; };
    raw = mkOptionType { name = "raw"; description = "raw value"; merge = mergeOne; };
    anything = mkOptionType { name = "anything"; merge = mergeAny; };

    bool = mkOptionType { name = "bool"; description = "boolean"; check = isBool; };
    int = bounded "int" "signed integer" null null;
    ints = {
      between = intBetween;
      unsigned = bounded "unsignedInt" "unsigned integer, meaning >=0" 0 null;
      positive = bounded "positiveInt" "positive integer, meaning >0" 1 null;
      u8 = unsignedOf 8 255;
      u16 = unsignedOf 16 65535;
      u32 = unsignedOf 32 4294967295;
    };
    port = ints.u16;
    float = mkOptionType { name = "float"; description = "floating point number"; check = isFloat; };
    number = mkOptionType { name = "number"; description = "signed integer or floating point number"; check = v: isInt v || isFloat v; };
    numbers = { positive = addCheck number (v: v > 0); nonnegative = addCheck number (v: v >= 0); };

    str = stringType "str" "string" (_: true);
    string = str;
    nonEmptyStr = stringType "nonEmptyStr" "non-empty string" (v: builtins.match "[[:space:]]*" v == null);
    singleLineStr = stringType "singleLineStr" "(optionally newline-terminated) single-line string" (v: builtins.match "[^\n\r]*\n?" v != null);
    strMatching = pattern: stringType "strMatching ${toJSON pattern}" "string matching the pattern ${pattern}" (v: builtins.match pattern v != null);
    separatedString = sep: joining "separatedString" (if sep == "" then "Concatenated string" else "strings concatenated with ${toJSON sep}") sep;
    lines = joining "lines" "strings concatenated with \"\\n\"" "\n";
    commas = joining "commas" "strings concatenated with \",\"" ",";
    envVar = joining "envVar" "strings concatenated with \":\"" ":";

    path = mkOptionType { name = "path"; description = "absolute path"; check = v: isPath v || isAbsolute v; };
    pathInStore = mkOptionType { name = "pathInStore"; description = "path in the Nix store"; check = lib.isStorePath; };
    package = mkOptionType { name = "package"; check = isPackage; };
    shellPackage = package;
    pkgs = mkOptionType { name = "pkgs"; description = "Nixpkgs package set"; check = isAttrs; merge = mergeOne; };
    optionType = mkOptionType { name = "optionType"; check = v: v._type or null == "option-type"; merge = mergeOne; };

    enum = allowed: mkOptionType {
      name = "enum";
      description =
        if length allowed == 1 then "value ${toJSON (head allowed)} (singular enum)"
        else "one of ${lib.concatMapStringsSep ", " toJSON allowed}";
      check = v: elem v allowed;
      typeMerge = other: if other.name == "enum" then enum (lib.unique (allowed ++ other.allowed)) else null;
    } // { inherit allowed; };

    nullOr = inner: mkOptionType {
      name = "nullOr";
      description = "null or ${inParens inner}";
      check = v: v == null || inner.check v;
      merge = loc: defs:
        let nulls = filter (d: d.value == null) defs; in
        if nulls == [ ] then inner.merge loc defs
        else if length nulls == length defs then null
        else throw "The option `${showOption loc}' is defined both null and not null, in ${showFiles (map (d: d.file) defs)}.";
      typeMerge = wrapping nullOr "nullOr" inner;
      nestedTypes.elemType = inner;
      inherit (inner) getSubOptions;
    } // { inherit inner; };

    listOf = inner: mkOptionType {
      name = "listOf";
      description = "list of ${inParens inner}";
      check = isList;
      merge = loc: defs:
        let
          entry = n: def: i: value:
            mergeDefinitions (loc ++ [ "[definition ${toString n}-entry ${toString i}]" ]) inner [{ inherit (def) file; inherit value; }];
          entries = lib.concatLists (imap1 (n: def: imap1 (entry n def) def.value) defs);
        in
        map (e: e.value) (filter (e: e.isDefined) entries);
      typeMerge = wrapping listOf "listOf" inner;
      nestedTypes.elemType = inner;
      getSubOptions = prefix: inner.getSubOptions (prefix ++ [ "*" ]);
    } // { inherit inner; };
    nonEmptyListOf = inner: addCheck (listOf inner) (v: v != [ ]) // { description = "non-empty list of ${inner.description}"; };

    attrs = mkOptionType {
      name = "attrs";
      description = "attribute set";
      check = isAttrs;
      merge = _: defs: builtins.foldl' (a: d: a // d.value) { } defs;
    };
    attrsOf = inner: mkOptionType {
      name = "attrsOf";
      description = "attribute set of ${inParens inner}";
      check = isAttrs;
      merge = loc: defs:
        let merged = mapAttrs (name: mergeDefinitions (loc ++ [ name ]) inner) (definitionsByName loc defs); in
        mapAttrs (_: m: m.value) (lib.filterAttrs (_: m: m.isDefined) merged);
      typeMerge = wrapping attrsOf "attrsOf" inner;
      nestedTypes.elemType = inner;
      getSubOptions = prefix: inner.getSubOptions (prefix ++ [ "<name>" ]);
    } // { inherit inner; };
    # Does not look at conditions to know its names: an attribute may say "not defined" later.
    lazyAttrsOf = inner: mkOptionType {
      name = "lazyAttrsOf";
      description = "lazy attribute set of ${inParens inner}";
      check = isAttrs;
      merge = loc: defs:
        mapAttrs (name: ds: (mergeDefinitions (loc ++ [ name ]) inner ds).value) (definitionsByName loc defs);
      typeMerge = wrapping lazyAttrsOf "lazyAttrsOf" inner;
      nestedTypes.elemType = inner;
      getSubOptions = prefix: inner.getSubOptions (prefix ++ [ "<name>" ]);
    } // { inherit inner; };

    either = a: b: mkOptionType {
      name = "either";
      description = "${inParens a} or ${inParens b}";
      check = v: a.check v || b.check v;
      merge = loc: defs:
        if all (d: a.check d.value) defs then a.merge loc defs
        else if all (d: b.check d.value) defs then b.merge loc defs
        else mergeOne loc defs;
      nestedTypes = { left = a; right = b; };
    };
    oneOf = choices:
      if length choices == 1 then head choices else either (head choices) (oneOf (lib.drop 1 choices));
    coercedTo = from: coerce: to: mkOptionType {
      name = "coercedTo";
      description = "${inParens to} or ${inParens from} convertible to it";
      check = v: (from.check v && to.check (coerce v)) || to.check v;
      merge = loc: defs:
        to.merge loc (map (d: d // { value = if from.check d.value then coerce d.value else d.value; }) defs);
      nestedTypes = { coercedType = from; finalType = to; };
    };
    uniq = inner: inner // { name = "uniq"; merge = mergeOne; };
    unique = _: uniq;
    addCheck = inner: extra: inner // { check = v: inner.check v && extra v; };
    functionTo = inner: mkOptionType {
      name = "functionTo";
      description = "function that evaluates to a(n) ${inner.description}";
      check = v: isFunction v || v ? __functor;
      merge = loc: defs: arg:
        (mergeDefinitions (loc ++ [ "<function body>" ]) inner (map (d: d // { value = d.value arg; }) defs)).value;
    };

    submodule = modules: submoduleWith { modules = lib.toList modules; shorthandOnlyDefinesConfig = true; };
    submoduleWith =
      { modules, specialArgs ? { }, shorthandOnlyDefinesConfig ? false, description ? "submodule", class ? null }@given:
      mkOptionType {
        name = "submodule";
        inherit description;
        check = v: isAttrs v || isFunction v || isPath v;
        merge = loc: defs: (lib.evalModules {
          prefix = loc;
          specialArgs = { name = lib.last loc; } // specialArgs;
          modules = modules ++ map
            (d:
              if isAttrs d.value && !(d.value ? __functor) && shorthandOnlyDefinesConfig
              then { _file = d.file; config = d.value; }
              else { _file = d.file; imports = [ d.value ]; })
            defs;
        }).config;
        typeMerge = other:
          if other.name == "submodule" then submoduleWith (given // { modules = modules ++ other.modules; }) else null;
        getSubOptions = prefix: (lib.evalModules {
          inherit prefix modules;
          specialArgs = { name = "<name>"; } // specialArgs;
        }).options;
      } // { inherit modules; };
    deferredModule = mkOptionType {
      name = "deferredModule";
      description = "module";
      check = v: isAttrs v || isFunction v || isPath v;
      merge = _: defs: { imports = map (d: lib.setDefaultModuleLocation d.file d.value) defs; };
    };
  };

  isPlainSet = v: isAttrs v && !lib.isDerivation v && !(v ? __functor);
  # Sets are merged, properties in them evaluated; everything else must agree, lists as well.
  mergeAny = loc: defs:
    if all (d: isPlainSet d.value) defs then (types.attrsOf types.anything).merge loc defs
    else mergeEqual loc defs;
  # Only the outermost values are merged, as they come; properties inside them are data.
  mergeByKind = loc: defs:
    if length defs == 1 then (head defs).value
    else if all (d: isList d.value) defs then lib.concatLists (values defs)
    else if all (d: isAttrs d.value) defs then builtins.foldl' (a: b: a // b) { } (values defs)
    else if all (d: isBool d.value) defs then builtins.any lib.id (values defs)
    else if all (d: isString d.value) defs then concatStringsSep "" (values defs)
    else mergeEqual loc defs;
in
types // { inherit mergeOne mergeEqual; }
