import type { StoreMode } from '../domain/manifest.js';
import type { Delivery, Incus } from '../domain/services.js';
import type { Exec, Pipe } from '../lib/program.js';
import { copyStore } from './copy.js';
import { sharedStore } from './shared.js';

/** execa takes longer to load than most of a plan: only where something is sent. */
const lazyPipe: Pipe = async (...args) => (await import('../lib/processes.js')).pipe(...args);

export function deliveries(
  project: string,
  incus: Incus,
  exec: Exec,
  pipe: Pipe = lazyPipe,
): Readonly<Record<StoreMode, Delivery>> {
  return { shared: sharedStore(project, exec), copy: copyStore(project, incus, exec, pipe) };
}
