import * as v from 'valibot';
import { flakeRef, ipAddress, name, port, table, tags } from './values.js';

/** The stable release that pets is made for. */
export const DEFAULT_NIXPKGS = 'github:nixos/nixpkgs/nixos-25.11';
const DEFAULT_LISTEN = '127.0.0.1';

/**
 * Every key of the manifest: its type, its default, what it means and an example. A new key is a row here
 * (and a field of `ManifestApp`). `directory`: absolute, where relative paths start.
 */
export function schemaOf(directory: string) {
  const app = flakeRef(directory, 'app');
  const nixpkgs = flakeRef(directory, 'nixpkgs');
  return {
    top: v.object({
      project: key(name, 'name that marks the apps as its own; others are never touched', '"homelab"'),
      defaults: key(v.optional(table, {}), 'values for the apps that do not set their own', '{}'),
      apps: key(v.optional(table, {}), 'one table for each app: [apps.<name>]', '{}'),
    }),
    defaults: v.object({
      listen: key(v.optional(ipAddress, DEFAULT_LISTEN), LISTEN, '"127.0.0.1"'),
      nixpkgs: key(v.optional(nixpkgs, DEFAULT_NIXPKGS), NIXPKGS, `"${DEFAULT_NIXPKGS}"`),
    }),
    app: v.object({
      'flake-ref': key(
        app,
        'flake that ships `nixosModules.incus`; `#…` picks another attribute',
        '"github:owner/repo"',
      ),
      port: key(
        v.exactOptional(port),
        'port on the host that leads to 8080 in the app; none: not exposed',
        '7700',
      ),
      listen: key(v.exactOptional(ipAddress), LISTEN, '"127.0.0.1"'),
      nixpkgs: key(v.exactOptional(nixpkgs), NIXPKGS, `"${DEFAULT_NIXPKGS}"`),
      tags: key(v.optional(tags, []), 'words to select apps by: `pets up @public`', '["public"]'),
    }),
  };
}

const LISTEN = 'address on the host on which the port is open';
const NIXPKGS = 'flake reference of the nixpkgs that the system is assembled with';

export type ManifestSchema = ReturnType<typeof schemaOf>;

/** Meaning and example are read back with `v.getDescription` and `v.getMetadata`: for hints and documentation. */
function key<S extends v.GenericSchema>(schema: S, meaning: string, example: string) {
  return v.pipe(schema, v.description(meaning), v.metadata({ example }));
}
