import { join } from 'node:path';
import type { AppName } from '../domain/names.js';
import type { Incus, InstanceSpec, StoreBackend } from '../domain/services.js';
import type { Exec, Stream } from '../lib/program.js';

/** A store mode: a file of this folder. What it is capable of is said in `domain/store-mode.ts`. */
export type Store = {
  /** The config and devices that an instance has because of its store, once it has its system. */
  readonly instance: (project: string, app: string) => StoreParts;
  readonly open: (project: string, tools: StoreTools) => StoreBackend;
  /** Generations that `collect` would remove, as far as this host can tell. */
  readonly surplus: (
    project: string,
    app: AppName,
    keep: readonly number[],
    exec: Exec,
  ) => Promise<readonly number[]>;
};

export type StoreParts = Pick<InstanceSpec, 'config' | 'devices'>;

export type StoreTools = { readonly incus: Incus; readonly exec: Exec; readonly stream: Stream };

/** Where the generations are; in the guest, and with `per-pet` below it on the host. */
export const PROFILES = '/nix/var/nix/profiles';

/** What every instance has that boots from its profile. */
export const BOOTS_PROFILE = {
  // systemd's sandboxing in the guest needs it.
  'security.nesting': 'true',
  // Root on the host: a constant, nothing from a manifest or a flake ever gets in here.
  'raw.lxc': `lxc.init.cmd=${PROFILES}/system/init`,
};

/** On the host. Neither name has anything but letters, digits, hyphens and underscores: they cannot leave the directory. */
export function profileDirectory(project: string, app: string): string {
  return join(PROFILES, 'per-pet', project, app);
}
