{ lib, busybox, coreutils, gnused, linkFarm, writeShellApplication }:
let
  page = writeShellApplication {
    name = "index.cgi";
    runtimeInputs = [ coreutils gnused ];
    text = builtins.readFile ./index.cgi.sh;
  };
  # busybox httpd runs cgi-bin/index.cgi for a folder that has no index.html.
  site = linkFarm "guestbook-site" [
    { name = "cgi-bin/index.cgi"; path = lib.getExe page; }
  ];
in
writeShellApplication {
  name = "guestbook";
  text = ''
    exec ${lib.getExe' busybox "httpd"} -f -p "''${HOST:-127.0.0.1}:''${PORT:-8080}" -h ${site}
  '';
  meta.description = "A guestbook that keeps its entries in $STATE_DIRECTORY";
}
