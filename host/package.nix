# The program as `npm run build` makes it. Its dependencies and their hashes are those of package-lock.json: nothing here
# changes when one of them does.
{ lib, stdenv, buildNpmPackage, importNpmLock, runCommand, linkFarm, makeWrapper, nodejs, cacert, git }:
let
  inherit (lib) elem filterAttrs hasPrefix importJSON mapAttrs mapAttrs' nameValuePair;
  root = importJSON ../package.json;
  lock = importJSON ../package-lock.json;
  here = stdenv.hostPlatform.node;

  # Linters and tests stay out, and what esbuild has for other machines.
  isForTheBuild = path: module: !(module.dev or module.devOptional or false) || elem path [ "node_modules/esbuild" "node_modules/tsx" ] || hasPrefix "node_modules/@esbuild/" path;
  isForThisMachine = module: elem here.platform (module.os or [ here.platform ]) && elem here.arch (module.cpu or [ here.arch ]);
  modules = filterAttrs (path: module: path != "" && isForTheBuild path module && isForThisMachine module) lock.packages;
  withoutTests = package: removeAttrs package [ "overrides" ] // {
    devDependencies = { inherit (package.devDependencies) esbuild tsx; };
  };

  # `node_modules/a/node_modules/@b/c` is the package `@b/c`.
  nameOf = path: lib.last (lib.splitString "node_modules/" path);
  fileOf = path: module: "${builtins.replaceStrings [ "@" "/" ] [ "" "-" ] (nameOf path)}-${module.version}.tgz";

  # The lock file names no registry, so npm fetches from the one that it knows. The hash says that it is the right file.
  fetch = path: module: runCommand (fileOf path module)
    {
      nativeBuildInputs = [ nodejs ];
      outputHash = module.integrity;
      outputHashMode = "flat";
      impureEnvVars = lib.fetchers.proxyImpureEnvVars ++ [ "npm_config_registry" ];
      NODE_EXTRA_CA_CERTS = "${cacert}/etc/ssl/certs/ca-bundle.crt";
    } ''
    export HOME=$TMPDIR
    npm pack --silent ${lib.escapeShellArg "${nameOf path}@${module.version}"}
    mv -- *.tgz $out
  '';
  tarballs = linkFarm "pets-npm-tarballs" (mapAttrs' (path: module: nameValuePair (fileOf path module) (fetch path module)) modules);
in
buildNpmPackage {
  pname = root.name;
  inherit (root) version;

  src = lib.fileset.toSource {
    root = ../.;
    fileset = lib.fileset.unions [ ../src ../nix ../scripts ../package.json ../package-lock.json ];
  };

  inherit (importNpmLock) npmConfigHook;
  npmDeps = importNpmLock {
    npmRoot = tarballs;
    package = withoutTests root;
    packageLock = lock // {
      packages = { "" = withoutTests lock.packages.""; } // mapAttrs (path: module: module // { resolved = fileOf path module; }) modules;
    };
  };

  nativeBuildInputs = [ makeWrapper ];

  # dist/ has its dependencies in it. Nix is the host's own: it must fit the host's daemon.
  installPhase = ''
    runHook preInstall
    mkdir -p $out/lib/pets
    cp -r dist nix $out/lib/pets/
    makeWrapper ${nodejs}/bin/node $out/bin/pets --add-flags $out/lib/pets/dist/pets.cjs --suffix PATH : ${lib.makeBinPath [ git ]}
    runHook postInstall
  '';

  passthru = { inherit tarballs; };
  meta = {
    inherit (root) description;
    license = lib.licenses.mit;
    mainProgram = "pets";
    platforms = lib.platforms.linux;
  };
}
