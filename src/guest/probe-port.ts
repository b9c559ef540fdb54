import { formatListen } from '../listen.js';
import type { Health, Port } from '../model.js';
import { askWithin, BIN, TOO_LATE, type Asked } from './ask.js';
import { originOf } from './origin.js';
import type { Patient } from './patient.js';
import { listenersOn } from './processes.js';
import { getThrough } from './through.js';
import { NO_RESTARTS, type Ill, type Verdict } from './verdict.js';

/** One try: an app that has accepted a connection while it starts may never answer on it. */
const TRY_MS = 10_000;
const LEAST_MS = 1000;

const CONNECT = `{ exec 3<>"/dev/tcp/127.0.0.1/$1"; } 2>/dev/null || exit 7
`;
const NOTHING_LISTENS = 7;
/** Prints the first line of the answer. */
const GET = String.raw`${CONNECT}printf 'GET %s HTTP/1.1\r\nHost: localhost:%s\r\nUser-Agent: pets\r\n' "$2" "$1" >&3
printf 'Accept: */*\r\nConnection: close\r\n\r\n' >&3
IFS= read -r line <&3
printf '%s' "$line"`;

type Check<Kind extends Health['check']['kind']> = Extract<Health['check'], { kind: Kind }>;

/** On loopback in the guest, then on the host through what leads there. */
export async function probeHttp(patient: Patient, check: Check<'http'>): Promise<Verdict> {
  const inside = await getInside(patient, check);
  if (typeof inside !== 'number') return inside;
  if (!check.status.includes(inside))
    return { ill: `GET ${check.path} answers ${inside}, not ${check.status.join(' or ')}` };
  const origin = await originOf(await listenersOn(patient, check.port), patient.closure);
  if (typeof origin !== 'string') return origin;
  const outside = await probeThrough(patient, check, inside);
  if (outside) return outside;
  const places = patient.through.map(formatListen).join(', ');
  return { note: `http ${inside} ${origin}${places && `, also through ${places}`}`, restarts: NO_RESTARTS };
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
  const { exitCode } = await run(patient, CONNECT, String(port));
  if (exitCode === NOTHING_LISTENS) return nothingListens(port);
  if (exitCode !== 0) return { ill: `port ${port} of the guest accepts no connection` };
  const origin = await originOf(await listenersOn(patient, port), patient.closure);
  if (typeof origin !== 'string') return origin;
  return { note: `port ${port} accepts connections ${origin}`, restarts: NO_RESTARTS };
}

/** The status code. */
async function getInside(patient: Patient, { path, port }: Check<'http'>): Promise<number | Ill> {
  const { exitCode, stdout } = await run(patient, GET, String(port), path);
  if (exitCode === NOTHING_LISTENS) return nothingListens(port);
  if (exitCode === TOO_LATE) return { ill: `GET ${path} is not answered in time` };
  const code = /^HTTP\/\d(?:\.\d)? (\d{3})\b/.exec(stdout)?.[1];
  if (code !== undefined) return Number(code);
  const words = stdout === '' ? 'closes the connection without an answer' : 'does not answer in HTTP';
  return { ill: `what listens on port ${port} of the guest ${words}` };
}

function nothingListens(port: Port): Ill {
  return { ill: `nothing listens on port ${port} of the guest` };
}

function run(patient: Patient, script: string, ...args: readonly string[]) {
  return askWithin(patient, [`${BIN}/bash`, '-c', script, 'bash', ...args], tryMs(patient));
}

function tryMs({ deadline }: Pick<Asked, 'deadline'>): number {
  return Math.max(LEAST_MS, Math.min(TRY_MS, deadline - Date.now()));
}
