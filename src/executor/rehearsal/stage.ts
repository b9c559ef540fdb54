import type { AppName } from '../../domain/names.js';
import type { InstanceJson, SecretFile } from '../../domain/services.js';
import type { StoreMode } from '../../domain/store-mode.js';
import type { OperationContext } from '../job.js';

/** All that a twin is made from. */
export type Stage = {
  readonly job: OperationContext;
  readonly twin: AppName;
  readonly store: StoreMode;
  /** The app itself, which is only looked at, and stands still while its volumes are copied. */
  readonly live: InstanceJson;
  readonly secrets: readonly SecretFile[];
  /** Folders of the host that are yet to be made. */
  readonly missing: readonly string[];
  /** Told how long the app stood still, ms. */
  readonly stood: (ms: number) => void;
};
