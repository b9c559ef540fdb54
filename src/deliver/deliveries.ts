import type { StoreMode } from '../model.js';
import type { Delivery, Exec, Incus, Pipe } from '../ports.js';
import { copyStore } from './copy.js';
import { sharedStore } from './shared.js';

/** execa takes longer to load than most of a plan: only where something is sent. */
const lazyPipe: Pipe = async (...args) => (await import('../exec.js')).pipe(...args);

export function deliveries(
  project: string,
  incus: Incus,
  exec: Exec,
  pipe: Pipe = lazyPipe,
): Readonly<Record<StoreMode, Delivery>> {
  return { shared: sharedStore(project, exec), copy: copyStore(project, incus, exec, pipe) };
}
