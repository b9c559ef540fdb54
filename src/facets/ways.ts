import type { AttachmentSpec } from '../domain/action.js';
import type { WayBack } from './facet.js';

/** Config keys and profiles as they were recorded, of those that were set. */
export const CONFIG_BACK: WayBack = {
  undoes: ['configure'],
  turn: 'config',
  stepsOf: ({ forward, last, due, cause }) =>
    forward.flatMap(({ action }) => {
      if (action.kind !== 'configure') return [];
      const before = Object.keys(action.config).map((key) => [key, last.config[key] ?? ''] as const);
      const config = Object.fromEntries(before);
      const profiles = action.profiles && last.profiles;
      return [{ action: { kind: 'configure', config, profiles }, cause, rescues: due.from('configure') }];
    }),
};

/**
 * Devices as they were recorded, of those that were touched; what a running app has mounted is left to it as long as
 * nobody has. Incus lets no two devices be at one path: what goes away goes first.
 */
export const DEVICES_BACK: WayBack = {
  undoes: ['attach', 'detach'],
  turn: 'devices',
  stepsOf: ({ forward, last, due, cause }) => {
    const rescues = due.from('attach', 'detach');
    const touched = forward.flatMap(({ action }) =>
      action.kind === 'attach' || action.kind === 'detach' ? [action.device] : [],
    );
    const devices = [...new Set(touched)];
    const attached = devices.flatMap((device): { device: string; what: AttachmentSpec }[] => {
      // By its name: the volume that is the app's now, should it have been restored from a backup meanwhile.
      const volume = last.attachments.find((a) => a.kind === 'volume' && a.device === device);
      const value = last.devices[device];
      if (volume?.kind === 'volume')
        return [{ device, what: { kind: 'volume', volume: volume.volume, path: volume.path } }];
      return value ? [{ device, what: { kind: 'device', value } }] : [];
    });
    return [
      ...devices.map((device) => ({ action: { kind: 'detach', device } as const, cause, rescues })),
      ...attached.map((one) => ({ action: { kind: 'attach', ...one } as const, cause, rescues })),
    ];
  },
};
