import type { ActionKind, SystemRef } from '../actions.js';
import type { Health, Listen } from '../model.js';
import type { Chain } from './chain.js';
import type { Compared } from './compare.js';

/** Where the main exposure leads. */
const GUEST_PORT = 8080;

/** After any of these an app may be another than it was. */
const AFFECT: readonly ActionKind[] = [
  ...(['start', 'activate', 'settle', 'configure', 'attach', 'detach', 'restart-units'] as const),
];

/** What serves must be healthy before it counts as what was applied. */
export function checkHealth(ops: Chain, { app, changes }: Compared, system: SystemRef): void {
  const { health, listen } = app;
  const isOther = changes.some(({ facet, kind }) => facet === 'health' && kind !== 'new');
  if (!health || (!isOther && !AFFECT.some((kind) => ops.has(kind)))) return;
  const cause = isOther ? 'healthy means something else now' : 'what serves must be healthy';
  ops.then({ kind: 'check', system, health, through: throughOf(health, listen) }, cause);
}

/** Where http must answer on the host: the main exposure, where it leads to the port that is asked. */
export function throughOf({ check }: Health, listen: Listen | null): readonly Listen[] {
  return listen && check.kind === 'http' && Number(check.port) === GUEST_PORT ? [listen] : [];
}
