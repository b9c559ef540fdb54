import type { Screen } from './layout.js';

/** What React's `useSyncExternalStore` wants: the screen changes only when told to. */
export type Store = {
  readonly subscribe: (listener: () => void) => () => void;
  readonly get: () => Screen;
  readonly refresh: () => void;
};

export function createStore(compute: () => Screen): Store {
  const listeners = new Set<() => void>();
  let screen: Screen | null = null;
  return {
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    get: () => (screen ??= compute()),
    refresh() {
      screen = compute();
      for (const listener of listeners) listener();
    },
  };
}
