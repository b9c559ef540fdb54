import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { proxyListen } from '../../src/domain/binding.js';
import type { ActualApp, Volume } from '../../src/domain/actual.js';
import type { DesiredApp } from '../../src/domain/desired.js';
import type { Manifest } from '../../src/domain/manifest.js';
import type { InstanceJson } from '../../src/domain/services.js';
import { actualFrom } from '../../src/incus/observe/observe.js';
import { desiredFrom, hostPaths, localFiles, localRefs } from '../../src/manifest/desired.js';
import { changesOf } from '../../src/planner/diff.js';
import { examples } from '../sample.js';
import { manifestText } from '../manifest/random.js';
import { manifestOf } from '../manifest/reading.js';

const TOPLEVEL = `/nix/store/${'0'.repeat(32)}-t`;

/** What a manifest says, with all that it names being there. */
function desiredApps(manifest: Manifest): readonly DesiredApp[] {
  const hash = { hash: 'sha256-x' };
  const secrets = manifest.apps.map(({ name, secrets: all }) => [
    name,
    Object.fromEntries(all.map((secret) => [secret.name, { fingerprint: 'v1:x' }])),
  ]);
  return desiredFrom(manifest, {
    lock: { version: 1, refs: {} },
    contentHashes: Object.fromEntries(localRefs(manifest).map(({ url }) => [url, hash])),
    fileHashes: Object.fromEntries(localFiles(manifest).map(({ path }) => [path, hash])),
    paths: Object.fromEntries(hostPaths(manifest).map((path) => [path, 'folder' as const])),
    secrets: Object.fromEntries(secrets) as Record<string, Record<string, { fingerprint: string }>>,
    platform: 'x86_64-linux',
  }).apps;
}

const STORE = { type: 'disk', path: '/nix/store' };

/** Its container as a run leaves it. `applied`: the record, where it is another than this release would write. */
function instanceOf(app: DesiredApp, applied?: string): InstanceJson {
  const { name, config, exposures, volumes, binds, facets } = app;
  const proxies = exposures.map(({ role, binding, connect, mode }, i) => [
    role === 'web' ? 'web' : `publish-${i + 1}`,
    { type: 'proxy', listen: proxyListen(binding), connect, ...(mode !== null && { mode }) },
  ]);
  const disks = volumes.map(({ name: volume, path }) => [
    `volume-${volume}`,
    { type: 'disk', pool: 'default', source: `p.${name}.${volume}`, path },
  ]);
  const folders = binds.map(({ source, path, readOnly }, i) => [
    `bind-${i + 1}`,
    { type: 'disk', source: source.path, path, shift: 'true', ...(readOnly && { readonly: 'true' }) },
  ]);
  const own = Object.fromEntries([
    ...proxies,
    ...disks,
    ...folders,
    ['nix-store', STORE],
  ]) as InstanceJson['devices'];
  const devices = { ...app.devices, ...own };
  const whole = {
    ...config,
    'user.pets.project': 'p',
    'user.pets.app': name,
    'user.pets.state': 'ready',
    'user.pets.applied': applied ?? JSON.stringify({ v: 1, generation: 1, toplevel: TOPLEVEL, facets }),
    'user.incus-pet.flake-ref': facets.meta?.['flake-ref'] ?? '',
  };
  const set = Object.fromEntries(Object.entries(whole).filter(([, value]) => value !== ''));
  const profiles = app.profiles ?? ['default'];
  const bare = { name, project: 'default', status: 'Running' as const, type: 'container', profiles };
  return { ...bare, config: set, devices, expanded_config: set, expanded_devices: devices };
}

function volumesOf({ name: app, volumes }: DesiredApp): Volume[] {
  return volumes.map(({ name: volume, size }) => ({
    ...{ pool: 'default', name: `p.${app}.${volume}`, app, volume, size },
    ...{ copies: false, usedBy: [app] },
  }));
}

/** What is seen of that container, with everything listening that it exposes. */
function observed(app: DesiredApp, applied?: string): ActualApp {
  const { apps } = actualFrom({
    project: 'p',
    wanted: { bindings: [] },
    inherited: {},
    instances: [instanceOf(app, applied)],
    volumes: volumesOf(app),
    unshareable: null,
    missingImages: [],
    host: {
      listening: app.exposures.map(({ binding }) => ({ binding, inode: '1' })),
      holderOf: () => ({ words: '', isForwarder: true }),
      addresses: [],
      profile: () => TOPLEVEL,
      made: (_, store) => ({ config: {}, devices: store === 'shared' ? { 'nix-store': STORE } : {} }),
    },
  });
  const [there] = apps;
  if (!there) throw new Error('it is not ours');
  return there;
}

test('what is made as any manifest says, is seen and recorded just so', () => {
  fc.assert(
    fc.property(manifestText, (text) => {
      for (const app of desiredApps(manifestOf(text))) {
        const there = observed(app);
        expect(there.applied?.facets).toEqual(app.facets);
        expect(changesOf(app, there)).toEqual([]);
      }
    }),
    examples(1200),
  );
});

/** What a release that did not have this room wrote for an app with all of these. */
const RECORDED =
  `{"system":{"name":"web","source":"sha256-x#nixosModules.incus","nixpkgs":"sha256-x","platform":"x86_64-linux",
"modules":"sha256-x sha256-x","nixos.services.web.\\"a b\\"":"[1,1.0]"},
"exposure":{"listen":"[::1]:80","publish.0.0.0.0:53/udp":"udp:127.0.0.1:53","publish.unix:/run/web.sock":"tcp:127.0.0.1:80 mode=0660"},
"storage":{"volume.data":"/data","size.data":"1GiB","bind./site":"/srv/homelab/site:ro"},
"limits":{"memory":"512MiB","cpu":"50%","autostart":"true"},
"container":{"config.user.x":"\\u007f","device.gpu":"{\\"id\\":\\"\\\\u007f\\",\\"type\\":\\"gpu\\"}","profiles":"a,b"},
"health":{"check":"http /up :9000","host":"web.example.org","timeout":"2m"},
"meta":{"flake-ref":"./web","stateful":"false","stop-timeout":"2m"},
"power":{"state":"running"},
"secrets":{"secret.db":"v1:x 0440 web"}}`.replaceAll('\n', '');

test('what older releases recorded still reads as what the manifest says', () => {
  const [app] = desiredApps(
    manifestOf(`project = "p"
[apps.web]
flake-ref = "./web"
nixpkgs = "./nixpkgs"
modules = ["./a.nix", "./b.nix"]
nixos.services.web."a b" = [1, 1.0]
port = 80
listen = "::1"
volumes = { data = { path = "/data", size = "1GiB" } }
stateful = false
binds = ["./site:/site:ro"]
secrets = { db = { file = "./db", mode = "0440", owner = "web" } }
limits = { memory = "512MiB", cpu = "50%" }
autostart = true
stop-timeout = "2m"
health = { path = "/up", port = 9000, host = "web.example.org", timeout = "2m" }
incus = { config = { "user.x" = "\\u007f" }, devices = { gpu = { type = "gpu", id = "\\u007f" } }, profiles = ["a", "b"] }
[[apps.web.publish]]
port = 53
listen = "0.0.0.0"
protocol = "udp"
[[apps.web.publish]]
socket = "/run/web.sock"
mode = "0660"
to = 80
`),
  );
  if (!app) throw new Error('there is no app');
  const record = `{"v":1,"generation":1,"toplevel":"${TOPLEVEL}","facets":${RECORDED}}`;
  const there = observed(app, record);
  expect(there.unreadable).toEqual([]);
  expect(there.applied?.facets).toEqual(app.facets);
  expect(changesOf(app, there)).toEqual([]);
});
