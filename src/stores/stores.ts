import type { StoreMode } from '../domain/manifest.js';
import type { Delivery, Incus } from '../domain/services.js';
import type { Exec, Pipe } from '../lib/program.js';
import { copyStore } from './copy.js';
import { sharedStore } from './shared.js';

export function deliveries(
  project: string,
  incus: Incus,
  exec: Exec,
  pipe: Pipe,
): Readonly<Record<StoreMode, Delivery>> {
  return { shared: sharedStore(project, exec), copy: copyStore(project, incus, exec, pipe) };
}
