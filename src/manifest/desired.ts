import { formatListen } from '../listen.js';
import type { Desired, DesiredApp, Facets, FlakeRef, Lock, Manifest, ManifestApp, Source } from '../model.js';
import type { Problem } from '../problem.js';

/** What became of reading a local source: the hash of its content, or why there is none. */
export type ContentHash = { readonly hash: string } | { readonly problem: Problem };

export type DesiredInputs = {
  readonly lock: Lock;
  /** By `FlakeRef.url`, one for each of `localRefs`. */
  readonly contentHashes: Readonly<Record<string, ContentHash>>;
  /** Nix' name of the platform: `x86_64-linux`. */
  readonly platform: string;
};

/** What the machine should be: nothing optional left. Pure; nothing is fetched. */
export function desiredFrom(manifest: Manifest, inputs: DesiredInputs): Desired {
  return { project: manifest.project, apps: manifest.apps.map((app) => desiredApp(app, inputs)) };
}

function desiredApp(app: ManifestApp, inputs: DesiredInputs): DesiredApp {
  const source = resolve(app.flakeRef, inputs);
  const nixpkgs = resolve(app.nixpkgs, inputs);
  const listen = app.port === null ? null : { address: app.listen, port: app.port };
  const facets: Facets = {
    system: { source: identityOf(source), nixpkgs: identityOf(nixpkgs), platform: inputs.platform },
    exposure: { listen: listen && formatListen(listen) },
    meta: { 'flake-ref': app.flakeRef.written },
    power: { state: 'running' },
  };
  return { name: app.name, source, nixpkgs, platform: inputs.platform, listen, facets };
}

function resolve(ref: FlakeRef, { lock, contentHashes }: DesiredInputs): Source {
  if (ref.directory === undefined) return { kind: 'remote', ref, locked: own(lock.refs, ref.url) ?? null };
  const content = own(contentHashes, ref.url) ?? {
    problem: { message: `${ref.directory} has not been read` },
  };
  return 'hash' in content
    ? { kind: 'local', ref, contentHash: content.hash }
    : { kind: 'missing', ref, problem: content.problem };
}

/** The value by which a source is compared: the same exactly when the same files are meant. */
function identityOf(source: Source): string {
  const { attribute, url } = source.ref;
  const fragment = attribute === '' ? '' : `#${attribute}`;
  switch (source.kind) {
    case 'local':
      return `${source.contentHash}${fragment}`;
    case 'remote':
      return source.locked ? `${source.locked.locked}${fragment}` : `unlocked:${url}${fragment}`;
    case 'missing':
      return `missing:${url}`;
  }
}

/** URLs of the app's remote refs that the lock does not have yet. */
export function unlocked(app: DesiredApp): string[] {
  const sources = [app.source, app.nixpkgs];
  return unique(
    sources.flatMap((source) => (source.kind === 'remote' && !source.locked ? [source.ref.url] : [])),
  );
}

/** The local refs of all apps, one for each URL: what must be hashed before `desiredFrom`. */
export function localRefs(manifest: Manifest): FlakeRef[] {
  const refs = manifest.apps.flatMap((app) => [app.flakeRef, app.nixpkgs]);
  const local = refs.filter((ref) => ref.directory !== undefined);
  return [...new Map(local.map((ref) => [ref.url, ref])).values()];
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)];
}

/** A URL may be named like an inherited property: `constructor` is an id that the flake registry could have. */
function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
