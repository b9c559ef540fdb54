import { LABEL, type Labels } from './labels.js';
import { isTime } from './record-values.js';

/** How often an app that is not well is restarted by itself in a day, and how far apart at least. */
export const MOST_RESTARTS = 3;
const DAY_MS = 24 * 3_600_000;
const PAUSE_MS = 10 * 60_000;

/** When an app was restarted by itself, ISO 8601, the oldest first; no more than count. */
export type Restarts = readonly string[];

export function printRestarts(restarts: Restarts): Labels {
  return { [LABEL.restarts]: restarts.slice(-MOST_RESTARTS).join(' ') };
}

export function restartsIn(labels: Labels): Restarts {
  return (labels[LABEL.restarts] ?? '').split(' ').filter(isTime).slice(-MOST_RESTARTS);
}

/** Those that count still; `now` in ms since the epoch. One that is yet to come was noted by a clock that was wrong. */
export function recentRestarts(restarts: Restarts, now: number): Restarts {
  return restarts.filter((at) => Date.parse(at) <= now && now - Date.parse(at) < DAY_MS);
}

/** Whether it may be restarted now: not more often than helps, and not while the last restart may still show. */
export function mayRestart(restarts: Restarts, now: number): boolean {
  const recent = recentRestarts(restarts, now);
  const last = recent.at(-1);
  return recent.length < MOST_RESTARTS && (last === undefined || now - Date.parse(last) >= PAUSE_MS);
}
