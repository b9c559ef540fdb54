/** Beside a manifest: what `pets schema` prints, for editors. */
export const SCHEMA_FILE = 'pets.schema.json';

/**
 * A pets.toml to begin with. `project`: a valid name. Taplo, and with it Even Better TOML, reads the first line: the
 * schema's path, from the manifest's folder.
 */
export function firstManifest(project: string): string {
  return `#:schema ./${SCHEMA_FILE}

# What runs on this machine, and where. From this folder:
#
#   pets diff     says what \`up\` would do, and changes nothing
#   pets up       does it
#   pets ps       shows what runs, and where

# Whose containers these are. Everything pets makes is marked with it, and
# nothing without that mark is ever changed or deleted.
project = "${project}"

# For every app that does not say otherwise.
[defaults]
listen = "127.0.0.1"

# An app is a flake that ships \`nixosModules.incus\`: \`pets check <flake-ref>\`
# says whether one does, \`pets init --contract\` adds it to yours, and
# \`pets init --wrapper\` makes a flake of it around somebody else's package.
# Its container has the app's name, and the app listens on port 8080 inside.
#
# [apps.web]
# flake-ref = "github:owner/repo" # or a folder: "./web"
# port = 7700                     # http://127.0.0.1:7700
# volumes = { data = "/var/lib/private/web" }
`;
}
