import type { SystemRef } from '../actions.js';
import type { Facets, Locked } from '../model.js';
import { desiredApp, toplevelOf, type Job } from './job.js';

/** What `record` writes on the instance: the marks, what was applied, and what incus-pet would know it by. */
export function recordOf(job: Job, facets: Facets, system: SystemRef): Record<string, string> {
  const { source, listen, facets: wanted } = desiredApp(job);
  const generation =
    system.kind === 'built' ? (job.progress.generations.get(job.app) ?? 0) : system.generation;
  const all = { ...pinned(facets, job.progress.pins), ...(wanted.secrets && { secrets: wanted.secrets }) };
  const applied = { v: 1, generation, toplevel: toplevelOf(job, system), facets: all };
  return {
    'user.pets.project': job.desired.project,
    'user.pets.app': job.app,
    'user.pets.state': 'ready',
    // A rename that nobody wants any more.
    'user.pets.becoming': '',
    'user.pets.secrets': '',
    'user.pets.applied': JSON.stringify(applied),
    'user.incus-pet.flake-ref': 'ref' in source ? source.ref.written : '',
    // An empty value removes the key.
    'user.incus-pet.host-port': listen ? String(listen.port) : '',
    'user.incus-pet.listen': listen ? listen.address : '',
  };
}

/** Facets were computed before this run locked anything: name what was really built. */
export function pinned(facets: Facets, pins: Readonly<Record<string, Locked>>): Facets {
  const system = Object.fromEntries(
    Object.entries(facets.system ?? {}).map(([field, value]) => {
      const url = Object.keys(pins).find(
        (u) => value === `unlocked:${u}` || value?.startsWith(`unlocked:${u}#`),
      );
      const pin = url === undefined ? undefined : pins[url];
      return [field, pin && value ? value.replace(`unlocked:${url ?? ''}`, () => pin.locked) : value];
    }),
  );
  return { ...facets, system };
}
