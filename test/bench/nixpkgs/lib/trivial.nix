# Plain functions that need nothing else.
rec {
  inherit (builtins)
    add sub lessThan bitAnd bitOr bitXor seq deepSeq isFunction isInt isFloat
    isString isBool isList isAttrs isPath trace tryEval pathExists readFile
    readDir fromJSON toJSON functionArgs;

  id = x: x;
  const = x: _: x;
  flip = f: a: b: f b a;
  pipe = builtins.foldl' (x: f: f x);
  max = a: b: if a > b then a else b;
  min = a: b: if a < b then a else b;
  mod = base: n: base - n * (base / n);
  and = a: b: a && b;
  or = a: b: a || b;
  boolToString = b: if b then "true" else "false";
  boolToYesNo = b: if b then "yes" else "no";
  mapNullable = f: a: if a == null then a else f a;
  defaultTo = default: a: if a == null then default else a;
  importJSON = path: fromJSON (readFile path);
  importTOML = path: builtins.fromTOML (readFile path);

  # builtins.warn came with Nix 2.23.
  warn = builtins.warn or (message: value: trace "evaluation warning: ${message}" value);
  warnIf = condition: message: if condition then warn message else id;
  warnIfNot = condition: warnIf (!condition);
  throwIf = condition: message: if condition then throw message else id;
  throwIfNot = condition: throwIf (!condition);
  assertMsg = condition: message: condition || throw message;
  assertOneOf = name: value: allowed:
    assertMsg (builtins.elem value allowed)
      "${name} must be one of ${toJSON allowed}, but is: ${toJSON value}";
  showWarnings = warnings: value: builtins.foldl' (v: w: warn w v) value warnings;

  fix = f: let x = f x; in x;
  extends = overlay: f: final: let prev = f final; in prev // overlay final prev;
  composeExtensions = f: g: final: prev:
    let first = f final prev; in first // g final (prev // first);
  makeOverridable = f: args:
    let result = f args; in
    if isAttrs result
    then result // { override = new: makeOverridable f (args // (if isFunction new then new args else new)); }
    else result;
  setFunctionArgs = f: args: { __functor = _: f; __functionArgs = args; };
  toFunction = v: if isFunction v || v ? __functor then v else _: v;

  inPureEvalMode = !(builtins ? currentSystem);
}
