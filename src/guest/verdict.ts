import type { Process } from './processes.js';
import { isYoung, type Unit } from './units.js';

/** What one try found. */
export type ProbeResult = Healthy | Unhealthy;

export type Healthy = {
  /** How that is known, in words. */
  readonly note: string;
  /** What must not be restarted between two tries. */
  readonly runs: Runs;
  readonly age: Age;
  /** The units that it is known to be about, and all that there are. */
  readonly about: readonly string[];
  readonly units: readonly Unit[];
};
/** `young`: what answers has run for so short a time that it may end any moment. `unknown`: nobody is seen to answer. */
export type Age = 'old' | 'young' | 'unknown';
/** By unit, which of its runs this is: another text after a restart. */
export type Runs = ReadonlyMap<string, string>;

export type Unhealthy = {
  /** What is wrong, in words. */
  readonly ill: string;
  readonly hint?: string;
  /** The unit that it is about. */
  readonly unit?: string | null;
  /** What was said about it; else there is the journal. */
  readonly log?: readonly string[];
  /** It will not mend itself. */
  readonly isFinal?: true;
  /** The units that there are, and those of them that it is known to be about. */
  readonly units?: readonly Unit[];
  readonly about?: readonly string[];
};

export const NO_ANSWER: Unhealthy = { ill: 'systemd does not answer' };

/** By how often systemd has restarted it. */
export function restartsOf({ restarts }: Unit): string {
  return String(restarts);
}

/** By its main process too: somebody else may restart it. Not where another process, PID 1, keeps its socket meanwhile. */
export function runOf(unit: Unit, isKept = false): string {
  return isKept ? restartsOf(unit) : `${unit.restarts}/${unit.pid}`;
}

/** Of processes that do one thing, such as to hold a socket, the oldest counts: workers come and go. */
export function ageOf(processes: readonly Process[]): Age {
  if (processes.length === 0) return 'unknown';
  return processes.every(isYoung) ? 'young' : 'old';
}
