import type { Binding } from '../../domain/binding.js';
import { withErrorContext } from '../client/attempt.js';
import { proxyBindings } from './devices.js';
import { sender } from '../client/http.js';
import { RestClient } from '../client/operations.js';

type Devices = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** The devices that each of Incus' profiles gives an instance. */
export type ProfileDevices = Readonly<Record<string, Devices>>;

/** What an instance that has none of its own is made with. */
export const USUAL_PROFILES = ['default'];

/** Looks profiles up, of the daemon's project that pets live in. One that is not there has no devices. */
export function profilesOver(socket: string): (names: readonly string[]) => Promise<ProfileDevices> {
  const rest = new RestClient(sender(socket));
  const devicesOf = async (name: string): Promise<Devices> => {
    const found = await rest.get(`/1.0/profiles/${encodeURIComponent(name)}`);
    return ((found?.metadata ?? {}) as { readonly devices?: Devices }).devices ?? {};
  };
  return (names) =>
    withErrorContext('looking at profiles', async () => {
      const looks = [...new Set(names)].map(async (name) => [name, await devicesOf(name)] as const);
      return Object.fromEntries(await Promise.all(looks));
    });
}

/** What an instance with these profiles listens on for them; a device of its own takes the place of one of that name. */
export function inheritedBindings(
  names: readonly string[],
  own: Devices,
  profiles: ProfileDevices,
): readonly Binding[] {
  const devices = names.flatMap((name) =>
    Object.hasOwn(profiles, name) ? Object.entries(profiles[name] ?? {}) : [],
  );
  const left = [...new Map(devices)].filter(([device]) => !Object.hasOwn(own, device));
  return proxyBindings(Object.fromEntries(left));
}
