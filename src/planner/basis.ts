import type { Actual } from '../domain/actual.js';
import type { Desired, DesiredApp, Source } from '../domain/desired.js';
import { UNKNOWN } from '../domain/facet.js';
import type { AppName } from '../domain/names.js';
import type { Basis, Fields } from '../domain/saved-plan.js';
import { machineFields } from './basis-machine.js';
import { facetFields, listed } from './fields.js';
import { matchApps } from './match.js';

/** What a plan is made from. */
export type Made = { readonly desired: Desired; readonly actual: Actual };

/** A text of any length as a short one: the same exactly where the text is. */
export type Digest = (text: string) => string;

/** Longer values are digests: the file is to be small, and a person reads no more of one. */
const LONGEST = 200;

/**
 * All that the plan of these apps was made from, field by field: as long as it is the same, so is the plan. Other
 * apps, and what pets does not look at, are not in it.
 */
export function basisOf(apps: ReadonlySet<AppName>, { desired, actual }: Made, digest: Digest): Basis {
  const instances = matchApps(desired, actual);
  const basisFor = (name: AppName) => {
    const app = desired.apps.find((one) => one.name === name) ?? null;
    const instance = app ? instances.get(name) : actual.apps.find((one) => one.name === name);
    const owner = [...instances].find(([, there]) => there === instance)?.[0] ?? null;
    const seen = { name, app, instance: instance ?? null, owner, actual };
    return {
      manifest: shortened(app ? manifestFields(app) : {}, digest),
      machine: shortened(machineFields(seen), digest),
    };
  };
  return Object.fromEntries([...apps].sort().map((name) => [name, basisFor(name)]));
}

function shortened(fields: Fields, digest: Digest): Fields {
  const short = (value: string | null) => (value !== null && value.length > LONGEST ? digest(value) : value);
  return Object.fromEntries(Object.entries(fields).map(([field, value]) => [field, short(value)]));
}

/** The field that says that the manifest has the app. */
export const IN_MANIFEST = 'app';

function manifestFields(app: DesiredApp): Fields {
  const others = Object.entries(SAID).flatMap(([field, said]) => {
    const value = said?.(app) ?? null;
    return value === null ? [] : [[field, value] as const];
  });
  return { [IN_MANIFEST]: app.name, ...Object.fromEntries(others), ...facetFields(app.facets) };
}

type Said = ((app: DesiredApp) => string | null) | null;

/** What is wanted of an app besides its facets; null: they say it already. */
const SAID = {
  name: null,
  was: ({ was }) => was,
  source: ({ source }) => {
    if (source.kind === 'config') return source.file.written;
    return source.kind === 'toplevel' ? source.path : pinOf(source);
  },
  nixpkgs: ({ nixpkgs }) => nixpkgs && pinOf(nixpkgs),
  modules: ({ modules }) => listed(modules.map(({ written }) => written)),
  nixos: null,
  platform: null,
  listen: null,
  exposures: null,
  volumes: null,
  binds: ({ binds }) => listed(binds.flatMap(({ create, path }) => (create ? [path] : []))),
  secrets: null,
  config: null,
  devices: null,
  profiles: null,
  after: ({ after }) => listed(after),
  store: ({ store }) => store,
  image: ({ image }) => image,
  activation: ({ activation }) => activation,
  // Of the others the facet says all.
  health: ({ health }) => (health?.check.kind === 'stable' ? JSON.stringify(health) : null),
  stateful: ({ stateful }) => String(stateful),
  rehearsal: ({ rehearsal }) => rehearsal && JSON.stringify(rehearsal),
  keep: ({ keep }) => String(keep),
  timeout: ({ timeout }) => (timeout === null ? null : String(timeout)),
  stopTimeout: null,
  facets: null,
  problems: ({ problems }) => listed(problems.map(({ message }) => message)),
} as const satisfies Readonly<Record<keyof DesiredApp, Said>>;

/** How it is written, and what it is pinned to. */
function pinOf(source: Source): string {
  if (source.kind === 'missing') return UNKNOWN;
  const { written } = source.ref;
  const pin = source.kind === 'remote' ? source.locked : null;
  return pin ? `${written} ${pin.locked} ${pin.narHash}` : written;
}
