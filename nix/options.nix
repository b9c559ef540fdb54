# The manifest's `nixos` table as a module, over the app's own modules: a value wins over their plain definitions
# and defaults and loses to mkForce; a list is added to theirs.
{ name, nixos }:
{ lib, options, ... }:
let
  inherit (lib) isAttrs isList isOption mapAttrs;

  overrides = lib.mkOverride 90;
  # Of definitions that are merged with `//` the last one wins.
  comesLast = lib.mkOrder 2000;
  isTable = v: isAttrs v && v != { };

  # For what a module of its own is made of, whose options are not known here.
  everywhere = v: if isTable v then mapAttrs (_: everywhere) v else if isList v || v == { } then v else overrides v;

  # Down to the option that a value belongs to: `declared` is an option, or options by name.
  # `undeclared`: what to make of a name that is not among them, and its value.
  at = undeclared: declared: v:
    if isOption declared then within (declared.type or lib.types.unspecified) v
    else if isAttrs v then mapAttrs (n: w: if declared ? ${n} then at undeclared declared.${n} w else undeclared n w) v
    else v;

  # The value of an option. A property must be where the type evaluates it, and not deeper: it would be taken for data.
  within = type: v:
    if isTable v then (tables type v).${type.name} or (overrides v)
    else if v == { } then v
    else if isList v then (lists type v).${type.name} or v
    else overrides v;

  tables = type: v:
    let
      inner = type.nestedTypes or { };
      each = mapAttrs (_: within inner.elemType) v;
      declared = type.getSubOptions [ ];
    in
    {
      attrsOf = each;
      lazyAttrsOf = each;
      nullOr = within inner.elemType v;
      either = within (chosen inner v) v;
      coercedTo = if inner.coercedType.check v then overrides v else within inner.finalType v;
      submodule = at (freeform (declared._module.freeformType.value or null)) declared v;
      deferredModule = everywhere v;
      anything = mapAttrs (_: within type) v;
      attrs = comesLast v;
      unspecified = comesLast v;
    };

  # Most types add lists up; these take one definition only.
  lists = type: v:
    let inner = type.nestedTypes or { }; in
    {
      anything = overrides v;
      raw = overrides v;
      uniq = overrides v;
      unique = overrides v;
      nullOr = within inner.elemType v;
      either = within (chosen inner v) v;
    };
  chosen = inner: v: if inner.left.check v then inner.left else inner.right;

  # A submodule's names that it does not declare.
  freeform = type: n: v:
    let
      whole = within type { ${n} = v; };
    in
    if type == null then everywhere v else if whole ? _type then v else whole.${n};
in
{
  # The words of an error name this place, and pets finds it in the manifest (src/nix/blame.ts).
  _file = "[apps.${name}.nixos]";
  # Where there is no such option, the value is left plain: an error shows it.
  config = at (_: v: v) options nixos;
}
