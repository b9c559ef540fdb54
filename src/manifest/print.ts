import type { Manifest, ManifestApp } from '../model.js';

/** The manifest with every default filled in. As TOML it is a manifest again, with the same meaning. */
export function printManifest({ project, apps }: Manifest, format: 'toml' | 'json'): string {
  if (format === 'json') {
    const tables = Object.fromEntries(apps.map((app) => [app.name, keysOf(app)]));
    return `${JSON.stringify({ project, apps: tables }, null, 2)}\n`;
  }
  const tables = apps.map((app) => [`[apps.${app.name}]`, ...Object.entries(keysOf(app)).map(assignment)]);
  return `${[[assignment(['project', project])], ...tables].map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function keysOf({ flakeRef, nixpkgs, port, listen, tags }: ManifestApp): Record<string, Value> {
  return {
    'flake-ref': flakeRef.written,
    ...(port === null ? {} : { port }),
    listen,
    nixpkgs: nixpkgs.written,
    tags,
  };
}

/** JSON's numbers, strings and lists of strings are TOML's too. */
type Value = string | number | readonly string[];

function assignment([key, value]: readonly [string, Value]): string {
  return `${key} = ${JSON.stringify(value)}`;
}
