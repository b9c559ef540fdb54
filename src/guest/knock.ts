import type { Port } from '../domain/names.js';
import { askWithin, BIN, TOO_LATE, type Asked } from './ask.js';
import type { Exchange } from './http.js';
import { originOf } from './origin.js';
import type { HealthTarget } from './health-target.js';
import { processesIn, type Process } from './processes.js';
import { DESCRIBE, FETCH, LISTENERS, PRELUDE, SERVICES, UNITS } from './shell.js';
import { LEFT } from './starts.js';
import { unitsIn, type Unit } from './units.js';
import { ageOf, NO_ANSWER, runOf, type Unhealthy, type Healthy } from './verdict.js';

/** One try: an app that has accepted a connection while it starts may never answer on it. */
const TRY_MS = 10_000;
const LEAST_MS = 1000;
/** For looking at who listens, once that is known; a guest on a busy machine takes its time. */
const LOOK_MS = 15_000;
const INIT = 1;

/**
 * Port, limit in seconds, and a request or none. Prints whether it is `open` or `closed`, whether it came to be an
 * `other` socket meanwhile, how the exchange ended, its first line, what of who listens a switch has left running, then who
 * that is, and the units.
 */
const KNOCK = `${PRELUDE}${UNITS}${DESCRIBE}${LISTENERS}${FETCH}${SERVICES}${LEFT}state=closed end= first= seen=()
if { exec 3<>"/dev/tcp/127.0.0.1/$1"; } 2>/dev/null; then
  state=open
  [ $# -lt 3 ] || fetch "$3" "$2"
fi
pids= who=
look() {
  seen+=("$(inodes tcp "$1")")
  pids=$(listeners "$1")
  who=$(describe $pids)
}
[ $state = closed ] || look "$1"
if [ $state != closed ] && [ -z "$who" ]; then
  # It may have ended just now. Where nobody holds the socket all the same, something on the way forwards it.
  { exec 4<>"/dev/tcp/127.0.0.1/$1"; } 2>/dev/null || state=closed
  look "$1"
fi
other=
[ "\${seen[0]}" = "\${seen[1]-\${seen[0]}}" ] || other=other
printf '%s\\n' "$state" "$other" "$end" "\${first:0:80}" "$(left $(services $pids) | tr '\\n' ' ')" "$who" =
units '*.service' '*.socket'`;

/** What was found at a port of the guest. `exchange`: means something where a request was made. */
export type Knock = {
  readonly isOpen: boolean;
  readonly exchange: Exchange;
  readonly listeners: readonly Process[];
  /** While nobody was found who holds it, the socket became another one. What forwards a port, or the kernel, has none, or one. */
  readonly isOther: boolean;
  /** Their units that a switch has left as they were, and that say something else by now. */
  readonly left: readonly string[];
  readonly units: readonly Unit[];
};

/** Null: not even that can be told in time. */
export async function knockAt(patient: Asked, port: Port, request?: string): Promise<Knock | null> {
  const ms = tryMs(patient);
  const args = [String(port), String(Math.ceil(ms / 1000)), ...(request === undefined ? [] : [request])];
  const command = [`${BIN}/bash`, '-c', KNOCK, 'bash', ...args];
  const { exitCode, stdout } = await askWithin(patient, command, ms + LOOK_MS);
  if (exitCode === TOO_LATE) return null;
  const [state, other, ended = '', first = '', left = '', ...rest] = stdout.split('\n');
  const end = rest.indexOf('=');
  return {
    isOpen: state === 'open',
    isOther: other === 'other',
    exchange: { end: ENDS.find((one) => one === ended) ?? 'late', first },
    left: left.split(' ').filter((unit) => unit !== ''),
    listeners: processesIn(rest.slice(0, end).join('\n')),
    units: exitCode === 0 ? unitsIn(rest.slice(end + 1).join('\n')) : [],
  };
}

const ENDS: readonly Exchange['end'][] = ['read', 'closed', 'late', 'long'];

export function tryMs({ deadline }: Pick<Asked, 'deadline'>): number {
  return Math.max(LEAST_MS, Math.min(TRY_MS, deadline - Date.now()));
}

/** A socket that listens does so elsewhere: none of those brings about what is not there. */
export function stillToCome({ isOpen, units }: Knock): readonly Unit[] {
  if (isOpen) return units;
  return units.filter(({ id, active }) => !(id.endsWith('.socket') && active === 'active'));
}

export function nothingListens(port: Port): string {
  return `nothing listens on port ${port} of the guest`;
}

/** Whether it is the new system that answers, and since when. */
export async function whoAnswers(
  patient: HealthTarget,
  knock: Knock,
  what: string,
): Promise<Healthy | Unhealthy> {
  const { listeners, left, units } = knock;
  if (units.length === 0) return NO_ANSWER;
  // To look for it took longer than it lived.
  if (listeners.length === 0 && knock.isOther) return { ill: 'what answered has ended meanwhile', units };
  const origin = await originOf(listeners, left, patient.closure);
  if (typeof origin !== 'string') return origin;
  const about = unitsOf(knock);
  const isKept = listeners.some(({ pid }) => pid === INIT);
  const runs = new Map(units.filter(({ id }) => about.includes(id)).map((u) => [u.id, runOf(u, isKept)]));
  return { note: `${what} ${origin}`, runs, age: ageOf(listeners), about, units };
}

export function unitsOf({ listeners }: Knock): string[] {
  return [...new Set(listeners.flatMap(({ unit }) => unit ?? []))];
}
