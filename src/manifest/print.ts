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

function keysOf({ flakeRef, nixpkgs, port, listen }: ManifestApp): Record<string, string | number> {
  return {
    'flake-ref': flakeRef.written,
    ...(port === null ? {} : { port }),
    listen,
    nixpkgs: nixpkgs.written,
  };
}

/** JSON's string escapes are TOML's too. */
function assignment([key, value]: readonly [string, string | number]): string {
  return `${key} = ${JSON.stringify(value)}`;
}
