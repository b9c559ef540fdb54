{ lib, busybox, coreutils, writeShellApplication }:
writeShellApplication {
  name = "hello-web";
  runtimeInputs = [ coreutils ];
  text = ''
    # Files in the store are dated 1970, so that a browser would keep the page
    # for years. A copy has today's date.
    folder=''${RUNTIME_DIRECTORY:-$(mktemp -d)}
    cp -r --no-preserve=mode,timestamps ${./site}/. "$folder"
    exec ${lib.getExe' busybox "httpd"} -f -v -p "''${HOST:-127.0.0.1}:''${PORT:-8080}" -h "$folder"
  '';
  meta.description = "One page, served by busybox httpd";
}
