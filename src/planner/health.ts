import type { ActionKind, SystemRef } from '../domain/action.js';
import type { Chain } from './chain.js';
import type { Compared } from './compare.js';
import { lastGood } from './target.js';
import { throughOf } from '../facets/health.js';
import { asks } from '../facets/index.js';

/** After any of these an app may be another than it was. */
const AFFECT: readonly ActionKind[] = [
  ...(['start', 'activate', 'settle', 'configure', 'attach', 'detach', 'restart-units'] as const),
];

/** What serves must be healthy before it counts as what was applied. */
export function checkHealth(ops: Chain, compared: Compared, system: SystemRef): void {
  const { app, changes } = compared;
  const { health, listen } = app;
  const isOther = changes.some((change) => asks(change, 'check') && change.kind !== 'new');
  const leads = leadsElsewhere(compared);
  if (!health || (!isOther && !leads && !AFFECT.some((kind) => ops.has(kind)))) return;
  const cause = isOther
    ? 'healthy means something else now'
    : leads
      ? 'something must listen where it leads now'
      : 'what serves must be healthy';
  ops.then({ kind: 'check', system, health, through: throughOf(health, listen) }, cause);
}

/** To a port of the guest that nobody has looked at when it was last found healthy. */
function leadsElsewhere({ app: { health, exposures }, actual }: Compared): boolean {
  const last = lastGood(actual);
  if (health?.check.kind !== 'stable' || !last) return false;
  return exposures.some(({ connect }) => !last.exposures.some((there) => there.connect === connect));
}
