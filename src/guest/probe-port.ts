import { formatListen } from '../listen.js';
import type { Health, Port } from '../model.js';
import { askWithin, BIN, TOO_LATE, type Asked } from './ask.js';
import { originOf } from './origin.js';
import type { Patient } from './patient.js';
import { processesIn, type Process } from './processes.js';
import { DESCRIBE, LISTENERS, PRELUDE, UNITS } from './shell.js';
import { getThrough } from './through.js';
import { unitsIn, type Unit } from './units.js';
import { ageOf, NO_ANSWER, runOf, type Ill, type Verdict, type Well } from './verdict.js';

/** One try: an app that has accepted a connection while it starts may never answer on it. */
const TRY_MS = 10_000;
const LEAST_MS = 1000;
/** For looking at who listens, once that is known. */
const LOOK_MS = 5000;
const INIT = 1;

/**
 * Port, limit in seconds, and a path to GET or none. Prints whether it is `open`, `closed` or open and `late`, the first
 * line of the answer, then who listens, and the units.
 */
const KNOCK = `${PRELUDE}${UNITS}${DESCRIBE}${LISTENERS}state=closed answer=
if { exec 3<>"/dev/tcp/127.0.0.1/$1"; } 2>/dev/null; then
  state=open
  if [ $# -gt 2 ]; then
    printf 'GET %s HTTP/1.1\\r\\nHost: localhost:%s\\r\\nUser-Agent: pets\\r\\nAccept: */*\\r\\n' "$3" "$1" >&3
    printf 'Connection: close\\r\\n\\r\\n' >&3
    IFS= read -r -t "$2" answer <&3 || [ $? -le 128 ] || state=late
  fi 2>/dev/null
fi
who=
[ $state = closed ] || who=$(describe $(listeners "$1"))
if [ $state != closed ] && [ -z "$who" ]; then
  # It may have ended just now. Where nobody holds the socket all the same, something on the way forwards it.
  { exec 4<>"/dev/tcp/127.0.0.1/$1"; } 2>/dev/null || state=closed
  who=$(describe $(listeners "$1"))
fi
printf '%s\\n' "$state" "$answer" "$who" =
units '*.service' '*.socket'`;

type Check<Kind extends Health['check']['kind']> = Extract<Health['check'], { kind: Kind }>;

/** What was found at a port of the guest. */
type Knock = {
  readonly state: string;
  readonly answer: string;
  readonly listeners: readonly Process[];
  readonly units: readonly Unit[];
};

/** On loopback in the guest, then on the host through what leads there. */
export async function probeHttp(patient: Patient, check: Check<'http'>): Promise<Verdict> {
  const knock = await knockAt(patient, check.port, check.path);
  if (knock === null) return { ill: `GET ${check.path} is not answered in time` };
  const code = codeOf(knock, check);
  if (typeof code === 'number' && check.status.includes(code)) {
    const well = await whoAnswers(patient, knock, `http ${code}`);
    if ('ill' in well) return well;
    const outside = await probeThrough(patient, check, code);
    if (outside) return { ...outside, about: well.about };
    const places = patient.through.map(formatListen).join(', ');
    return { ...well, note: `${well.note}${places && `, also through ${places}`}` };
  }
  const ill =
    typeof code === 'string' ? code : `GET ${check.path} answers ${code}, not ${check.status.join(' or ')}`;
  return { ill, units: stillToCome(knock), about: unitsOf(knock) };
}

/** The status code; or why there is none, in words. */
function codeOf({ state, answer }: Knock, { path, port }: Check<'http'>): number | string {
  if (state === 'closed') return nothingListens(port);
  if (state === 'late') return `GET ${path} is not answered in time`;
  const code = /^HTTP\/\d(?:\.\d)? (\d{3})\b/.exec(answer)?.[1];
  if (code !== undefined) return Number(code);
  const words = answer === '' ? 'closes the connection without an answer' : 'does not answer in HTTP';
  return `what listens on port ${port} of the guest ${words}`;
}

/** Null: it answers there as well. */
async function probeThrough(
  { through, app, deadline }: Patient,
  { path, status }: Check<'http'>,
  inside: number,
): Promise<Ill | null> {
  for (const listen of through) {
    const answer = await getThrough(listen, path, tryMs({ deadline }));
    if (typeof answer === 'number' && status.includes(answer)) continue;
    const place = formatListen(listen);
    const ill = `GET ${path} answers ${inside} in the guest, but through ${place} it does not: ${answer}`;
    return { ill, hint: `\`pets up ${app}\` repairs an exposure that is broken` };
  }
  return null;
}

export async function probeTcp(patient: Patient, { port }: Check<'tcp'>): Promise<Verdict> {
  const knock = await knockAt(patient, port);
  if (knock === null) return { ill: `port ${port} of the guest accepts no connection` };
  if (knock.state === 'closed') return { ill: nothingListens(port), units: stillToCome(knock) };
  return whoAnswers(patient, knock, `port ${port} accepts connections`);
}

/** A socket that listens does so elsewhere: none of those brings about what is not there. */
function stillToCome({ state, units }: Knock): readonly Unit[] {
  if (state !== 'closed') return units;
  return units.filter(({ id, active }) => !(id.endsWith('.socket') && active === 'active'));
}

function nothingListens(port: Port): string {
  return `nothing listens on port ${port} of the guest`;
}

/** Whether it is the new system that answers, and since when. */
async function whoAnswers(patient: Patient, knock: Knock, what: string): Promise<Well | Ill> {
  const { listeners, units } = knock;
  if (units.length === 0) return NO_ANSWER;
  const origin = await originOf(listeners, patient.closure);
  if (typeof origin !== 'string') return origin;
  const about = unitsOf(knock);
  const isKept = listeners.some(({ pid }) => pid === INIT);
  const runs = new Map(units.filter(({ id }) => about.includes(id)).map((u) => [u.id, runOf(u, isKept)]));
  return { note: `${what} ${origin}`, runs, age: ageOf(listeners), about };
}

function unitsOf({ listeners }: Knock): string[] {
  return [...new Set(listeners.flatMap(({ unit }) => unit ?? []))];
}

/** Null: not even that can be told in time. */
async function knockAt(patient: Patient, port: Port, path?: string): Promise<Knock | null> {
  const ms = tryMs(patient);
  const args = [String(port), String(ms / 1000), ...(path === undefined ? [] : [path])];
  const command = [`${BIN}/bash`, '-c', KNOCK, 'bash', ...args];
  const { exitCode, stdout } = await askWithin(patient, command, ms + LOOK_MS);
  if (exitCode === TOO_LATE) return null;
  const [state = '', answer = '', ...rest] = stdout.split('\n');
  const end = rest.indexOf('=');
  return {
    state,
    answer,
    listeners: processesIn(rest.slice(0, end).join('\n')),
    units: exitCode === 0 ? unitsIn(rest.slice(end + 1).join('\n')) : [],
  };
}

function tryMs({ deadline }: Pick<Asked, 'deadline'>): number {
  return Math.max(LEAST_MS, Math.min(TRY_MS, deadline - Date.now()));
}
