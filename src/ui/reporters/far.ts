import type { HowFar } from '../../lib/progress.js';
import { formatSize } from '../../lib/format.js';
import { oneLine } from '../style.js';

/** Between two lines that say how far the same work is, where lines stay. */
export const FAR_MS = 5000;

/** `data: 1.2 GiB of 4.0 GiB`; where nobody knows the whole, a rate: `data: 1.2 GiB, 35.0 MiB/s`. */
export function farWords({ what, done, total, ms }: HowFar): string {
  const head = `${oneLine(what)}: ${formatSize(done)}`;
  if (total !== null) return `${head} of ${formatSize(Math.max(total, done))}`;
  return ms > 0 ? `${head}, ${formatSize((1000 * done) / ms)}/s` : head;
}
