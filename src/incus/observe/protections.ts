import { protectionKey } from '../../domain/protection.js';
import type { Protection } from '../../domain/actual.js';
import type { InstanceJson } from '../../domain/services.js';

/** Incus takes all of these for yes. */
const YES = /^(?:true|1|yes|on)$/i;

/** What Incus will refuse to do with it, once it is asked. */
export function protectionsOf({ config, expanded_config }: ConfigOf): Protection[] {
  return (['delete', 'start'] as const).flatMap((against): Protection[] => {
    const key = protectionKey(against);
    if (!YES.test(expanded_config[key] ?? '')) return [];
    return [{ against, by: Object.hasOwn(config, key) ? 'instance' : 'profile' }];
  });
}

type ConfigOf = Pick<InstanceJson, 'config' | 'expanded_config'>;
