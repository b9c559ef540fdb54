import type { ActualApp } from '../domain/actual.js';
import type { Facets } from '../domain/facet.js';
import type { Change } from '../domain/plan.js';
import type { FacetDefinition } from './facet.js';

/** Whether it runs. An app of the manifest does. */
export const power: FacetDefinition = {
  wanted: () => ({ state: 'running' }),
  seen: ({ instance }) => ({ state: instance.status.toLowerCase() }),
  changedBy: [
    { verb: 'restart', by: ['stop'] },
    { verb: 'start', by: ['start'] },
  ],
  isPlain: () => true,
};

/** What is seen of it when it is stopped. */
export const STOPPED: Pick<Facets, 'power'> = { power: { state: 'stopped' } };

export function isOfPower({ facet }: Change): boolean {
  return facet === 'power';
}

/** It is stopped, as a person asked. */
export function stopChange({ status }: ActualApp): Change {
  return { facet: 'power', field: 'state', kind: 'changed', from: status.toLowerCase(), to: 'stopped' };
}

/** It is deleted. */
export function deleteChange({ status }: ActualApp): Change {
  return { facet: 'power', field: 'instance', kind: 'changed', from: status, to: null };
}
