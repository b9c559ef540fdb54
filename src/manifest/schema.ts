import * as v from 'valibot';
import { flakeRef, ipAddress, name, port, table } from './values.js';

/** The stable release that pets is made for. */
export const DEFAULT_NIXPKGS = 'github:nixos/nixpkgs/nixos-25.11';
const DEFAULT_LISTEN = '127.0.0.1';

/**
 * Every key of the manifest: its type, its default, what it means and an example. A new key is a row here
 * (and a field of `ManifestApp`). `directory`: absolute, where relative paths start.
 */
export function schemaOf(directory: string) {
  const listen = key(ipAddress, {
    meaning: 'address on the host on which the port is open',
    example: '"127.0.0.1"',
  });
  const nixpkgs = key(flakeRef(directory, 'nixpkgs'), {
    meaning: 'flake reference of the nixpkgs that the system is assembled with',
    example: `"${DEFAULT_NIXPKGS}"`,
  });
  const top = v.object({
    project: key(name, {
      meaning: 'name that marks the apps as its own; `up` never touches those of another project',
      example: '"homelab"',
    }),
    defaults: v.optional(
      key(table, { meaning: 'values for the apps that do not set their own', example: '' }),
      {},
    ),
    apps: v.optional(key(table, { meaning: 'one table per app: [apps.<name>]', example: '' }), {}),
  });
  const defaults = v.object({
    listen: v.optional(listen, DEFAULT_LISTEN),
    nixpkgs: v.optional(nixpkgs, DEFAULT_NIXPKGS),
  });
  const app = v.object({
    'flake-ref': key(flakeRef(directory, 'app'), {
      meaning: 'flake that ships `nixosModules.incus`; `…#attribute` picks another',
      example: '"github:owner/repo"',
    }),
    port: v.exactOptional(
      key(port, {
        meaning: 'port on the host that leads to 8080 in the app; none: not exposed',
        example: '7700',
      }),
    ),
    listen: v.exactOptional(listen),
    nixpkgs: v.exactOptional(nixpkgs),
  });
  return { top, defaults, app };
}

export type ManifestSchema = ReturnType<typeof schemaOf>;

type KeyNotes = { readonly meaning: string; readonly example: string };

/** The notes are read back with `v.getDescription` and `v.getMetadata`. */
function key<S extends v.GenericSchema>(schema: S, { meaning, example }: KeyNotes) {
  return v.pipe(schema, v.description(meaning), v.metadata({ example }));
}
