import { formatListen } from '../domain/binding.js';
import type { IpAddress } from '../domain/names.js';
import { codeIn, hostOf, requestFor, type Codeless } from './http.js';
import { knockAt, nothingListens, stillToCome, tryMs, unitsOf, whoAnswers } from './knock.js';
import type { CheckOf, HealthTarget } from './health-target.js';
import { exchangeThrough } from './through.js';
import type { Unhealthy, ProbeResult } from './verdict.js';

const LOOPBACK = '127.0.0.1' as IpAddress;

/** On loopback in the guest, then on the host through what leads there: the same request, by the same name. */
export async function probeHttp(patient: HealthTarget, check: CheckOf<'http'>): Promise<ProbeResult> {
  const { path, port, status } = check;
  const host = check.host ?? hostOf(patient.through[0] ?? { address: LOOPBACK, port });
  const request = requestFor(path, host);
  const knock = await knockAt(patient, port, request);
  if (knock === null) return { ill: `GET ${path} is not answered in time` };
  const code = knock.isOpen ? codeIn(knock.exchange) : 'nobody';
  if (typeof code === 'string' || !status.includes(code))
    return { ...illOf(code, check, host), units: stillToCome(knock), about: unitsOf(knock) };
  const well = await whoAnswers(patient, knock, `http ${code}`);
  if ('ill' in well) return well;
  const outside = await probeThrough(patient, check, request);
  if (outside) {
    const { why, ...more } = outside;
    return { ...more, ill: `GET ${path} answers ${code} in the guest, but ${why}`, about: well.about };
  }
  const places = patient.through.map(formatListen).join(', ');
  return { ...well, note: `${well.note}${places && `, also through ${places}`}` };
}

/** What the guest said is not what is wanted. */
function illOf(code: number | Codeless | 'nobody', check: CheckOf<'http'>, host: string): Unhealthy {
  const { path, port, status } = check;
  if (code === 'nobody') return { ill: nothingListens(port) };
  if (code === 'late') return { ill: `GET ${path} is not answered in time` };
  if (typeof code === 'string') return { ill: `what listens on port ${port} of the guest ${INSIDE[code]}` };
  const ill = `GET ${path} answers ${code}, not ${status.join(' or ')}`;
  if (check.host !== undefined || !OF_THE_NAME.has(code)) return { ill };
  return {
    ill,
    hint: `if it is the name that the app refuses: it was asked as \`${host}\`, and \`health.host\` says another`,
  };
}

const INSIDE: Readonly<Record<Exclude<Codeless, 'late'>, string>> = {
  closed: 'closes the connection without an answer',
  long: 'answers with headers without an end',
  other: 'does not answer in HTTP',
};

/** Codes that apps have for a name that is not theirs: what Django says, what many proxies say, and what is meant for it. */
const OF_THE_NAME = new Set([400, 403, 421]);

/** Null: it answers there as well. */
async function probeThrough(
  { through, app, deadline }: HealthTarget,
  { status }: CheckOf<'http'>,
  request: string,
): Promise<{ readonly why: string; readonly hint?: string } | null> {
  for (const listen of through) {
    const exchange = await exchangeThrough(listen, request, tryMs({ deadline }));
    const code = 'why' in exchange ? exchange.why : codeIn(exchange);
    if (typeof code === 'number' && status.includes(code)) continue;
    const said = typeof code === 'number' ? String(code) : (OUTSIDE[code] ?? code);
    const why = `through ${formatListen(listen)} it does not: ${said}`;
    // Nobody listens: only that is what `up` puts right.
    return 'why' in exchange && exchange.isRefused
      ? { why, hint: `\`pets up ${app}\` opens it again` }
      : { why };
  }
  return null;
}

const OUTSIDE: Readonly<Record<string, string>> = {
  closed: 'the connection is closed without an answer',
  long: 'headers without an end',
  other: 'no answer in HTTP',
  late: 'no answer in time',
} satisfies Record<Codeless, string>;
