import { graceField } from '../domain/stop-timeout.js';
import { formatBinding, formatListen } from '../domain/binding.js';
import { UNKNOWN, type Facet, type Facets } from '../domain/facet.js';
import type { DesiredApp, DesiredExposure, Source } from '../domain/desired.js';
import type { FlakeRef, ManifestApp } from '../domain/manifest.js';
import { healthFacet } from './keys/health.js';
import { leavesOf } from './keys/nixos.js';
import { formatJson, formatKey } from './toml.js';

/** What facets are made of besides the manifest: what its sources stand for now. */
export type Identities = {
  readonly source: string;
  /** Null: nothing is assembled. */
  readonly nixpkgs: string | null;
  /** One for each module. */
  readonly modules: readonly string[];
};

type Wanted = Omit<DesiredApp, 'facets' | 'problems'>;

/** What is compared: the same text exactly when the same is meant. */
export function facetsOf(app: ManifestApp, wanted: Wanted, identities: Identities): Facets {
  const health = healthFacet(app);
  return {
    system: systemOf(wanted, identities),
    exposure: {
      listen: wanted.listen && formatListen(wanted.listen),
      ...fields('publish', wanted.exposures.filter(({ role }) => role === 'publish').map(publishField)),
    },
    storage: storageOf(wanted),
    limits: limitsOf(app),
    container: containerOf(app),
    ...(health && { health }),
    meta: metaOf(app),
    power: { state: 'running' },
  };
}

type Fields = readonly (readonly [name: string, value: string])[];

function fields(prefix: string, pairs: Fields): Facet {
  return Object.fromEntries(pairs.map(([name, value]) => [`${prefix}.${name}`, value]));
}

function systemOf({ name, nixos, platform }: Wanted, { source, nixpkgs, modules }: Identities): Facet {
  const options = leavesOf(nixos).map(
    ([path, value]) => [path.map(formatKey).join('.'), formatJson(value)] as const,
  );
  return {
    // The guest's host name.
    name,
    source,
    ...(nixpkgs !== null && { nixpkgs }),
    platform,
    ...(modules.length > 0 && { modules: modules.includes(UNKNOWN) ? UNKNOWN : modules.join(' ') }),
    ...fields('nixos', options),
  };
}

function publishField({ binding, connect, mode }: DesiredExposure): [string, string] {
  return [formatBinding(binding), mode === null ? connect : `${connect} mode=${mode}`];
}

function storageOf({ volumes, binds }: Wanted): Facet {
  return {
    ...fields(
      'volume',
      volumes.map(({ name, path }) => [name, path]),
    ),
    ...fields(
      'size',
      volumes.flatMap(({ name, size }): Fields => (size === null ? [] : [[name, size]])),
    ),
    ...fields(
      'bind',
      binds.map(({ path, source, readOnly }) => [path, `${source.path}${readOnly ? ':ro' : ''}`]),
    ),
  };
}

function limitsOf({ limits: { memory, cpu }, autostart }: ManifestApp): Facet {
  return {
    ...(memory !== null && { memory }),
    ...(cpu !== null && { cpu }),
    ...(autostart !== null && { autostart: String(autostart) }),
  };
}

function containerOf({ incus: { config, devices, profiles } }: ManifestApp): Facet {
  const sorted = Object.entries(devices).map(([name, device]) => {
    const properties = Object.entries(device).sort(([a], [b]) => (a < b ? -1 : 1));
    return [name, formatJson(Object.fromEntries(properties))] as const;
  });
  return {
    ...fields('config', Object.entries(config)),
    ...fields('device', sorted),
    ...(profiles !== null && { profiles: profiles.join(',') }),
  };
}

/** `stateful` and `stop-timeout` where they are not what they are by default. */
function metaOf({ source, volumes, stateful, stopTimeout }: ManifestApp): Facet {
  return {
    'flake-ref': source.kind === 'flake' ? source.ref.written : null,
    ...(stateful !== volumes.length > 0 && { stateful: String(stateful) }),
    ...graceField(stopTimeout),
  };
}

/** The limits, autostart and `incus.config` as config keys of the instance. */
export function configOf({ limits: { memory, cpu }, autostart, incus }: ManifestApp): DesiredApp['config'] {
  return {
    ...(memory !== null && { 'limits.memory': memory }),
    ...(cpu !== null && { [cpu.endsWith('%') ? 'limits.cpu.allowance' : 'limits.cpu']: cpu }),
    ...(autostart !== null && { 'boot.autostart': String(autostart) }),
    ...incus.config,
  };
}

/** The value by which a flake is compared: the same exactly when the same files are meant. */
export function identityOf(source: Source): string {
  const { attribute, url }: FlakeRef = source.ref;
  const fragment = attribute === '' ? '' : `#${attribute}`;
  switch (source.kind) {
    case 'local':
      return `${source.contentHash}${fragment}`;
    case 'remote':
      return source.locked ? `${source.locked.locked}${fragment}` : `unlocked:${url}${fragment}`;
    case 'missing':
      return UNKNOWN;
  }
}
