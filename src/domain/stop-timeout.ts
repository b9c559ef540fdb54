import { formatDuration } from '../lib/format.js';

/** How long a stop may take before it is a kill, where nobody says otherwise, ms. */
export const DEFAULT_GRACE_MS = 30_000;

/** How a guest came to its end. `forced`: why it was ended by force, in words; null: it ended by itself. */
export type Stopped = { readonly forced: string | null };

const LATE = 'it had not stopped within ';

/** Why a guest was ended by force whose time was over. */
export function lateWords(graceMs: number): string {
  return `${LATE}${formatDuration(graceMs)}`;
}

/** What a person is told of a stop that was a kill; null: it was none. */
export function killWords({ forced }: Stopped): string | null {
  if (forced === null) return null;
  const hint = forced.startsWith(LATE) ? '; `stop-timeout` gives a stop more time' : '';
  return `it was ended by force (${forced}): what it had not written yet is lost${hint}`;
}
