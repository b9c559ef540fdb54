import { INTERIM, MOST_BYTES } from './http.js';
import { PROPERTIES } from './units.js';

/** Of all that runs in a guest for pets: bash, with the programs that every system has. */
export const PRELUDE = `set -f -o pipefail; trap '' PIPE
export PATH=/run/current-system/sw/bin:$PATH
`;

/**
 * `started <pid>`: sets `start` to when a process began, in hundredths of a second (proc(5), field 22); `now` is when
 * this one did. Compared with one another they need no clock, of which a container has several.
 */
const STARTED = `started() {
  local stat
  start=
  { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return
  set -- \${stat##*) }
  start=\${20}
}
started $$
now=$start
`;

/** `units <names or patterns>`: what systemd shows of them, and how long their main processes have run. */
export const UNITS = `${STARTED}units() {
  systemctl show --property=${PROPERTIES} -- "$@" | while IFS= read -r line; do
    printf '%s\\n' "$line"
    case $line in
      MainPID=0) ;;
      MainPID=*) started "\${line#MainPID=}" && echo "Age=$((now - start))" || : ;;
    esac
  done
}
`;

/** `describe <pids>`: for each itself, its program, arguments, control groups and age, a line each; none that is gone. */
export const DESCRIBE = `describe() {
  local pid exe
  for pid; do
    exe=$(readlink "/proc/$pid/exe") && started "$pid" || continue
    printf '%s\\n%s\\n' "$pid" "$exe"
    tr '\\0\\n' '  ' <"/proc/$pid/cmdline"; echo
    tr '\\n' ' ' <"/proc/$pid/cgroup"; echo
    echo "$((now - start))"
  done 2>/dev/null
}
`;

/** `services <pids>`: the services that they run in. */
export const SERVICES = `services() {
  local pid line
  for pid; do
    while IFS= read -r line; do
      [[ ! $line =~ /([^/]+\\.service)(/|$) ]] || echo "\${BASH_REMATCH[1]}"
    done <"/proc/$pid/cgroup"
  done 2>/dev/null | sort -u
}
`;

/**
 * `inodes <tcp|udp> <port>`: of the sockets that take what comes to a port of 127.0.0.1. The kernel writes addresses and
 * ports in hexadecimal; state 0A is "listens", 07 that of a datagram socket with no peer.
 */
const INODES = `inodes() {
  local port address state inode takes=0A
  [ "$1" = tcp ] || takes=07
  printf -v port %04X "$2"
  while read -r _ address _ state _ _ _ _ _ inode _; do
    case "$state $address" in
      "$takes 0100007F:$port" | "$takes 00000000:$port" | "$takes 00000000000000000000000000000000:$port" | \\
      "$takes 0000000000000000FFFF00000100007F:$port")
        printf '%s\\n' "$inode" ;;
    esac
  done < <(cat "/proc/net/$1" "/proc/net/\${1}6" 2>/dev/null)
}
`;

/** `listeners <port>`: the pids that hold a socket which listens for connections to a port of 127.0.0.1. */
export const LISTENERS = `${INODES}listeners() {
  local inode inodes=$(inodes tcp "$1")
  set --
  for inode in $inodes; do set -- "$@" -o -lname "socket:\\[$inode\\]"; done
  shift || return
  set +f
  find /proc/[0-9]*/fd -maxdepth 1 '(' "$@" ')' 2>/dev/null | cut -d/ -f3 | sort -nu
  set -f
}
`;

/**
 * `listens <tcp|udp> <port>`: whether somebody does. What the kernel forwards has no socket, but takes connections, as
 * long as it is not one that is dropped without an answer.
 */
export const LISTENS = `${INODES}listens() {
  [ -z "$(inodes "$1" "$2")" ] || return 0
  [ "$1" = tcp ] && timeout 2 bash -c 'exec 3<>"/dev/tcp/127.0.0.1/$1"' bash "$2" 2>/dev/null
}
`;

/**
 * `fetch <request> <seconds>`, over file descriptor 3: sets `end` and `first` as `Heads` of http.ts has them. Whatever
 * comes, by the byte or without an end, no more is read than tells.
 */
export const FETCH = `interim='${INTERIM}'
fetch() {
  local LC_ALL=C line left=${MOST_BYTES} until=$((SECONDS + $2))
  first= end=late
  printf '%s' "$1" >&3
  while [ $SECONDS -le $until ]; do
    IFS= read -r -n $left -t $((until - SECONDS + 1)) line <&3
    case $? in
      0) left=$((left - \${#line} - 1)) ;;
      1) end=closed first=\${first:-$line}; return ;;
      *) return ;;
    esac
    [ $left -gt 0 ] || { end=long first=\${first:-$line}; return; }
    line=\${line%$'\\r'}
    first=\${first:-$line}
    case $first in HTTP/*) [ -z "$line" ] || continue ;; esac
    if [[ $first =~ $interim ]]; then first=; else end=read; return; fi
  done
} 2>/dev/null
`;
