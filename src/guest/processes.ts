import type { Port } from '../model.js';
import { ask, BIN, type Asked } from './ask.js';

export type Process = {
  readonly pid: number;
  /** The service that it runs in. */
  readonly unit: string | null;
  /** The store paths that its program and its arguments name. */
  readonly paths: readonly string[];
};

/** Four lines for each pid: itself, its program, its arguments, its control groups. One that is gone has none. */
const DESCRIBE = String.raw`PATH=/run/current-system/sw/bin:$PATH
describe() {
  for pid; do
    exe=$(readlink "/proc/$pid/exe") || continue
    printf '%s\n%s\n' "$pid" "$exe"
    tr '\0\n' '  ' <"/proc/$pid/cmdline"; echo
    tr '\n' ' ' <"/proc/$pid/cgroup"; echo
  done 2>/dev/null
}
`;

const BY_PID = `${DESCRIBE}describe "$@"`;

/**
 * Whoever holds a socket that listens for connections to a port of 127.0.0.1. The kernel writes addresses and ports
 * in hexadecimal; state 0A is "listens".
 */
const BY_PORT = String.raw`${DESCRIBE}port=$(printf '%04X' "$1")
shift
while read -r _ address _ state _ _ _ _ _ inode _; do
  case "$state $address" in
    "0A 0100007F:$port" | "0A 00000000:$port" | "0A 00000000000000000000000000000000:$port" | \
    "0A 0000000000000000FFFF00000100007F:$port")
      set -- "$@" -o -lname "socket:\[$inode\]" ;;
  esac
done < <(cat /proc/net/tcp /proc/net/tcp6 2>/dev/null)
if shift; then
  describe $(find /proc/[0-9]*/fd -maxdepth 1 '(' "$@" ')' 2>/dev/null | cut -d/ -f3 | sort -nu)
fi`;

/** Null: the guest does not say. */
export function listenersOn(guest: Asked, port: Port): Promise<Process[] | null> {
  return processesBy(guest, BY_PORT, String(port));
}

export function processOf(guest: Asked, pid: number): Promise<Process[] | null> {
  return processesBy(guest, BY_PID, String(pid));
}

async function processesBy(guest: Asked, script: string, argument: string): Promise<Process[] | null> {
  const answer = await ask(guest, [`${BIN}/bash`, '-c', script, 'bash', argument]);
  if (answer?.exitCode !== 0) return null;
  const lines = answer.stdout.split('\n');
  return Array.from({ length: Math.floor(lines.length / 4) }, (_, i) => {
    const [pid = '', exe = '', cmdline = '', cgroups = ''] = lines.slice(4 * i, 4 * i + 4);
    return { pid: Number(pid), unit: serviceIn(cgroups), paths: storePathsIn(`${exe} ${cmdline}`) };
  });
}

/** `0::/system.slice/web.service/worker` */
function serviceIn(cgroups: string): string | null {
  return /\/([^/\s]+\.service)(?![^/\s])/.exec(cgroups)?.[1] ?? null;
}

function storePathsIn(text: string): string[] {
  return [...new Set(text.match(/\/nix\/store\/[0-9a-z]{32}-[\w+.?=-]+/g) ?? [])];
}
