# A small module system: modules in, one checked configuration out.
#
#   load        functions, paths and sets become { key, file, options, config, children }
#   mergeTree   all declarations and definitions, name by name, down to the options
#   evalOption  one option: its declarations, its definitions, its value
#   mergeDefs   properties away, priorities compared, types checked, values merged
lib:
let
  inherit (builtins)
    any attrNames attrValues concatLists concatMap elem filter foldl' head
    isAttrs isFunction isPath isString length mapAttrs typeOf zipAttrsWith;
  inherit (lib) isOption showDefs showFiles showOption mkOption types;

  kind = v: v._type or null;

  # --- loading -------------------------------------------------------------

  moduleKeys = [ "_file" "key" "_class" "imports" "options" "config" "freeformType" "disabledModules" "meta" ];

  # The shorthand form is its own `config`; the full form allows nothing else.
  unify = file: key: m:
    let
      full = m ? config || m ? options;
      stray = removeAttrs m moduleKeys;
      config =
        if elem (kind m) [ "if" "merge" "override" ] then m
        else if !full then stray
        else if stray == { } then m.config or { }
        else throw "Module `${key}' has an unsupported attribute `${head (attrNames stray)}'. This is caused by introducing a top-level `config' or `options' attribute. Add configuration attributes immediately on the top level instead, or move all of them (namely: ${toString (attrNames stray)}) into the explicit `config' attribute.";
    in
    {
      file = toString (m._file or file);
      key = toString (m.key or key);
      options = m.options or { };
      imports = m.imports or [ ];
      config = if m ? freeformType then lib.mkMerge [ config { _module.freeformType = m.freeformType; } ] else config;
    };

  # Arguments that the caller did not give come from `_module.args`, lazily:
  # this is how `pkgs`, which depends on the configuration, can be one.
  apply = key: args: f:
    let
      wanted = f.__functionArgs or (builtins.functionArgs (if isAttrs f then f.__functor f else f));
      find = name: _: builtins.addErrorContext "while evaluating the module argument `${name}' in \"${key}\":"
        (args.${name} or args.config._module.args.${name});
    in
    f (args // mapAttrs find wanted);

  loadOne = args: parent: index: m:
    let
      isFile = isPath m || isString m;
      key = if isFile then toString m else "${parent.key}:anon-${toString index}";
      file = if isFile then toString m else parent.file;
      value = if isFile then import m else m;
      set = if isFunction value || value ? __functor then apply key args value else value;
      unified =
        if isAttrs set then unify file key set
        else throw "Expected a module, but found a value of type ${typeOf set}, while trying to load a module into ${parent.file}.";
    in
    unified // { children = lib.imap1 (loadOne args unified) unified.imports; };

  # Every module once, also when it is imported from several places.
  load = args: modules: builtins.genericClosure {
    startSet = lib.imap1 (loadOne args { key = ""; file = "<unknown-file>"; }) modules;
    operator = m: m.children;
  };

  # --- properties ----------------------------------------------------------

  # A property around a set is moved to each of its attributes, so that no
  # condition is looked at before somebody asks for that attribute.
  pushDown = where: v:
    let k = kind v; in
    if k == "merge" then concatMap (pushDown where) v.contents
    else if k == "if" then map (mapAttrs (_: lib.mkIf v.condition)) (pushDown where v.content)
    else if k == "override" then map (mapAttrs (_: lib.mkOverride v.priority)) (pushDown where v.content)
    else if k == "order" then map (mapAttrs (_: lib.mkOrder v.priority)) (pushDown where v.content)
    else if isAttrs v then [ v ]
    else throw "The option path `${showOption where.loc}' is an attribute set of options, but it is defined to not be an attribute set in `${where.file}'. Did you define its value at the correct and complete path?";

  # At an option the properties are evaluated: what is left are plain values.
  discharge = loc: v:
    let k = kind v; in
    if k == "merge" then concatMap (discharge loc) v.contents
    else if k == "if" then
      if !builtins.isBool v.condition then throw "‘mkIf’ called with a non-Boolean condition at `${showOption loc}'"
      else if v.condition then discharge loc v.content else [ ]
    else if k == "override" then map (d: d // { inherit (v) priority; }) (discharge loc v.content)
    else if k == "order" then map (d: d // { order = v.priority; }) (discharge loc v.content)
    else [{ priority = lib.defaultOverridePriority; order = lib.defaultOrderPriority; value = v; }];

  lowest = foldl' (least: d: if d.priority < least then d.priority else least) 9999;

  # --- definitions ---------------------------------------------------------

  resolve = loc: defs:
    let
      found = concatMap (def: map (d: d // { inherit (def) file; }) (discharge loc def.value)) defs;
      priority = lowest found;
      winners = filter (d: d.priority == priority) found;
    in
    {
      inherit priority;
      values =
        if any (d: d.order != lib.defaultOrderPriority) winners
        then builtins.sort (a: b: a.order < b.order) winners
        else winners;
    };

  mergeValues = loc: type: values:
    let wrong = filter (d: !type.check d.value) values; in
    if wrong == [ ] then type.merge loc values
    else throw "A definition for option `${showOption loc}' is not of type `${type.description}'. Definition values:${showDefs wrong}";

  # --- one option ----------------------------------------------------------

  joinDecls = loc: decls:
    let
      join = a: d:
        let
          b = d.option;
          joined = a.type.typeMerge b.type;
          clash = any (k: a ? ${k} && b ? ${k}) [ "default" "example" "description" "apply" "readOnly" ]
            || (a ? type && b ? type && joined == null);
        in
        if clash then throw "The option `${showOption loc}' in `${toString d.file}' is already declared in ${showFiles (map (x: x.file) (filter (x: x.file != d.file) decls))}."
        else a // b // lib.optionalAttrs (a ? type && b ? type) { type = joined; };
    in
    foldl' join (head decls).option (lib.drop 1 decls);

  evalOption = loc: decls: defs:
    let
      opt = joinDecls loc decls;
      type = opt.type or types.unspecified;
      default = { file = (head decls).file; value = lib.mkOptionDefault opt.default; };
      resolved = resolve loc (lib.optional (opt ? default) default ++ defs);
      merged =
        if resolved.values == [ ] then throw "The option `${showOption loc}' is used but not defined."
        else if opt.readOnly or false && length defs > (if opt ? default then 0 else 1)
        then throw "The option `${showOption loc}' is read-only, but it's set multiple times. Definition values:${showDefs defs}"
        else mergeValues loc type resolved.values;
      value = builtins.addErrorContext "while evaluating the option `${showOption loc}':"
        ((opt.apply or lib.id) merged);
    in
    opt // {
      inherit loc type value;
      declarations = map (d: d.file) decls;
      definitions = map (d: d.value) resolved.values;
      definitionsWithLocations = resolved.values;
      files = map (d: d.file) resolved.values;
      isDefined = resolved.values != [ ];
      highestPrio = resolved.priority;
      __toString = _: showOption loc;
    };

  # --- the tree ------------------------------------------------------------

  # Several sets of definitions, turned into one set of lists of definitions.
  byName = loc: defs:
    let
      tagged = d: map (mapAttrs (_: value: { inherit (d) file; inherit value; }))
        (pushDown { inherit loc; inherit (d) file; } d.value);
    in
    zipAttrsWith (_: lib.id) (concatMap tagged defs);

  mergeTree = loc: decls: defs:
    let
      declsBy = zipAttrsWith (_: lib.id)
        (map (d: mapAttrs (_: option: { inherit (d) file; inherit option; }) d.options) decls);
      defsBy = byName loc defs;
      node = name: ds:
        let
          here = loc ++ [ name ];
          mine = defsBy.${name} or [ ];
          leaves = filter (d: isOption d.option) ds;
        in
        if leaves == [ ] then mergeTree here (map (d: { inherit (d) file; options = d.option; }) ds) mine
        else if length leaves == length ds then leaf (evalOption here ds mine)
        else throw "The option `${showOption here}' in ${showFiles (map (d: d.file) leaves)} is a prefix of options in ${showFiles (map (d: d.file) (filter (d: !isOption d.option) ds))}.";
      leaf = option: { options = option; config = option.value; unmatched = [ ]; };
      nodes = mapAttrs node declsBy;
      undeclared = removeAttrs defsBy (attrNames declsBy);
    in
    {
      options = mapAttrs (_: n: n.options) nodes;
      config = mapAttrs (_: n: n.config) nodes;
      unmatched = concatMap (n: n.unmatched) (attrValues nodes)
        ++ concatLists (lib.mapAttrsToList (name: map (d: d // { loc = loc ++ [ name ]; })) undeclared);
    };

  ownOptions = {
    key = "_module";
    _file = "lib/modules.nix";
    options._module = {
      args = mkOption { type = types.lazyAttrsOf types.raw; default = { }; internal = true; };
      check = mkOption { type = types.bool; default = true; internal = true; };
      freeformType = mkOption { type = types.raw; default = null; internal = true; };
    };
  };

  evalModules = { modules, specialArgs ? { }, prefix ? [ ], check ? true, class ? null }@given:
    let
      args = { inherit lib; inherit (tree) options; inherit config; } // specialArgs;
      loaded = load args (modules ++ [ ownOptions ]);
      # Later modules come first, as users of nixpkgs see it in merged lists.
      ordered = lib.reverseList loaded;
      tree = mergeTree prefix
        (map (m: { inherit (m) file options; }) ordered)
        (map (m: { inherit (m) file; value = m.config; }) ordered);
      own = tree.config._module;
      config =
        if own.freeformType == null then tree.config
        else lib.recursiveUpdate (own.freeformType.merge prefix (map atRoot tree.unmatched)) tree.config;
      atRoot = d: { inherit (d) file; value = lib.setAttrByPath (lib.drop (length prefix) d.loc) d.value; };
      checked =
        if own.freeformType != null || !own.check || !check || tree.unmatched == [ ] then lib.id
        else
          let first = head tree.unmatched; in
          throw "The option `${showOption first.loc}' does not exist. Definition values:${showDefs [ first ]}";
    in
    {
      inherit (tree) options;
      config = checked (removeAttrs config [ "_module" ]);
      _module = own;
      extendModules = { modules ? [ ], specialArgs ? { }, prefix ? given.prefix or [ ] }: evalModules (given // {
        modules = given.modules ++ modules;
        specialArgs = given.specialArgs or { } // specialArgs;
        inherit prefix;
      });
    };
in
{
  inherit evalModules;

  # For types: the value of several definitions; whether there is one at all.
  mergeDefinitions = loc: type: defs:
    let resolved = resolve loc defs; in
    rec {
      isDefined = resolved.values != [ ];
      value =
        if isDefined then mergeValues loc type resolved.values
        else throw "The option `${showOption loc}' is used but not defined.";
    };
  definitionsByName = byName;

  setDefaultModuleLocation = file: m: { _file = file; imports = [ m ]; };
  importApply = path: staticArgs: lib.setDefaultModuleLocation path (import path staticArgs);
}
