{ lib, busybox, coreutils, linkFarm, writeShellApplication }:
let
  page = writeShellApplication {
    name = "index.cgi";
    runtimeInputs = [ coreutils ];
    # Made anew for each visitor.
    text = ''
      printf 'Content-Type: text/html; charset=utf-8\r\nCache-Control: no-store\r\n\r\n'
      cat <<PAGE
      <!doctype html>
      <html lang="en">
      <meta charset="utf-8">
      <meta http-equiv="refresh" content="1">
      <title>clock</title>
      <body style="font: 3rem/1.4 ui-monospace, monospace; text-align: center; margin-top: 25vh">
      <p>$(date -u +%H:%M:%S) UTC
      <p style="font-size: 1rem">on $(uname -n), $(date -u +%A), the $(date -u +%-d) of $(date -u +%B)
      </html>
      PAGE
    '';
  };
  site = linkFarm "clock-site" [
    { name = "cgi-bin/index.cgi"; path = lib.getExe page; }
  ];
in
writeShellApplication {
  name = "clock";
  text = ''
    exec ${lib.getExe' busybox "httpd"} -f -p "''${HOST:-127.0.0.1}:''${PORT:-8080}" -h ${site}
  '';
  meta.description = "A page that says what time it is, and where";
}
