import type { Binding } from '../../domain/binding.js';
import type { IpAddress, Port } from '../../domain/names.js';
import type { Publish } from '../../domain/manifest.js';
import type * as v from 'valibot';
import type { Say } from '../check.js';
import type { publish } from './tables.js';
import type { KeyPath } from '../../domain/problem.js';
import type { PortRange } from '../values.js';

export type PublishKeys = v.InferOutput<ReturnType<typeof publish>>[number];

/** Port of the guest that a socket leads to, as `port` does. */
const GUEST_PORT = 8080 as Port;

/** What one `[[publish]]` listens on. Null: it says neither port nor socket, or there is no address. */
export function bindingOfPublish(
  { port, socket, protocol = 'tcp', listen }: PublishKeys,
  fallback: IpAddress | undefined,
): Binding | null {
  if (socket !== undefined) return { protocol: 'unix', path: socket };
  const address = listen ?? fallback;
  return port && address ? { protocol, address, ...port } : null;
}

export function publishOf(keys: PublishKeys, fallback: IpAddress): Publish {
  const binding = bindingOfPublish(keys, fallback);
  if (!binding) throw new Error('a [[publish]] without port passed the checks');
  return { binding, to: { protocol: keys.protocol ?? 'tcp', ...guestPorts(keys) }, mode: keys.mode ?? null };
}

function guestPorts({ to, port }: PublishKeys): PortRange {
  return to ?? port ?? { first: GUEST_PORT, last: GUEST_PORT };
}

/** What its keys must be to one another. */
export function checkPublish(keys: PublishKeys, path: KeyPath, say: Say): void {
  const { port, socket, to, mode } = keys;
  const at = (key: string) => ({ code: 'manifest-conflict', path: [...path, key], at: 'key' }) as const;
  if (socket === undefined) {
    if (!port)
      say({
        code: 'manifest-missing-key',
        path,
        at: 'key',
        message: 'one of `port` and `socket` is needed',
        hint: 'port = 5000',
      });
    if (mode !== undefined) say({ ...at('mode'), message: 'has a meaning for a `socket` only' });
    if (port && to && countOf(to) !== 1 && countOf(to) !== countOf(port)) {
      const message = `${countOf(port)} ${countOf(port) === 1 ? 'port' : 'ports'} on the host cannot lead to ${countOf(to)} in the app`;
      say({ ...at('to'), at: 'value', message, hint: 'as many on both sides, or one in the app' });
    }
    return;
  }
  for (const key of ['port', 'protocol', 'listen'] as const)
    if (keys[key] !== undefined) say({ ...at(key), message: 'has no meaning beside `socket`' });
  if (to && countOf(to) !== 1)
    say({ ...at('to'), at: 'value', message: 'a socket leads to one port of the app' });
}

function countOf({ first, last }: PortRange): number {
  return last - first + 1;
}
