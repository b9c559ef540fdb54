{
  description = "Assembles one pet's system. Every input is given by pets with --override-input; none is fetched from here.";

  inputs = {
    app.url = "path:./no-app-given";
    nixpkgs.url = "path:./no-nixpkgs-given";
    # A directory with request.json and the manifest's own Nix files: whatever else comes from a manifest arrives as
    # data, never as Nix code.
    request = {
      url = "path:./no-request-given";
      flake = false;
    };
  };

  outputs =
    { app, nixpkgs, request, ... }:
    let
      asked = builtins.fromJSON (builtins.readFile (request + "/request.json"));
      # Where an error says that something is defined by pets itself.
      ours = "[what pets sets in every app]";
      system = import ./system.nix {
        inherit app nixpkgs ours;
        request = asked;
        file = path: request + "/${path}";
      };
      contract = import ./contract.nix { inherit app nixpkgs ours system; request = asked; };
    in
    {
      inherit (system.config.system.build) toplevel;
      # The name that the flake suggests; the request's own where it says none.
      inherit (system.config.incus.container) hostname;
      inherit contract;
      # The app's own, as its service's package or the flake's has it; null: nothing says one.
      version =
        let
          textOr = value: let tried = builtins.tryEval (if builtins.isString value then value else null); in
            if tried.success then tried.value else null;
          ofService = name: textOr (system.config.services.${name}.package.version or null);
          inherit (system.config.incus.container) hostname;
          first = one: other: if one != null then one else other;
        in
        first (ofService hostname) (first (ofService asked.name) (textOr (app.packages.${asked.platform}.default.version or null)));
      # A system with what can be told of the contract by the way: it is evaluated once.
      judged = {
        inherit (system.config.system.build) toplevel;
        facts = { inherit (contract.options) kind modules services settings; };
      };
    };
}
