# What a package says of itself.
lib:
let
  inherit (lib) getBin;
in
{
  getExe = p: lib.getExe' p (p.meta.mainProgram or (lib.warn
    "getExe: Package ${toString (p.name or "?")} does not have the meta.mainProgram attribute."
    (lib.getName p)));
  getExe' = p: name: "${getBin p}/bin/${name}";
  lowPrio = p: p;
  hiPrio = p: p;
  setPrio = _: p: p;
}
