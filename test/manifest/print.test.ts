import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { desiredFrom, hostPaths, localFiles, localRefs } from '../../src/manifest/desired.js';
import type { PathKind } from '../../src/domain/desired.js';
import { emptyLock } from '../../src/manifest/lock.js';
import { printManifest } from '../../src/manifest/print.js';
import { manifestText } from './random.js';
import { golden, manifestOf } from './reading.js';
import { examples } from '../sample.js';

const TEXT = `project = "home"
[defaults]
listen = "::1"
[apps.web]
flake-ref = './a "quoted" \\ folder'
port = 80
tags = ["public", "b", "b"]
volumes = { data = "/data", up = { path = "/up", size = "1GiB" } }
binds = ["./site:/site:ro"]
secrets = {}
limits = { cpu = 2 }
nixos.services.web = { workers = 1.0, "a b" = [1, {}] }
incus.config = { "user.x" = 1 }
timeout = "120s"
[[apps.web.publish]]
port = "5000-5001"
[apps.constructor]
toplevel = "/nix/store/00000000000000000000000000000000-x"
`;

test('what is printed is a manifest with every default filled in', () => {
  const printed = printManifest(manifestOf(TEXT), 'toml');
  expect(printed).toBe(
    golden(`
project = "home"

[apps.constructor]
toplevel = "/nix/store/00000000000000000000000000000000-x"
listen = "::1"
volumes = {}
binds = []
secrets = {}
limits = {}
after = []
tags = []
stop-timeout = "30s"
keep = 5
activation = "auto"
image = "nixos/25.11"
incus.config = {}
incus.devices = {}

[apps.web]
flake-ref = "./a \\"quoted\\" \\\\ folder"
nixpkgs = "github:nixos/nixpkgs/nixos-25.11"
modules = []
port = 80
listen = "::1"
volumes = { data = "/data", up = { path = "/up", size = "1GiB" } }
binds = ["./site:/site:ro"]
secrets = {}
stateful = true
limits = { cpu = 2 }
after = []
tags = ["b", "public"]
timeout = "2m"
stop-timeout = "30s"
keep = 5
activation = "auto"
image = "nixos/25.11"
nixos.services.web.workers = 1.0
nixos.services.web."a b" = [1, {}]
incus.config."user.x" = "1"
incus.devices = {}

[[apps.web.publish]]
port = "5000-5001"
to = "5000-5001"
protocol = "tcp"
listen = "::1"
`) + '\n',
  );
});

test('health as it is written, with all its keys', () => {
  const printed = (lines: string) =>
    printManifest(manifestOf(`project = "x"\n[apps.a]\nflake-ref = "."\n${lines}\n`), 'toml')
      .split('\n')
      .filter((line) => /^(health|stateful) /.test(line));
  expect(printed('')).toEqual([]);
  expect(printed('health = false')).toEqual(['health = false']);
  expect(printed('health.path = "/"\nvolumes.a = "/a"\nstateful = false')).toEqual([
    'health = { path = "/", status = [200], port = 8080, timeout = "1m", interval = "1s", successes = 2 }',
    'stateful = false',
  ]);
  expect(printed('health = { command = ["a", "b c"], interval = "2s" }')).toEqual([
    'health = { command = ["a", "b c"], timeout = "1m", interval = "2s", successes = 2 }',
  ]);
});

test('as JSON', () => {
  expect(JSON.parse(printManifest(manifestOf(TEXT), 'json'))).toMatchObject({
    project: 'home',
    apps: {
      web: { port: 80, tags: ['b', 'public'], publish: [{ port: '5000-5001', protocol: 'tcp' }] },
      constructor: { listen: '::1', keep: 5 },
    },
  });
  const large = manifestOf(
    'project = "x"\n[apps.a]\nflake-ref = "."\nnixos = { a = 9007199254740993, b = 1.0 }\n',
  );
  expect(printManifest(large, 'json')).toContain('"a": 9007199254740993,\n        "b": 1.0\n');
});

describe('random manifests', () => {
  test('are read, and read the same again as they are printed', () => {
    fc.assert(
      fc.property(manifestText, (text) => {
        const manifest = manifestOf(text);
        const printed = printManifest(manifest, 'toml');
        expect(manifestOf(printed)).toEqual(manifest);
        expect(printManifest(manifestOf(printed), 'toml')).toBe(printed);
        expect(Object.keys(JSON.parse(printManifest(manifest, 'json')) as object)).toEqual([
          'project',
          'apps',
        ]);
      }),
      examples(300),
    );
  });

  test('resolve: with everything there, nothing is a problem, and facets tell apart what differs', () => {
    fc.assert(
      fc.property(manifestText, (text) => {
        const manifest = manifestOf(text);
        const hashes = (keys: readonly string[]) =>
          Object.fromEntries(keys.map((key) => [key, { hash: `h:${key}` }]));
        const paths = hostPaths(manifest).map((path): [string, PathKind] => [
          path,
          path.endsWith('.sock') ? 'socket' : 'folder',
        ]);
        const { apps } = desiredFrom(manifest, {
          lock: emptyLock,
          contentHashes: hashes(localRefs(manifest).map(({ url }) => url)),
          fileHashes: hashes(localFiles(manifest).map(({ path }) => path)),
          paths: Object.fromEntries(paths),
          secrets: Object.fromEntries(
            manifest.apps.map((app) => [
              app.name,
              Object.fromEntries(app.secrets.map(({ name }) => [name, { fingerprint: `v1:${name}` }])),
            ]),
          ),
          platform: 'x86_64-linux',
        });
        expect(apps.flatMap(({ problems }) => problems)).toEqual([]);
        expect(apps.map(({ name }) => name)).toEqual(manifest.apps.map(({ name }) => name));
        for (const { facets, exposures } of apps) {
          const values = Object.values(facets).flatMap((facet) => Object.values(facet));
          expect(values.every((value) => value === null || typeof value === 'string')).toBe(true);
          expect(new Set(exposures.map(({ binding }) => JSON.stringify(binding))).size).toBe(
            exposures.length,
          );
        }
      }),
      examples(200),
    );
  });
});
