import equal from 'fast-deep-equal';
import { bindingOf, formatBinding, socketsOf } from '../domain/binding.js';
import type { Exposure, Generation } from '../domain/actual.js';
import type { DesiredExposure } from '../domain/desired.js';
import type { Facet, Facets } from '../domain/facet.js';
import type { Change } from '../domain/plan.js';
import { drift, gone, nameIn, type FacetDefinition, type Failed, type Seen, type StepBack } from './facet.js';

/**
 * Where it is reached from: proxy devices. Their moves are planned for all apps at once, as one may wait for another's
 * port; only that port is interrupted.
 */
export const exposure: FacetDefinition = {
  wanted: ({ wanted: { listen, exposures } }) => ({
    [MAIN]: listen && formatBinding(bindingOf(listen)),
    ...Object.fromEntries(exposures.flatMap(publishField)),
  }),
  seen: (seen) => ({ ...gone(seen.applied?.facets.exposure, `${PUBLISH}.`), ...seenIn(seen) }),
  owns: (field) => nameIn(field, PUBLISH) !== null,
  faults: ({ exposures }, { facets }) =>
    exposures.length > 0 && isDead(facets) ? [drift(FORWARDER, 'not listening', 'listening')] : [],
  faultTurn: 3,
  changedBy: [{ verb: 'proxy-update', by: ['expose', 'unexpose', 'revive'] }],
  back: [
    // A container starts without exposures.
    { undoes: [], turn: 'ports', stepsOf: closeSteps },
    { undoes: [], turn: 'open', stepsOf: openSteps },
  ],
  partOf: () => 'free',
  // Of two ports that were swapped none is to be taken twice.
  movesAsOne: true,
};

const MAIN = 'listen';
const PUBLISH = 'publish';
/** Seen only: whether something listens. */
const FORWARDER = 'forwarder';
const DEAD = 'dead';

/** One field for each that is published: where, and where it leads. The main exposure has its own. */
function publishField(one: Omit<DesiredExposure, 'binding'> & Pick<Exposure, 'binding'>): [string, string][] {
  const { role, binding, connect, mode } = one;
  if (role !== 'publish' || !binding) return [];
  return [[nameOf(binding), mode === null ? connect : `${connect} mode=${mode}`]];
}

function nameOf(binding: DesiredExposure['binding']): string {
  return `${PUBLISH}.${formatBinding(binding)}`;
}

function seenIn({ instance, exposures, open }: Seen): Facet {
  const main = exposures.filter(({ role }) => role === 'web').map(mainListen);
  const published = exposures.flatMap((one) => publishField({ ...one, mode: one.value['mode'] ?? null }));
  const isOpen = ({ binding }: Exposure) => !binding || socketsOf(binding).every((s) => open.has(s));
  // A frozen guest's forwarders still listen.
  const isBroken = instance.status !== 'Stopped' && !exposures.every(isOpen);
  return {
    [MAIN]: main.length > 0 ? main.join(SEVERAL) : null,
    ...Object.fromEntries(published),
    ...(isBroken ? { [FORWARDER]: DEAD } : {}),
  };
}

/** Before one is taken away another may be there as well. */
const SEVERAL = ', ';

/** One that pets would not have written: as it stands, and where it leads. */
function mainListen({ binding, connect, value }: Exposure): string {
  return binding ? formatBinding(binding) : `${value['listen'] ?? ''} to ${connect}`;
}

/** Whether something does not listen although its device is there. */
export function isDead(facets: Facets): boolean {
  return facets.exposure?.[FORWARDER] === DEAD;
}

/** The main exposure, as `formatListen` has it. */
export function listenIn(facets: Facets): string | null {
  return facets.exposure?.[MAIN] ?? null;
}

export function isExposedAs(one: Facets, other: Facets): boolean {
  return equal(one.exposure, other.exposure);
}

/** Whether it is why that exposure is there. */
export function isAbout({ facet, field }: Change, { role, binding }: DesiredExposure): boolean {
  if (facet !== 'exposure') return false;
  return role === 'web' ? nameIn(field, PUBLISH) === null : field === nameOf(binding);
}

/** What pets would not have written itself cannot be wanted. */
export function exposuresIn(there: Generation['exposures'][number]): DesiredExposure[] {
  const { role, binding, connect, value } = there;
  return binding ? [{ role, binding, connect, mode: value['mode'] ?? null }] : [];
}

function closeSteps({ actual, last, forward, due, cause }: Failed): StepBack[] {
  const devices = [
    ...(actual?.exposures ?? []).map(({ device }) => device),
    ...last.exposures.map(({ device }) => device),
    ...forward.flatMap(({ action }) => (action.kind === 'expose' ? [action.device] : [])),
  ];
  return [...new Set(devices)].map((device) => ({
    action: { kind: 'unexpose', device },
    cause,
    rescues: due.stopped,
  }));
}

function openSteps({ last, due, cause }: Failed): StepBack[] {
  return last.exposures.flatMap((there) =>
    exposuresIn(there).map((one): StepBack => {
      const action = { kind: 'expose', device: there.device, exposure: one, fallback: null } as const;
      return { action, cause, rescues: due.stopped };
    }),
  );
}

/**
 * Where the app was reached when it was last whole, and is not now: the proxy device is gone, or leads elsewhere.
 * What was not applied yet is missing nowhere.
 */
export function missingExposures({ applied, facets }: Reached): string[] {
  const { exposure: seen = {} } = facets;
  return Object.entries(applied?.facets.exposure ?? {}).flatMap(([field, was]) => {
    if (was === null) return [];
    if (field !== MAIN) return seen[field] === was ? [] : [nameIn(field, PUBLISH) ?? field];
    return seen[MAIN]?.split(SEVERAL).includes(was) === true ? [] : [was];
  });
}

type Reached = { readonly applied: { readonly facets: Facets } | null; readonly facets: Facets };

/** Why an app is not reached as it was when it was last whole, in a few words; null: it is, as far as can be seen. */
export function unreachedWords(app: Reached): string | null {
  const missing = missingExposures(app);
  if (missing.length > 0) return `not exposed at ${missing.join(', ')}`;
  return isDead(app.facets) ? 'not listening' : null;
}
