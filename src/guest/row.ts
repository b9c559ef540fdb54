import type { Age, Unhealthy, Runs, ProbeResult } from './verdict.js';

/** Tries that went well, one after the other, and what was seen before. */
export type Row = {
  readonly length: number;
  /** Of what answered last. */
  readonly age: Age;
  /** Of all that has ever answered, the run that did so last. */
  readonly runs: Runs;
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
  hasRestarted: false,
  about: new Set(),
  ill: null,
};

/** Pure. A unit that was restarted between two good tries is no good sign: they begin anew. */
export function addTry(row: Row, verdict: ProbeResult): Row {
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
  if (restarted === undefined) return { ...row, about, runs, age, length: row.length + 1 };
  const ill = { ill: `${restarted} was restarted`, unit: restarted };
  return { ...row, about, runs, age, hasRestarted: true, length: 0, ill };
}

/** `isLast`: there is no time for another try. What has not been seen to end is believed then, young as it may be. */
export function isHealthy(row: Row, successes: number, isLast: boolean): boolean {
  if (row.length < successes) return false;
  return row.age !== 'young' || (isLast && !row.hasRestarted);
}
