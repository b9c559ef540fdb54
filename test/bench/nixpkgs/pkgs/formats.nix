# Settings as files. JSON is YAML too; TOML is not offered.
{ lib, pkgs }:
let
  value = with lib.types; nullOr (oneOf [ bool int float str path (attrsOf value) (listOf value) ]) // { description = "JSON value"; };
  scalar = with lib.types; nullOr (oneOf [ bool int float str ]);
  show = v: if v == true then "true" else if v == false then "false" else toString v;
  lines = set: lib.concatLines (lib.mapAttrsToList (k: v: "${k}=${show v}") set);
  json = _: {
    type = value;
    generate = name: v: pkgs.writeText name (builtins.toJSON v);
  };
in
{
  inherit json;
  yaml = json;
  keyValue = _: {
    type = lib.types.attrsOf scalar;
    generate = name: v: pkgs.writeText name (lines v);
  };
  ini = _: {
    type = lib.types.attrsOf (lib.types.attrsOf scalar);
    generate = name: v: pkgs.writeText name (lib.concatStringsSep "\n" (lib.mapAttrsToList (s: set: "[${s}]\n${lines set}") v));
  };
}
