import { LABEL } from '../../domain/labels.js';
import { formatBinding, socketsOf } from '../../domain/binding.js';
import type { InstanceJson } from '../../domain/services.js';
import { exposuresOf, forwards } from './devices.js';
import { INCUS_PROJECT, isPet } from '../client/own.js';
import type { Socket } from './sockets.js';

/** An exposure of a running pet, and whether its forwarder, which nobody supervises, still listens. */
export type Forwarder = {
  readonly project: string;
  readonly app: string;
  readonly listens: string;
  readonly isAlive: boolean;
};

/** Of one project's pets, or of all. */
export function forwardersOf(
  only: string | null,
  instances: readonly InstanceJson[],
  listening: readonly Socket[],
): readonly Forwarder[] {
  const open = new Set(listening.flatMap(({ binding }) => socketsOf(binding)));
  return instances.flatMap((instance): Forwarder[] => {
    const project = instance.config[LABEL.project];
    if (project === undefined || (only !== null && project !== only)) return [];
    if (instance.project !== INCUS_PROJECT || !isPet(project, instance.name, instance.config)) return [];
    if (!forwards(instance)) return [];
    return exposuresOf(instance).flatMap(({ binding }) => {
      if (!binding) return [];
      const isAlive = socketsOf(binding).every((socket) => open.has(socket));
      return [{ project, app: instance.name, listens: formatBinding(binding), isAlive }];
    });
  });
}
