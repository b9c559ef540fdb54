import type { ActualApp } from '../../domain/actual.js';
import type { InstanceJson, InstanceSpec } from '../../domain/services.js';
import { isAttachment, isExposure } from './devices.js';

/** What reaches the guest's environment, or LXC and the kernel past Incus. */
const LOOKED_AT = /^(?:environment|raw)\./;

/**
 * What is on a pet and is none of what pets gives its containers: disks other than the root disk, proxies, and config of
 * these two kinds. What the manifest gives to Incus as it is is among it, as only the manifest knows that.
 */
export function addedTo(
  { config, devices }: InstanceJson,
  made: Pick<InstanceSpec, 'config' | 'devices'>,
): ActualApp['added'] {
  const others = Object.entries(devices).filter(
    ([name, value]) =>
      (value['type'] === 'proxy' || (value['type'] === 'disk' && value['path'] !== '/')) &&
      !Object.hasOwn(made.devices, name) &&
      !isExposure(name, value) &&
      !isAttachment(name, value),
  );
  return {
    config: Object.keys(config).filter((key) => LOOKED_AT.test(key) && !Object.hasOwn(made.config, key)),
    devices: Object.fromEntries(others),
  };
}
