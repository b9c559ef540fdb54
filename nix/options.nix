# The manifest's `nixos` table as a module, over the app's own modules: a value wins over their plain definitions
# and defaults and loses to mkForce; a list is put before theirs, and takes the place of what is no list.
# before: the configuration without the table.
{ name, nixos, before }:
{ lib, options, ... }:
let
  inherit (builtins) elemAt head;
  inherit (lib) isAttrs isList isOption mapAttrs;

  overrides = lib.mkOverride 90;
  # Of definitions that are merged with `//` the last one wins.
  comesLast = lib.mkOrder 2000;
  # Where nobody says, the order of definitions is another one in each kind of type.
  comesFirst = lib.mkOrder 900;
  isTable = v: isAttrs v && v != { };

  # What the app's own modules say: a list of one, or of none where they say nothing or it cannot be known.
  said = value: let tried = builtins.tryEval value; in if tried.success then [ tried.value ] else [ ];
  saidIn = theirs: n: if theirs != [ ] && isAttrs (head theirs) && head theirs ? ${n} then said (head theirs).${n} else [ ];
  # A definition is merged with theirs where both are of one kind, else it takes their place.
  isLike = is: v: theirs: theirs == [ ] || is (head theirs) == is v;

  # For what a module of its own is made of, whose options are not known here.
  everywhere = v: if isTable v then mapAttrs (_: everywhere) v else if isList v || v == { } then v else overrides v;

  # Down to the option that a value belongs to: `declared` is an option, or options by name.
  # `undeclared`: what to make of a name that is not among them, and its value.
  at = undeclared: declared: theirs: v:
    if isOption declared then within (declared.type or lib.types.unspecified) theirs v
    else if isAttrs v then mapAttrs (n: w: if declared ? ${n} then at undeclared declared.${n} (saidIn theirs n) w else undeclared n w) v
    else v;

  # The value of an option. A property must be where the type evaluates it, and not deeper: it would be taken for data.
  within = type: theirs: v:
    if isTable v then (tables type theirs v).${type.name} or (overrides v)
    else if v == { } then v
    else if isList v then (lists type theirs v).${type.name} or (comesFirst v)
    else overrides v;

  tables = type: theirs: v:
    let
      inner = partsOf type;
      each = mapAttrs (n: within inner.elemType (saidIn theirs n)) v;
      declared = type.getSubOptions [ ];
      wholly = if isLike isAttrs v theirs then comesLast v else overrides v;
    in
    choices type theirs v // {
      attrsOf = each;
      lazyAttrsOf = each;
      submodule = at (freeform (declared._module.freeformType.value or null) theirs) declared theirs v;
      deferredModule = everywhere v;
      anything = if isLike isAttrs v theirs then mapAttrs (n: within type (saidIn theirs n)) v else overrides v;
      attrs = comesLast v;
      unspecified = wholly;
    };

  # Most types add lists up; these take one definition only.
  lists = type: theirs: v: choices type theirs v // {
    anything = overrides v;
    raw = overrides v;
    uniq = overrides v;
    unique = overrides v;
    unspecified = if isLike isList v theirs then comesFirst v else overrides v;
  };

  # Types that are one of several.
  choices = type: theirs: v:
    let inner = partsOf type; in
    {
      nullOr = if isLike (value: value == null) v theirs then within inner.elemType theirs v else overrides v;
      either =
        if isLike inner.left.check v theirs then within (if inner.left.check v then inner.left else inner.right) theirs v
        else overrides v;
      coercedTo = if isCoerced inner v then overrides v else within inner.finalType theirs v;
    };
  isCoerced = inner: v: if inner ? coercedType then inner.coercedType.check v else !(inner.finalType.check v);

  # Before nixpkgs 21.05 a type did not name its parts.
  partsOf = type: type.nestedTypes or (
    let parts = type.functor.wrapped or null; in
    if isList parts then { left = head parts; right = elemAt parts 1; } else { elemType = parts; finalType = parts; }
  );

  # A submodule's names that it does not declare.
  freeform = type: theirs: n: v:
    let
      whole = within type theirs { ${n} = v; };
    in
    if type == null then everywhere v else if whole ? _type then v else whole.${n};
in
{
  # The words of an error name this place, and pets finds it in the manifest (src/nix/blame.ts).
  _file = "[apps.${name}.nixos]";
  # Where there is no such option, the value is left plain: an error shows it.
  config = at (_: v: v) options [ before ] nixos;
}
