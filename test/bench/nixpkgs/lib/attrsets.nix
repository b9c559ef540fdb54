lib:
let
  inherit (builtins) attrNames head tail isAttrs listToAttrs map concatMap elem;
in
rec {
  inherit (builtins)
    attrNames attrValues mapAttrs removeAttrs listToAttrs hasAttr getAttr
    catAttrs zipAttrsWith intersectAttrs;

  nameValuePair = name: value: { inherit name value; };
  optionalAttrs = condition: set: if condition then set else { };
  genAttrs = names: f: listToAttrs (map (n: nameValuePair n (f n)) names);
  genAttrs' = names: f: listToAttrs (map f names);
  mapAttrs' = f: set: listToAttrs (map (n: f n set.${n}) (attrNames set));
  mapAttrsToList = f: set: map (n: f n set.${n}) (attrNames set);
  attrsToList = mapAttrsToList nameValuePair;
  concatMapAttrs = f: set: builtins.foldl' (a: b: a // b) { } (mapAttrsToList f set);
  filterAttrs = pred: set: removeAttrs set (builtins.filter (n: !pred n set.${n}) (attrNames set));
  foldlAttrs = f: init: set: builtins.foldl' (acc: n: f acc n set.${n}) init (attrNames set);
  getAttrs = names: set: genAttrs names (n: set.${n});
  mergeAttrsList = builtins.foldl' (a: b: a // b) { };
  isDerivation = v: v.type or null == "derivation";

  hasAttrByPath = path: set:
    path == [ ] || (set ? ${head path} && hasAttrByPath (tail path) set.${head path});
  attrByPath = path: default: set:
    if path == [ ] then set
    else if set ? ${head path} then attrByPath (tail path) default set.${head path}
    else default;
  getAttrFromPath = path: attrByPath path (throw "cannot find attribute `${lib.concatStringsSep "." path}'");
  setAttrByPath = path: value:
    if path == [ ] then value else { ${head path} = setAttrByPath (tail path) value; };

  recursiveUpdateUntil = stop: left: right:
    let
      go = path: builtins.zipAttrsWith (name: values:
        let here = path ++ [ name ]; in
        if builtins.length values == 1 || stop here (builtins.elemAt values 0) (builtins.elemAt values 1)
        then lib.last values
        else go here values);
    in
    go [ ] [ left right ];
  recursiveUpdate = recursiveUpdateUntil (_: l: r: !(isAttrs l && isAttrs r));

  mapAttrsRecursiveCond = cond: f: set:
    let
      go = path: builtins.mapAttrs (name: value:
        if isAttrs value && cond value then go (path ++ [ name ]) value else f (path ++ [ name ]) value);
    in
    go [ ] set;
  mapAttrsRecursive = mapAttrsRecursiveCond (_: true);
  collect = pred: set:
    if pred set then [ set ]
    else if isAttrs set then concatMap (collect pred) (builtins.attrValues set)
    else [ ];

  getBin = p: p.bin or p.out or p;
  getLib = p: p.lib or p.out or p;
  getDev = p: p.dev or p.out or p;
  recurseIntoAttrs = set: set // { recurseForDerivations = true; };
  dontRecurseIntoAttrs = set: set // { recurseForDerivations = false; };
}
