import { join } from 'node:path';
import type { StoreMode } from '../domain/manifest.js';
import type { InstanceSpec } from '../domain/services.js';

/** Where the generations are; in the guest, and with `per-pet` below it on the host. */
export const PROFILES = '/nix/var/nix/profiles';

/** The config and devices that an instance has because of its store. */
export function instanceOf(
  project: string,
  app: string,
  store: StoreMode,
): Pick<InstanceSpec, 'config' | 'devices'> {
  const config = {
    // systemd's sandboxing in the guest needs it.
    'security.nesting': 'true',
    // Root on the host: a constant, nothing from a manifest or a flake ever gets in here.
    'raw.lxc': `lxc.init.cmd=${PROFILES}/system/init`,
  };
  if (store === 'copy') return { config, devices: {} };
  return {
    config,
    devices: {
      'nix-store': readOnlyDisk('/nix/store', '/nix/store'),
      'nix-profiles': readOnlyDisk(profileDirectory(project, app), PROFILES),
    },
  };
}

/** On the host. Neither name has anything but letters, digits, hyphens and underscores: they cannot leave the directory. */
export function profileDirectory(project: string, app: string): string {
  return join(PROFILES, 'per-pet', project, app);
}

function readOnlyDisk(source: string, path: string): Readonly<Record<string, string>> {
  return { type: 'disk', source, path, readonly: 'true', shift: 'true' };
}
