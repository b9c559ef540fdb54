import { DEPLOYED } from '../domain/labels.js';
import { bindingOf, proxyListen, type Binding, type Listen } from '../domain/binding.js';
import { UNKNOWN } from '../domain/facet.js';
import type {
  AppSource,
  AppSources,
  Desired,
  DesiredApp,
  DesiredExposure,
  Source,
  DesiredInputs,
} from '../domain/desired.js';
import {
  flakesOf,
  type FlakeRef,
  type LocalPath,
  type Manifest,
  type ManifestApp,
} from '../domain/manifest.js';
import type { IpAddress, Port } from '../domain/names.js';
import { configOf, wantedFacets } from '../facets/index.js';
import { withNixpkgs } from '../facets/meta.js';
import { identityOf } from '../facets/system.js';
import { healthOf } from './keys/health.js';
import { hashAt, ownValue, problemsOf, unread } from './keys/host.js';
import { pinOf } from './lock.js';
import { parentOf } from './path.js';
import { desiredSecrets } from './keys/secrets.js';
import { DEFAULT_NIXPKGS } from './keys/shared-keys.js';

/** What the machine should be: nothing optional left. Pure; nothing is fetched. */
export function desiredFrom(manifest: Manifest, inputs: DesiredInputs): Desired {
  const apps = manifest.apps.map((app) => desiredApp(app, inputs));
  return { project: manifest.project, apps: manifest.project === DEPLOYED ? apps.map(remembering) : apps };
}

/** No file says it: what was deployed with a nixpkgs of its own goes by what was recorded. */
function remembering(app: DesiredApp): DesiredApp {
  const nixpkgs = app.nixpkgs?.ref.written ?? DEFAULT_NIXPKGS;
  if (nixpkgs === DEFAULT_NIXPKGS) return app;
  return { ...app, facets: withNixpkgs(app.facets, nixpkgs) };
}

function desiredApp(app: ManifestApp, inputs: DesiredInputs): DesiredApp {
  const listen = app.port === null ? null : { address: app.listen, port: app.port };
  const { name, was, modules, nixos, volumes, after, store, image, activation, keep, timeout } = app;
  const { stateful, stopTimeout, rehearsal } = app;
  const exposures = exposuresOf(app, listen);
  const wanted = {
    ...{
      name,
      was,
      modules,
      nixos,
      volumes,
      after,
      store,
      image,
      activation,
      keep,
      timeout,
      stateful,
      stopTimeout,
      rehearsal,
    },
    health: healthOf(app.health, exposures),
    binds: app.binds.map((bind) => ({ ...bind, create: bind.create && isMissing(bind.source, inputs) })),
    ...sourcesOf(app, inputs),
    platform: inputs.platform,
    listen,
    exposures,
    secrets: desiredSecrets(app),
    config: configOf(app),
    devices: app.incus.devices,
    profiles: app.incus.profiles,
  };
  const identities = {
    source: sourceIdentity(wanted.source, inputs),
    nixpkgs: wanted.nixpkgs && identityOf(wanted.nixpkgs),
    modules: modules.map((file) => fileIdentity(file, inputs)),
    secrets: ownValue(inputs.secrets, name) ?? {},
  };
  const facets = wantedFacets({ app, wanted, identities });
  return { ...wanted, facets, problems: problemsOf(app, wanted, inputs) };
}

function isMissing({ path }: LocalPath, { paths }: DesiredInputs): boolean {
  return ownValue(paths, path) === 'missing';
}

function sourcesOf({ name, source, nixpkgs }: ManifestApp, inputs: DesiredInputs): AppSources {
  if (nixpkgs === null) return { source, nixpkgs };
  const main = source.kind === 'flake' ? resolve(name, source.ref, inputs) : source;
  return { source: main, nixpkgs: resolve(name, nixpkgs, inputs) };
}

function resolve(app: string, ref: FlakeRef, { lock, contentHashes }: DesiredInputs): Source {
  if (ref.directory === undefined) return { kind: 'remote', ref, locked: pinOf(lock, app, ref.url) };
  const content = ownValue(contentHashes, ref.url) ?? unread(ref.directory);
  return 'hash' in content
    ? { kind: 'local', ref, contentHash: content.hash }
    : { kind: 'missing', ref, problem: content.problem };
}

function sourceIdentity(source: AppSource, inputs: DesiredInputs): string {
  if (source.kind === 'toplevel') return source.path;
  return source.kind === 'config' ? fileIdentity(source.file, inputs) : identityOf(source);
}

function fileIdentity({ path }: LocalPath, inputs: DesiredInputs): string {
  const content = hashAt(path, inputs);
  return 'hash' in content ? content.hash : UNKNOWN;
}

/** Where the app listens: on loopback inside of the guest. */
const GUEST: Listen = { address: '127.0.0.1' as IpAddress, port: 8080 as Port };

function exposuresOf(app: ManifestApp, listen: Listen | null): DesiredExposure[] {
  const connect = proxyListen(bindingOf(GUEST));
  const web = listen && { role: 'web' as const, binding: bindingOf(listen), connect, mode: null };
  const others = app.publish.map(({ binding, to, mode }): DesiredExposure => {
    const guest: Binding = { address: GUEST.address, ...to };
    return { role: 'publish', binding, connect: proxyListen(guest), mode };
  });
  return web ? [web, ...others] : others;
}

/** The local flakes of all apps, one for each URL: what must be hashed before `desiredFrom`. */
export function localRefs({ apps }: Manifest): FlakeRef[] {
  const local = apps.flatMap(flakesOf).filter((ref) => ref.directory !== undefined);
  return [...new Map(local.map((ref) => [ref.url, ref])).values()];
}

/** The configurations and modules of all apps, each path once: what must be hashed as well. */
export function localFiles({ apps }: Manifest): LocalPath[] {
  const files = apps.flatMap(({ source, modules }) =>
    source.kind === 'config' ? [source.file, ...modules] : modules,
  );
  return [...new Map(files.map((file) => [file.path, file])).values()];
}

/** Paths of the host of which must be known what stands there. */
export function hostPaths({ apps }: Manifest): string[] {
  const paths = apps.flatMap(({ binds, publish }) => [
    ...binds.map(({ source }) => source.path),
    ...publish.flatMap(({ binding }) =>
      binding.protocol === 'unix' ? [binding.path, parentOf(binding.path)] : [],
    ),
  ]);
  return [...new Set(paths)];
}
