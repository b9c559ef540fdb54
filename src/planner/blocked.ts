import equal from 'fast-deep-equal';
import type { ActualApp, Condemned, Generation } from '../domain/actual.js';
import type { DesiredApp } from '../domain/desired.js';
import type { Facet, FacetName, Facets } from '../domain/facet.js';
import { keysOf, LIVE_CONFIG } from './instance-update.js';

/** What is held because it did not work: a system, and what was tried with it. */
export type Hold = {
  readonly condemned: Condemned;
  /** What is to be meanwhile: of the generation that serves, with what the manifest says besides. */
  readonly facets: Facets;
};

/**
 * What a field has to do with a system that is held. `makes`: another value is another try, as a whole. `tried`: it may
 * be why that did not work, or belongs to it; as long as it is as it was tried, it is held as well. `free`: it is as
 * the manifest says.
 */
type Part = 'makes' | 'tried' | 'free';

function partOf(facet: FacetName, field: string, { byHand }: Condemned): Part {
  const isFree =
    facet === 'exposure' || field.startsWith('size.') || (facet === 'meta' && !OF_SYSTEM.has(field));
  // Who goes back by hand goes back to its ports and settings too.
  if (isFree) return byHand ? 'tried' : 'free';
  const isLive = facet === 'container' && LIVE_CONFIG.test(field.replace(/^config\./, ''));
  return facet === 'limits' || facet === 'meta' || isLive ? 'tried' : 'makes';
}

/** What of `meta` says where the system is from. */
const OF_SYSTEM: ReadonlySet<string> = new Set(['flake-ref', 'nixpkgs']);

/** Null: nothing is held, or the manifest says just what is to be meanwhile. */
export function holdOf(wanted: Facets, there: ActualApp, last: Generation): Hold | null {
  const { condemned, applied } = there;
  if (!condemned || !isSameTry(wanted, condemned, applied?.facets.secrets)) return null;
  const facets = withSecrets(merged(wanted, condemned, last.facets), wanted, there);
  return equal(facets, wanted) ? null : { condemned, facets };
}

/** `had`: secrets that the generation which serves has; another one makes the system that is held. */
function isSameTry(wanted: Facets, condemned: Condemned, had: Facet = {}): boolean {
  return namesIn(wanted, condemned.facets).every((facet) => {
    const [now, then] = [wanted[facet] ?? {}, condemned.facets[facet] ?? {}];
    const makes = (field: string) =>
      facet === 'secrets' ? !Object.hasOwn(had, field) : partOf(facet, field, condemned) === 'makes';
    return fieldsIn(now, then).every((field) => !makes(field) || isSame(now, then, field));
  });
}

function merged(wanted: Facets, condemned: Condemned, last: Facets): Facets {
  const names = namesIn(wanted, last).filter((name) => name !== 'secrets');
  return Object.fromEntries(
    names.map((facet) => {
      const [now, then, served] = [wanted[facet] ?? {}, condemned.facets[facet] ?? {}, last[facet] ?? {}];
      // An exposure moves as a whole: of two ports that were swapped none is to be taken twice.
      const isTried = (field: string) => (facet === 'exposure' ? equal(now, then) : isSame(now, then, field));
      const isWanted = (field: string) => {
        const part = partOf(facet, field, condemned);
        return part === 'free' || (part === 'tried' && !isTried(field));
      };
      const chosen = fieldsIn(now, served).flatMap((field) => {
        // A volume that the system which serves does not have has no size.
        const isOf = !field.startsWith('size.') || Object.hasOwn(served, field.replace('size.', 'volume.'));
        const from = isWanted(field) && isOf ? now : served;
        return Object.hasOwn(from, field) ? [[field, from[field] ?? null] as const] : [];
      });
      return [facet, Object.fromEntries(chosen)];
    }),
  );
}

/** The generation that serves goes on with the secrets that it has. One that was changed since it is held is given to it. */
function withSecrets(facets: Facets, wanted: Facets, { condemned, applied }: ActualApp): Facets {
  const [now, then] = [wanted.secrets ?? {}, condemned?.facets.secrets ?? {}];
  const had = Object.entries(applied?.facets.secrets ?? {});
  const chosen = had.map(([field, value]) => {
    const isChanged = Object.hasOwn(now, field) && !isSame(now, then, field);
    return [field, isChanged ? (now[field] ?? null) : value] as const;
  });
  return chosen.length > 0 || wanted.secrets ? { ...facets, secrets: Object.fromEntries(chosen) } : facets;
}

function namesIn(...all: readonly Facets[]): FacetName[] {
  return [...new Set(all.flatMap((facets) => Object.keys(facets) as FacetName[]))];
}

function fieldsIn(...all: readonly Facet[]): string[] {
  return [...new Set(all.flatMap((facet) => Object.keys(facet)))];
}

/** A field that is absent is its default. */
function isSame(a: Facet, b: Facet, field: string): boolean {
  return (a[field] ?? null) === (b[field] ?? null);
}

/** What a run is to bring about under a hold. `app`: as the manifest says; `served`: the generation that serves. */
export function appUnder({ facets }: Hold, app: DesiredApp, served: DesiredApp): DesiredApp {
  const isExposed = equal(facets.exposure, app.facets.exposure);
  const { listen, exposures } = isExposed ? app : served;
  const held = heldSecrets(facets, app.facets);
  return {
    ...served,
    ...{ listen, exposures, facets },
    // Of one that is held nobody knows the value: it stays, or is put back.
    secrets: app.secrets.filter(({ name }) => !held.includes(`secret.${name}`)),
    volumes: served.volumes.map((v) => ({ ...v, size: facets.storage?.[`size.${v.name}`] ?? null })),
    config: configUnder(facets, app, served),
    problems: app.problems.filter(({ path = [] }) => path[2] === 'publish' || path[2] === 'secrets'),
  };
}

function configUnder(facets: Facets, app: DesiredApp, served: DesiredApp): DesiredApp['config'] {
  const isWanted = (facet: FacetName) => (field: string) =>
    isSame(facets[facet] ?? {}, app.facets[facet] ?? {}, field);
  const keys = (['limits', 'container'] as const).flatMap((facet) => {
    const fields = fieldsIn(app.facets[facet] ?? {}, served.facets[facet] ?? {});
    return fields.filter(isWanted(facet)).flatMap((field) => keysOf(facet, field));
  });
  const of = (config: DesiredApp['config'], isTaken: (key: string) => boolean) =>
    Object.entries(config).filter(([key]) => isTaken(key));
  return Object.fromEntries([
    ...of(served.config, (key) => !keys.includes(key)),
    ...of(app.config, (key) => keys.includes(key)),
  ]);
}

/** Secrets that are not as the manifest says: these are recorded as they were. */
export function heldSecrets(facets: Facets, wanted: Facets): string[] {
  const [chosen, now] = [facets.secrets ?? {}, wanted.secrets ?? {}];
  return fieldsIn(chosen, now).filter((field) => !isSame(chosen, now, field));
}
