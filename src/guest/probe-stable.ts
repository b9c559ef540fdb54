import type { GuestPort } from '../domain/manifest.js';
import { ask, BIN } from './ask.js';
import { nothingListens } from './knock.js';
import type { CheckOf, HealthTarget } from './health-target.js';
import { LISTENS, PRELUDE, UNITS } from './shell.js';
import { hasFailed, isAiling, unitsIn, waitsForRestart, type Unit } from './units.js';
import { NO_ANSWER, restartsOf, type Unhealthy, type ProbeResult } from './verdict.js';

const NOTHING: ReadonlySet<string> = new Set();

/** Protocols and ports, a word each. Prints those on which nobody listens, then all units. */
const ALL = `${PRELUDE}${UNITS}${LISTENS}while [ $# -gt 0 ]; do
  listens "$1" "$2" || printf '%s %s\\n' "$1" "$2"
  shift 2
done
echo =
units '*'`;

/** Nothing is known of the app itself, but for where its exposures lead. */
export async function probeStable(patient: HealthTarget, check: CheckOf<'stable'>): Promise<ProbeResult> {
  const listens = check.listens ?? [];
  const words = listens.flatMap(({ protocol, port }) => [protocol, String(port)]);
  const answer = await ask(patient, [`${BIN}/bash`, '-c', ALL, 'bash', ...words]);
  const [silent = '', shown = ''] = (answer?.stdout ?? '').split(/^=\n/m);
  const units = answer?.exitCode === 0 ? unitsIn(shown) : [];
  if (units.length === 0) return NO_ANSWER;
  const known = units.some(isAiling) ? await patient.baseline() : NOTHING;
  const others = units.filter(({ id }) => !known.has(id));
  const ill = ailing(others) ?? unheard(listens, silent, units);
  if (ill) return ill;
  const runs = new Map(others.map((unit) => [unit.id, restartsOf(unit)]));
  const excused = units.filter((unit) => known.has(unit.id) && isAiling(unit)).map(({ id }) => id);
  return { note: noteOf(patient, listens, excused), runs, age: 'old', about: [], units };
}

function ailing(units: readonly Unit[]): Unhealthy | null {
  const failed = units.filter(hasFailed).map(({ id }) => id);
  if (failed[0] !== undefined) {
    const verb = failed.length === 1 ? 'has' : 'have';
    return { ill: `${failed.join(', ')} ${verb} failed`, unit: failed[0], isFinal: true };
  }
  const waiting = units.find(waitsForRestart)?.id;
  return waiting === undefined
    ? null
    : { ill: `${waiting} has ended and waits for its restart`, unit: waiting };
}

const MORE_TIME = `where an app takes longer to listen: health = { tcp = true, timeout = "5m" }`;

/** Where the exposures lead, and nobody listens. */
function unheard(listens: readonly GuestPort[], silent: string, units: readonly Unit[]): Unhealthy | null {
  const lines = new Set(silent.split('\n'));
  const first = listens.find(({ protocol, port }) => lines.has(`${protocol} ${port}`));
  if (first === undefined) return null;
  const what = `${nothingListens(first.port)}${first.protocol === 'udp' ? ' for UDP' : ''}`;
  return { ill: `${what}, where its exposure leads`, hint: MORE_TIME, units };
}

/** `no unit failed or restarted for 3 s, and something listens on port 8080` */
function noteOf(
  { health: { successes, intervalMs } }: HealthTarget,
  listens: readonly GuestPort[],
  excused: readonly string[],
): string {
  const seconds = ((successes - 1) * intervalMs) / 1000;
  const but = excused.length === 0 ? '' : `, but for ${[...excused].sort().join(', ')}, as before`;
  const ports = listens.map(({ protocol, port }) => `${port}${protocol === 'udp' ? '/udp' : ''}`).join(', ');
  const heard = ports === '' ? '' : `, and something listens on port ${ports}`;
  return `no unit failed or restarted for ${seconds} s${but}${heard}`;
}
