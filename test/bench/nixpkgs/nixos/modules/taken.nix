# Names of options that nixpkgs has and the stand-in has not: a flake that declares one of them does not evaluate on
# NixOS, and must not here.
{ lib, options, modulesPath, ... }:
let
  taken = lib.genAttrs (lib.splitString "\n" (builtins.readFile ../taken.txt)) (_: true);
  leaves = set: if lib.isOption set then [ set ] else lib.concatMap leaves (lib.attrValues set);
  isForeign = option: !(lib.all (lib.hasPrefix modulesPath) option.declarations);
  foreign = name: lib.optionals (taken ? "services.${name}") (lib.filter isForeign (leaves options.services.${name}));
  clashes = lib.concatMap foreign (lib.attrNames options.services);
  first = lib.head clashes;
in
{
  assertions = lib.optional (clashes != [ ])
    (throw "The option `${lib.showOption first.loc}' in `${lib.head first.declarations}' is already declared in nixpkgs.");
}
