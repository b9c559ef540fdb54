import * as v from 'valibot';
import { listOf, parsedValue, refuse } from './keys/kinds.js';
import { nixos } from './keys/nixos.js';
import { notify } from './keys/notify-keys.js';
import { bind, localPath, storePath } from './keys/paths.js';
import { secrets } from './keys/secret-keys.js';
import { key } from './shape.js';
import { sharedKeys, SWITCH } from './keys/shared-keys.js';
import { EXPOSURE, incus, NOTHING, publish, RESTART, volumes } from './keys/tables.js';
import { isTable, show } from './text.js';
import { flag, flakeRef, name, names, port, tags } from './values.js';

/**
 * Every key of the manifest: its type, its default, what it means, an example, and what a change of it interrupts.
 * A new key is a row here, in `shared-keys.ts` or in `tables.ts`, and a field of `ManifestApp`.
 * `directory`: absolute, where relative paths start.
 */
export function schemaOf(directory: string) {
  const shared = sharedKeys(directory);
  return {
    top: v.object({
      project: key(name, {
        meaning: 'name that marks the apps as its own; others are never touched',
        example: 'homelab',
        default: 'required',
        details:
          'Letters, digits and hyphens. Another name is another project: the apps of the old one stay as they are.',
        interrupts: NOTHING,
      }),
      defaults: key(v.exactOptional(table), {
        meaning: 'values for the apps that do not set their own',
        example: { listen: '0.0.0.0' },
        default: 'none',
        interrupts: 'what the same key of an app does',
      }),
      notify: key(v.exactOptional(notify(directory)), {
        meaning: 'whom to tell what goes wrong, and what is mended: a program or a URL',
        example: { url: 'https://ntfy.example/pets', format: 'ntfy' },
        default: 'nobody',
        interrupts: NOTHING,
      }),
      apps: key(v.exactOptional(table), {
        meaning: 'one table for each app: `[apps.<name>]`',
        example: { web: { 'flake-ref': './web' } },
        default: 'none',
        details: 'The name is also that of the container and of the guest’s host.',
        interrupts: 'the apps that are added or gone',
      }),
    }),
    defaults: v.object(shared),
    app: v.object({
      ...sourceKeys(directory, shared),
      ...exposureKeys(directory, shared),
      ...storageKeys(directory),
      ...runKeys,
      ...shared,
    }),
  };
}

/** Exactly one of the first three is needed. */
function sourceKeys(directory: string, { nixpkgs }: Shared) {
  return {
    'flake-ref': key(v.exactOptional(flakeRef(directory, 'app')), {
      meaning: 'flake that ships `nixosModules.incus`; `#…` picks another attribute',
      example: 'github:owner/repo',
      default: 'one of these three is required',
      details:
        'Local ones (./web, path:…, git+file:…) start at this file’s folder, and are taken as they are each time; remote ones are pinned in pets.lock.',
      interrupts: SWITCH,
    }),
    config: key(v.exactOptional(localPath(directory, 'a NixOS configuration')), {
      meaning: 'path of a classic configuration.nix, or of a folder with a default.nix',
      example: './configuration.nix',
      default: 'one of these three is required',
      interrupts: SWITCH,
      alternative: true,
    }),
    toplevel: key(v.exactOptional(storePath), {
      meaning: 'store path of a system that is built already',
      example: '/nix/store/0a1b2c3d4f5g6h7i8j9k0l1m2n3p4q5r-nixos-system-web-25.11',
      default: 'one of these three is required',
      interrupts: SWITCH,
      alternative: true,
    }),
    nixpkgs,
    modules: key(
      v.exactOptional(listOf(localPath(directory, 'a NixOS module'), 'paths such as ["./extra.nix"]')),
      {
        meaning: 'further NixOS modules: .nix files, or folders with a default.nix',
        example: ['./extra.nix'],
        default: { value: [] },
        interrupts: SWITCH,
      },
    ),
    nixos: key(v.exactOptional(nixos), {
      meaning: 'NixOS options, over what the modules say',
      example: { services: { web: { title: 'Home' } } },
      default: { value: {} },
      details: 'Values are data, never Nix code.',
      interrupts: SWITCH,
    }),
  };
}

function exposureKeys(directory: string, { listen }: Shared) {
  return {
    port: key(v.exactOptional(port), {
      meaning: 'port on the host that leads to 8080 in the app',
      example: 7700,
      default: 'not exposed',
      interrupts: EXPOSURE,
    }),
    listen,
    publish: key(v.exactOptional(publish(directory)), {
      meaning: 'further exposures: `[[apps.<name>.publish]]`',
      example: [{ port: 5000 }],
      default: { value: [] },
      interrupts: EXPOSURE,
    }),
  };
}

function storageKeys(directory: string) {
  return {
    volumes: key(v.exactOptional(volumes), {
      meaning: 'data that outlives the container: name → path in the guest, or `{ path, size }`',
      example: { data: '/var/lib/web' },
      default: { value: {} },
      details: 'One that is taken out of the manifest is kept, until `pets volume rm`.',
      interrupts: RESTART,
    }),
    binds: key(v.exactOptional(listOf(bind(directory), 'binds such as ["./site:/srv/site:ro"]')), {
      meaning: 'files and folders of the host in the guest: `source:path`, then `:ro`, `:create` or both',
      example: ['./site:/srv/site:ro'],
      default: { value: [] },
      details: 'Sources start at this file’s folder. `:create` makes a folder that is missing.',
      interrupts: RESTART,
    }),
    stateful: key(v.exactOptional(flag), {
      meaning: 'whether volumes are snapshotted before an upgrade, and restored when it is taken back',
      example: false,
      default: 'true when there are volumes',
      details: 'The container is stopped for the snapshot.',
      interrupts: NOTHING,
    }),
    secrets: key(v.exactOptional(secrets(directory)), {
      meaning: 'what the app must know and nobody else: name → where its value comes from',
      example: { db: { file: './secrets/db' } },
      default: { value: {} },
      details: 'Files in the guest that systemd finds by name: `LoadCredential=db`.',
      interrupts: 'the units that load it (a restart)',
    }),
  };
}

const runKeys = {
  after: key(v.exactOptional(names), {
    meaning: 'apps that must be up before this one is started or changed',
    example: ['db'],
    default: { value: [] },
    interrupts: NOTHING,
    alternative: true,
  }),
  tags: key(v.exactOptional(tags), {
    meaning: 'words to select apps by: `pets up @public`',
    example: ['public'],
    default: { value: [] },
    interrupts: NOTHING,
  }),
  was: key(v.exactOptional(name), {
    meaning: 'the app’s former name: its container, data and generations move to the new one',
    example: 'old-web',
    default: 'none',
    details: 'Take it out again once `pets up` has renamed it, or leave it: it does nothing then.',
    interrupts: RESTART,
    alternative: true,
  }),
  incus: key(v.exactOptional(incus), {
    meaning: 'handed to Incus as it is',
    example: { config: { 'limits.processes': 500 } },
    default: 'none',
    interrupts: 'see below',
  }),
};

type Shared = ReturnType<typeof sharedKeys>;

const table = parsedValue<Readonly<Record<string, unknown>>>({ type: 'object' }, (value) =>
  isTable(value) ? value : refuse(`expected a table, got ${show(value)}`),
);

export type ManifestSchema = ReturnType<typeof schemaOf>;
