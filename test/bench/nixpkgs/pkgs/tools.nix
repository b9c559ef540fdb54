# Debian's programs under the names of nixpkgs' packages. A program that the
# userland lacks fails the build, so no package promises what is not there.
{ lib, userland, pkgs }:
let
  tool = pname: version: programs: pkgs.build {
    name = "${pname}-${version}";
    env = { inherit programs; };
    script = ''
      mkdir -p $out/bin
      for p in $programs; do
        if [ -e ${userland}/usr/bin/$p ] || [ -L ${userland}/usr/bin/$p ]; then ln -s ${userland}/usr/bin/$p $out/bin/$p
        elif [ -e ${userland}/usr/sbin/$p ]; then ln -s ${userland}/usr/sbin/$p $out/bin/$p
        else echo "the userland has no program $p" >&2; exit 1
        fi
      done
    '';
    extra = { inherit pname version; meta = { mainProgram = builtins.head programs; platforms = lib.platforms.linux; }; };
  };
  words = text: lib.filter (w: w != "") (lib.splitString " " (lib.replaceStrings [ "\n" ] [ " " ] text));
in
rec {
  bash = tool "bash" "5.2" [ "bash" ] // { shellPath = "/bin/bash"; };
  bashInteractive = bash;
  bashNonInteractive = bash;
  coreutils = tool "coreutils" "9.1" (words ''
    ls arch b2sum base32 base64 basename basenc cat chcon chgrp chmod chown chroot cksum comm cp csplit
    cut date dd df dir dircolors dirname du echo env expand expr factor false fmt fold groups head
    hostid id install join link ln logname md5sum mkdir mkfifo mknod mktemp mv nice nl nohup nproc
    numfmt od paste pathchk pinky pr printenv printf ptx pwd readlink realpath rm rmdir runcon seq
    sha1sum sha224sum sha256sum sha384sum sha512sum shred shuf sleep sort split stat stdbuf stty sum
    sync tac tail tee test timeout touch tr true truncate tsort tty uname unexpand uniq unlink users
    vdir wc who whoami yes
  '');
  findutils = tool "findutils" "4.9" [ "find" "xargs" ];
  gnugrep = tool "gnugrep" "3.8" [ "grep" "egrep" "fgrep" ];
  gnused = tool "gnused" "4.9" [ "sed" ];
  gnutar = tool "gnutar" "1.34" [ "tar" ];
  gzip = tool "gzip" "1.12" [ "gzip" "gunzip" "zcat" ];
  diffutils = tool "diffutils" "3.8" [ "diff" "cmp" ];
  # Debian's minimal awk is mawk.
  gawk = tool "gawk" "mawk-1.3.4" [ "awk" ];
  hostname = tool "hostname" "3.23" [ "hostname" ];
  iproute2 = tool "iproute2" "6.1.0" [ "ip" "ss" ];
  nix = tool "nix" "2.8.0" (words ''
    nix nix-build nix-channel nix-collect-garbage nix-copy-closure nix-daemon nix-env nix-hash
    nix-instantiate nix-prefetch-url nix-shell nix-store
  '');
  perl = tool "perl" "5.36" [ "perl" ];
  procps = tool "procps" "4.0" [ "ps" "free" "kill" "pgrep" "pidof" "pkill" "sysctl" "top" "uptime" "watch" ];
  systemd = tool "systemd" "252" (words ''
    systemctl busctl journalctl loginctl systemd-analyze systemd-cat systemd-cgls systemd-cgtop
    systemd-creds systemd-detect-virt systemd-escape systemd-id128 systemd-notify systemd-run
    systemd-tmpfiles
  '');
  util-linux = tool "util-linux" "2.38" (words ''
    dmesg findmnt flock getopt logger lsblk mount mountpoint nsenter setsid umount unshare
  '');
  # nixpkgs' hello, as a script.
  hello = pkgs.writeShellScriptBin "hello" "echo 'Hello, world!'\n" // { pname = "hello"; version = "2.12"; name = "hello-2.12"; };
}
