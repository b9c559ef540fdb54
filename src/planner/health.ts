import type { ActionKind, SystemRef } from '../domain/action.js';
import type { Health } from '../domain/manifest.js';
import type { Listen } from '../domain/binding.js';
import type { Chain } from './chain.js';
import type { Compared } from './compare.js';
import { lastGood } from './target.js';

/** Where the main exposure leads. */
const GUEST_PORT = 8080;

/** After any of these an app may be another than it was. */
const AFFECT: readonly ActionKind[] = [
  ...(['start', 'activate', 'settle', 'configure', 'attach', 'detach', 'restart-units'] as const),
];

/** What serves must be healthy before it counts as what was applied. */
export function checkHealth(ops: Chain, compared: Compared, system: SystemRef): void {
  const { app, changes } = compared;
  const { health, listen } = app;
  const isOther = changes.some(({ facet, kind }) => facet === 'health' && kind !== 'new');
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

/** Where http must answer on the host: the main exposure, where it leads to the port that is asked. */
export function throughOf({ check }: Health, listen: Listen | null): readonly Listen[] {
  return listen && check.kind === 'http' && Number(check.port) === GUEST_PORT ? [listen] : [];
}
