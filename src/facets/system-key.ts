import type { DesiredApp, Source } from '../domain/desired.js';
import { UNKNOWN, type Facet } from '../domain/facet.js';
import type { Locked } from '../domain/manifest.js';
import { formatJson } from '../domain/nix-value.js';
import { systemIn, withPins } from './system.js';

/**
 * All that decides which system an app comes to: where any of it is another, so may the system be. `recipe`: a hash of
 * what pets itself puts in. Null: something of it is not known.
 */
export function systemKey(
  app: DesiredApp,
  pins: Readonly<Record<string, Locked>>,
  recipe: string,
): Facet | null {
  const system = systemIn(withPins(app.facets, pins));
  const isKnown = Object.values(system).every(
    (value) => value !== UNKNOWN && !/^unlocked:/.test(value ?? ''),
  );
  return isKnown ? { ...system, ...requestOf(app), recipe } : null;
}

/** What Nix is given beside what the facet has: what is mounted, and the references as the manifest says them. */
function requestOf(app: DesiredApp): Facet {
  const { source, nixpkgs, modules, nixos, volumes, binds, listen } = app;
  return {
    'request.source': source.kind === 'toplevel' ? source.path : writtenOf(source),
    'request.nixpkgs': nixpkgs?.ref.url ?? null,
    'request.modules': JSON.stringify(modules.map(({ path }) => path)),
    'request.nixos': formatJson(nixos),
    'request.mounts': JSON.stringify([...volumes, ...binds].map(({ path }) => path)),
    // Whether it is to be warned that it listens where nobody reaches it.
    'request.listens': String(listen !== null),
  };
}

function writtenOf(source: Exclude<DesiredApp['source'], { readonly kind: 'toplevel' }>): string {
  return source.kind === 'config' ? source.file.path : referenceOf(source);
}

function referenceOf({ ref: { url, attribute, written } }: Source): string {
  return JSON.stringify([url, attribute, written]);
}
