import type { Age, Healthy, Unhealthy, Runs, ProbeResult } from './verdict.js';

/** Tries that went well, one after the other, and what was seen before. */
export type Row = {
  readonly length: number;
  /** Of what answered last. */
  readonly age: Age;
  /** Of all that has ever answered, the run that did so last. */
  readonly runs: Runs;
  /** How often systemd had restarted a unit when a try, good or bad, first saw it. */
  readonly restarts: ReadonlyMap<string, number>;
  /** What answers has ended since the first try. */
  readonly hasRestarted: boolean;
  /** The units that it is known to be about. */
  readonly about: ReadonlySet<string>;
  /** What was wrong last. */
  readonly ill: Unhealthy | null;
};

export const NO_TRIES: Row = {
  length: 0,
  age: 'unknown',
  runs: new Map(),
  restarts: new Map(),
  hasRestarted: false,
  about: new Set(),
  ill: null,
};

/** Pure. A unit that was restarted between two good tries is no good sign: they begin anew. */
export function addTry(before: Row, verdict: ProbeResult): Row {
  const row = { ...before, restarts: restartsAfter(before, verdict) };
  const about = new Set([...row.about, ...(verdict.about ?? [])]);
  if ('ill' in verdict) return { ...row, about, length: 0, ill: verdict };
  const { age } = verdict;
  const runs = new Map([...row.runs, ...verdict.runs]);
  // Whoever held the socket has ended since it accepted the connection.
  if (age === 'unknown' && about.size > 0) {
    const ill = { ill: `${verdict.about[0] ?? 'what answered'} has ended meanwhile` };
    return { ...row, about, length: 0, ill };
  }
  const restarted = [...verdict.runs].find(([unit, run]) => (row.runs.get(unit) ?? run) !== run)?.[0];
  const hasRestarted = row.hasRestarted || hasGrown(row, verdict);
  if (restarted === undefined) return { ...row, about, runs, age, hasRestarted, length: row.length + 1 };
  const ill = { ill: `${restarted} was restarted`, unit: restarted };
  return { ...row, about, runs, age, hasRestarted: true, length: 0, ill };
}

function restartsAfter({ restarts }: Row, { units = [] }: ProbeResult): Row['restarts'] {
  return new Map([...units.map(({ id, restarts: count }) => [id, count] as const), ...restarts]);
}

/** On a busy machine tries are so far apart that each of the good ones may meet the same run, and the bad ones the others. */
function hasGrown({ restarts }: Row, { runs, units }: Healthy): boolean {
  return units.some((unit) => runs.has(unit.id) && unit.restarts > (restarts.get(unit.id) ?? unit.restarts));
}

/** `isLast`: there is no time for another try. What has not been seen to end is believed then, young as it may be. */
export function isHealthy(row: Row, successes: number, isLast: boolean): boolean {
  if (row.length < successes) return false;
  return row.age !== 'young' || (isLast && !row.hasRestarted);
}
