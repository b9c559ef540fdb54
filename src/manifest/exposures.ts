import { formatListen, overlaps } from '../listen.js';
import type { Listen } from '../model.js';
import type { Place } from '../problem.js';
import type { Finding } from './check.js';

export type Exposed = { readonly app: string; readonly listen: Listen };

/** Exposures that cannot be open at the same time, each reported at the one that stands later in the file. */
export function findDuplicates(
  exposed: readonly Exposed[],
  placeOf: (app: string) => Place | undefined,
): Finding[] {
  const findings: Finding[] = [];
  const byPort = new Map<number, Exposed[]>();
  for (const one of exposed) {
    const neighbours = byPort.get(one.listen.port) ?? [];
    byPort.set(one.listen.port, neighbours);
    const clash = neighbours.find((other) => overlaps(one.listen, other.listen));
    if (clash) findings.push(duplicate(clash, one, placeOf));
    neighbours.push(one);
  }
  return findings;
}

function duplicate(a: Exposed, b: Exposed, placeOf: (app: string) => Place | undefined): Finding {
  const [first, later] = isBefore(placeOf(b.app), placeOf(a.app)) ? [b, a] : [a, b];
  const same = first.listen.address === later.listen.address;
  const line = placeOf(first.app)?.line ?? 1;
  return {
    path: ['apps', later.app, 'port'],
    at: 'value',
    message: same
      ? `${formatListen(later.listen)} is taken by \`${first.app}\` (line ${line})`
      : `${formatListen(later.listen)} overlaps with ${formatListen(first.listen)} of \`${first.app}\` (line ${line})`,
    hint: 'give one of them another port, or each an address of its own',
  };
}

function isBefore(a: Place | undefined, b: Place | undefined): boolean {
  if (!a || !b) return false;
  return a.line < b.line || (a.line === b.line && a.column < b.column);
}
