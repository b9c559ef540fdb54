import equal from 'fast-deep-equal';
import type { ActualApp, Rejected, Generation } from '../domain/actual.js';
import type { DesiredApp } from '../domain/desired.js';
import type { FacetName, Facets } from '../domain/facet.js';
import { isExposedAs } from '../facets/exposure.js';
import { fieldsIn, isSame, type Part } from '../facets/facet.js';
import { FACETS, facetOf } from '../facets/index.js';
import { heldSecrets, secretField } from '../facets/secrets.js';
import { sizeIn } from '../facets/storage.js';

/** What is held because it did not work: a system, and what was tried with it. */
export type Blocked = {
  readonly condemned: Rejected;
  /** What is to be meanwhile: of the generation that serves, with what the manifest says besides. */
  readonly facets: Facets;
};

function partIn(facet: FacetName, field: string, { byHand }: Rejected): Part {
  const part = partOf(facet, field);
  // Who goes back by hand goes back to its ports and settings too.
  return part === 'free' && byHand ? 'tried' : part;
}

function partOf(facet: FacetName, field: string): Part {
  return facetOf(facet).partOf?.(field) ?? 'makes';
}

/** Null: nothing is held, or the manifest says just what is to be meanwhile. */
export function blockedIn(wanted: Facets, there: ActualApp, last: Generation): Blocked | null {
  const { rejected, applied } = there;
  if (!rejected || !isSameTry(wanted, rejected, applied?.facets ?? {})) return null;
  const isWanted = isWantedBesides(wanted, rejected);
  const facets = {
    ...mergeFacets(wanted, last.facets, isWanted),
    ...privateOnes(wanted, there, rejected.facets),
  };
  return equal(facets, wanted) ? null : { condemned: rejected, facets };
}

/** What is to be while a person holds the app: all that the manifest says and that needs no other system. */
export function facetsByHand(wanted: Facets, there: ActualApp, last: Generation): Facets {
  const isWanted = (facet: FacetName, field: string) => ['free', 'tried'].includes(partOf(facet, field));
  return { ...mergeFacets(wanted, last.facets, isWanted), ...privateOnes(wanted, there, {}) };
}

/** `had`: what the generation which serves has. Another secret than it has makes the system that is held. */
function isSameTry(wanted: Facets, condemned: Rejected, had: Facets): boolean {
  return namesIn(wanted, condemned.facets).every((facet) => {
    const [now, then] = [wanted[facet] ?? {}, condemned.facets[facet] ?? {}];
    const makes = (field: string) =>
      facetOf(facet).isPrivate
        ? !Object.hasOwn(had[facet] ?? {}, field)
        : partIn(facet, field, condemned) === 'makes';
    return fieldsIn(now, then).every((field) => !makes(field) || isSame(now, then, field));
  });
}

/** Whether a field is to be as the manifest says although what it says was tried and failed. */
type IsWanted = (facet: FacetName, field: string) => boolean;

function isWantedBesides(wanted: Facets, condemned: Rejected): IsWanted {
  return (facet, field) => {
    const [now, then] = [wanted[facet] ?? {}, condemned.facets[facet] ?? {}];
    const isTried = () => (facetOf(facet).movesAsOne ? equal(now, then) : isSame(now, then, field));
    const part = partIn(facet, field, condemned);
    return part === 'free' || (part !== 'makes' && !isTried());
  };
}

function mergeFacets(wanted: Facets, last: Facets, isWanted: IsWanted): Facets {
  const names = namesIn(wanted, last).filter((name) => !facetOf(name).isPrivate);
  return Object.fromEntries(
    names.map((facet) => {
      const { belongsTo } = facetOf(facet);
      const [now, served] = [wanted[facet] ?? {}, last[facet] ?? {}];
      const chosen = fieldsIn(now, served).flatMap((field) => {
        // A volume that the system which serves does not have has no size.
        const owner = belongsTo?.(field) ?? null;
        const isOf = owner === null || Object.hasOwn(served, owner);
        const from = isWanted(facet, field) && isOf ? now : served;
        return Object.hasOwn(from, field) ? [[field, from[field] ?? null] as const] : [];
      });
      return [facet, Object.fromEntries(chosen)];
    }),
  );
}

/** The generation that serves goes on with the secrets that it has. One that is not as it was `tried` is given to it. */
function privateOnes(wanted: Facets, { applied }: ActualApp, tried: Facets): Facets {
  const names = FACETS.flatMap(([name, { isPrivate }]) => (isPrivate ? [name] : []));
  const all = names.map((name) => {
    const [now, then] = [wanted[name] ?? {}, tried[name] ?? {}];
    const had = Object.entries(applied?.facets[name] ?? {});
    const chosen = had.map(([field, value]) => {
      const isChanged = Object.hasOwn(now, field) && !isSame(now, then, field);
      return [field, isChanged ? (now[field] ?? null) : value] as const;
    });
    return [name, Object.fromEntries(chosen)] as const;
  });
  return Object.fromEntries(all.filter(([name, facet]) => wanted[name] ?? Object.keys(facet).length > 0));
}

function namesIn(...all: readonly Facets[]): FacetName[] {
  return [...new Set(all.flatMap((facets) => Object.keys(facets) as FacetName[]))];
}

/** What a run is to bring about under a hold. `app`: as the manifest says; `served`: the generation that serves. */
export function appUnder(
  { facets }: Pick<Blocked, 'facets'>,
  app: DesiredApp,
  served: DesiredApp,
): DesiredApp {
  const { listen, exposures } = isExposedAs(facets, app.facets) ? app : served;
  const held = heldSecrets(facets, app.facets);
  return {
    ...served,
    ...{ listen, exposures, facets },
    // Of one that is held nobody knows the value: it stays, or is put back.
    secrets: app.secrets.filter(({ name }) => !held.includes(secretField(name))),
    volumes: served.volumes.map((v) => ({ ...v, size: sizeIn(facets, v.name) })),
    config: configUnder(facets, app, served),
    problems: app.problems.filter(({ path = [] }) => path[2] === 'publish' || path[2] === 'secrets'),
  };
}

function configUnder(facets: Facets, app: DesiredApp, served: DesiredApp): DesiredApp['config'] {
  const keys = FACETS.flatMap(([facet, { settingOf }]) => {
    const [now, wanted, before] = [facets[facet] ?? {}, app.facets[facet] ?? {}, served.facets[facet] ?? {}];
    const asWanted = fieldsIn(wanted, before).filter((field) => isSame(now, wanted, field));
    return asWanted.flatMap((field) => settingOf?.(field)?.keys ?? []);
  });
  const of = (config: DesiredApp['config'], isTaken: (key: string) => boolean) =>
    Object.entries(config).filter(([key]) => isTaken(key));
  return Object.fromEntries([
    ...of(served.config, (key) => !keys.includes(key)),
    ...of(app.config, (key) => keys.includes(key)),
  ]);
}
