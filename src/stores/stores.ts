import type { AppName } from '../domain/names.js';
import type { Incus, StoreBackend } from '../domain/services.js';
import type { StoreMode } from '../domain/store-mode.js';
import type { Exec, Stream } from '../lib/program.js';
import type { Store, StoreParts } from './backend.js';
import { copyStore } from './copy.js';
import { sharedStore } from './shared.js';

const MODES: Readonly<Record<StoreMode, Store>> = { shared: sharedStore, copy: copyStore };

export type StoreBackends = Readonly<Record<StoreMode, StoreBackend>>;

export function openStores(project: string, incus: Incus, exec: Exec, stream: Stream): StoreBackends {
  const opened = Object.entries(MODES).map(([mode, store]) => [
    mode,
    store.open(project, { incus, exec, stream }),
  ]);
  return Object.fromEntries(opened) as StoreBackends;
}

/** The config and devices that an instance has because of its store. */
export function instanceOf(project: string, app: string, store: StoreMode): StoreParts {
  return MODES[store].instance(project, app);
}

/** Generations that `collect` would remove, as far as this host can tell. */
export function surplusGenerations(
  project: string,
  app: AppName,
  store: StoreMode,
  keep: readonly number[],
  exec: Exec,
): Promise<readonly number[]> {
  return MODES[store].surplus(project, app, keep, exec);
}
