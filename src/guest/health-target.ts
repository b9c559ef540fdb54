import type { Health } from '../domain/manifest.js';
import type { Listen } from '../domain/binding.js';
import type { Asked } from './ask.js';
import type { Baseline } from './baseline.js';
import type { Closure } from './origin.js';

/** An app whose health is asked about. */
export type HealthTarget = Asked & {
  readonly toplevel: string;
  readonly closure: Closure;
  readonly baseline: Baseline;
  readonly health: Health;
  /** Addresses of the host that lead to the port that is checked. */
  readonly through: readonly Listen[];
};

/** A way to tell it, by its kind. */
export type CheckOf<Kind extends Health['check']['kind']> = Extract<Health['check'], { kind: Kind }>;
