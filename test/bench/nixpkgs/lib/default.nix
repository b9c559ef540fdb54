# The `lib` of the stand-in: the functions that small flakes and modules use,
# under the names a user of nixpkgs knows. Everything is in `lib` itself and,
# for code that spells it out, in `lib.lists`, `lib.strings`, `lib.attrsets` …
let
  trivial = import ./trivial.nix;
  lists = import ./lists.nix;
  attrsets = import ./attrsets.nix lib;
  strings = import ./strings.nix lib;
  options = import ./options.nix lib;
  modules = import ./modules.nix lib;
  types = import ./types.nix lib;
  meta = import ./meta.nix lib;

  lib = trivial // lists // attrsets // strings // options // modules // meta // {
    inherit trivial lists attrsets strings options modules types meta;
    licenses = import ./licenses.nix;
    maintainers = { };
    platforms = {
      linux = [ "x86_64-linux" "aarch64-linux" ];
      unix = [ "x86_64-linux" "aarch64-linux" ];
      all = [ "x86_64-linux" "aarch64-linux" ];
    };
    systems.flakeExposed = [ "x86_64-linux" "aarch64-linux" ];
    # Says which lib this is: a test can ask, and nobody can mistake it.
    standIn = true;
    version = "25.11.stand-in";
  };
in
lib
