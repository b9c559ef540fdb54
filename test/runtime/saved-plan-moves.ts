import { VERSION } from '../../src/domain/version.js';
import { claim } from '../planner/worlds.js';
import { pin, type Scene } from './saved-plan-scene.js';

/** What moves between `diff` and `up`, and the fields that are told. */
type Mutation = readonly [what: string, mutate: (scene: Scene) => unknown, moved: readonly string[]];

export const MANIFEST: readonly Mutation[] = [
  [
    'its port',
    (scene) => scene.edit('7701', '7703'),
    ['web: exposure.listen: 127.0.0.1:7701 → 127.0.0.1:7703 (changed in the manifest)'],
  ],
  [
    'its port, as it was',
    (scene) => scene.edit('7701', '7700'),
    ['web: exposure.listen: 127.0.0.1:7701 → 127.0.0.1:7700'],
  ],
  [
    'its address',
    (scene) => scene.edit('port = 7701', 'port = 7701\nlisten = "127.0.0.9"'),
    ['exposure.listen'],
  ],
  [
    'a port more',
    (scene) => scene.edit('port = 7701', 'port = 7701\npublish = [{ port = 9, to = 9 }]'),
    ['exposure.publish.127.0.0.1:9: none → tcp:127.0.0.1:9'],
  ],
  [
    'its flake',
    (scene) => scene.edit('"./web"', '"./other"'),
    ['meta.flake-ref: ./web → ./other', 'system.source'],
  ],
  ['its attribute', (scene) => scene.edit('"./web"', '"./web#nixosModules.other"'), ['system.source']],
  [
    'a NixOS option',
    (scene) => scene.edit('port = 7701', 'port = 7701\nnixos = { services.x.port = 1 }'),
    ['system.nixos.services.x.port: none → 1'],
  ],
  [
    'a module',
    (scene) => scene.edit('port = 7701', 'port = 7701\nmodules = ["./m.nix"]'),
    ['system.modules'],
  ],
  [
    'a volume',
    (scene) => scene.edit('{ data =', '{ more = "/m", data ='),
    ['storage.volume.more: none → /m'],
  ],
  [
    'the place of a volume',
    (scene) => scene.edit('/var/lib/web', '/var/lib/x'),
    ['storage.volume.data: /var/lib/web → /var/lib/x'],
  ],
  ['a bind', (scene) => scene.edit('port = 7701', 'port = 7701\nbinds = ["/srv/x:/x"]'), ['storage.bind./x']],
  [
    'a limit',
    (scene) => scene.edit('port = 7701', 'port = 7701\nlimits = { memory = "1GiB" }'),
    ['limits.memory: none → 1GiB'],
  ],
  [
    'autostart',
    (scene) => scene.edit('port = 7701', 'port = 7701\nautostart = true'),
    ['limits.autostart: none → true'],
  ],
  [
    'what Incus is given',
    (scene) => scene.edit('port = 7701', 'port = 7701\nincus.config = { "security.guestapi" = "true" }'),
    ['container.config.security.guestapi'],
  ],
  [
    'how health is told',
    (scene) => scene.edit('port = 7701', 'port = 7701\nhealth = { path = "/up" }'),
    ['health.check: none → http /up'],
  ],
  [
    'how long it is watched',
    (scene) => scene.edit('port = 7701', 'port = 7701\nhealth = { unit = "x.service", timeout = "20s" }'),
    ['health.check: ', 'health.timeout: none → 20s'],
  ],
  [
    'nobody looks',
    (scene) => scene.edit('port = 7701', 'port = 7701\nhealth = false'),
    ['health: is gone (changed in the manifest)'],
  ],
  [
    'how many are kept',
    (scene) => scene.edit('port = 7701', 'port = 7701\nkeep = 1'),
    ['keep: 5 → 1 (changed in the manifest)'],
  ],
  [
    'how it is switched',
    (scene) => scene.edit('port = 7701', 'port = 7701\nactivation = "restart"'),
    ['activation: auto → restart'],
  ],
  [
    'its time limit',
    (scene) => scene.edit('port = 7701', 'port = 7701\ntimeout = "20s"'),
    ['timeout: none → 20000'],
  ],
  [
    'how long a stop may take',
    (scene) => scene.edit('port = 7701', 'port = 7701\nstop-timeout = "90s"'),
    ['meta.stop-timeout'],
  ],
  [
    'whether its data is kept',
    (scene) => scene.edit('port = 7701', 'port = 7701\nstateful = false'),
    ['stateful: true → false'],
  ],
  ['what it comes after', (scene) => scene.edit('after = ["db"]', ''), ['after: db → none']],
  [
    'its nixpkgs',
    (scene) => scene.edit('port = 7701', 'port = 7701\nnixpkgs = "github:o/nixpkgs/x"'),
    ['system.nixpkgs'],
  ],
  ['its store', (scene) => scene.edit('port = 7701', 'port = 7701\nstore = "copy"'), ['store: none → copy']],
  [
    'its former name',
    (scene) => scene.edit('port = 7701', 'port = 7701\nwas = "site"'),
    ['was: none → site'],
  ],
  [
    'its name',
    (scene) => scene.edit('[apps.web]', '[apps.site]'),
    ['web: app: web → none (changed in the manifest)'],
  ],
  [
    'a secret more',
    (scene) => scene.edit('{ db =', '{ api = { env = "API" }, db ='),
    ['secrets.secret.api: none → 0400 root'],
  ],
  [
    'who may read a secret',
    (scene) => scene.edit('{ env = "DB" }', '{ env = "DB", mode = "0440" }'),
    ['secrets.secret.db: 0400 root → 0440 root'],
  ],
];

export const INPUTS: readonly Mutation[] = [
  [
    'its source',
    (scene) => (scene.hashes['web'] = 'c'),
    ['web: system.source: sha256-b#nixosModules.incus → sha256-c#nixosModules.incus (changed in its source)'],
  ],
  [
    'its source, as it was',
    (scene) => (scene.hashes['web'] = 'a'),
    ['web: system.source: sha256-b#nixosModules.incus → '],
  ],
  [
    'nixpkgs in the lock',
    (scene) => (scene.lock['github:o/nixpkgs/main'] = pin('github:o/nixpkgs', '2')),
    ['system.nixpkgs: github:o/nixpkgs@1111111 → github:o/nixpkgs@2222222 (changed in the lock)'],
  ],
  [
    'only its hash in the lock',
    (scene) =>
      (scene.lock['github:o/nixpkgs/main'] = {
        ...pin('github:o/nixpkgs', '1'),
        narHash: pin('x', '2').narHash,
      }),
    ['nixpkgs: ', '(changed in the lock)'],
  ],
  [
    'no entry in the lock',
    (scene) => delete scene.lock['github:o/nixpkgs/main'],
    ['system.nixpkgs: ', 'unlocked:'],
  ],
  [
    'the value of a secret',
    (scene) => (scene.secret = { fingerprint: 'v1:two' }),
    ['web: secrets.secret.db: changed (changed in its source)'],
  ],
  [
    'a secret that is not there',
    (scene) => (scene.secret = { problem: { code: 'secret-missing', message: 'no DB' } }),
    ['secrets.secret.db', 'no DB'],
  ],
  ['another pets', (scene) => (scene.pets = '0.1.0'), [`pets: 0.1.0 → ${VERSION}`]],
];

export const MACHINE: readonly Mutation[] = [
  [
    'it was stopped',
    (scene) => scene.halt('web'),
    ['web: power.state: running → stopped (changed on the machine)'],
  ],
  [
    'it was frozen',
    (scene) =>
      scene.seeApp('web', ({ facets }) => ({
        status: 'Frozen',
        facets: { ...facets, power: { state: 'frozen' } },
      })),
    ['power.state: running → frozen'],
  ],
  [
    'it was deleted',
    (scene) => scene.machine.ports().incus.remove('web'),
    ['web: instance: web → none (changed on the machine)'],
  ],
  [
    'its device was removed',
    (scene) => scene.machine.ports().incus.removeDevice('web', 'web'),
    ['exposure.listen: 127.0.0.1:7700 → none', 'device.web'],
  ],
  [
    'its device was changed',
    (scene) =>
      scene.machine.ports().incus.setDevice('web', 'web', {
        type: 'proxy',
        listen: 'tcp:127.0.0.1:9',
        connect: 'tcp:127.0.0.1:8080',
      }),
    ['exposure.listen'],
  ],
  [
    'a device was added',
    (scene) => scene.machine.ports().incus.setDevice('web', 'x', { type: 'disk', source: '/x', path: '/x' }),
    ['added.x'],
  ],
  [
    'a limit was set',
    (scene) => scene.config('web', 'limits.memory', '1GiB'),
    ['limits.memory: none → 1GiB (changed on the machine)'],
  ],
  [
    'an environment was set',
    (scene) => scene.config('web', 'environment.X', 'secret-value'),
    ['added.environment.X: none → there'],
  ],
  [
    'what it was made with',
    (scene) => scene.config('web', 'raw.lxc', 'lxc.x=1'),
    ['altered: none → raw.lxc'],
  ],
  ['it is protected', (scene) => scene.config('web', 'security.protection.start', 'true'), ['protections']],
  ['its state', (scene) => scene.config('web', 'user.pets.state', 'upgrading'), ['state: ready → upgrading']],
  [
    'its record',
    (scene) => scene.config('web', 'user.pets.applied', '{}'),
    ['generation: 1 → none', 'applied.secrets.secret.db: 0400 root → none'],
  ],
  ['a generation', (scene) => scene.config('web', 'user.pets.generation.1', ''), ['generation.1']],
  [
    'what a run has touched',
    (scene) => scene.config('web', 'user.pets.secrets', 'db'),
    ['secrets.secret.db'],
  ],
  [
    'it is to be renamed',
    (scene) => scene.config('web', 'user.pets.becoming', 'site'),
    ['becoming: none → site'],
  ],
  [
    'it is of another project',
    (scene) => scene.config('web', 'user.pets.project', 'q'),
    ['instance: web → none'],
  ],
  ['a run in between', (scene) => scene.up(), ['generation: 1 → 2', 'system.toplevel']],
  [
    'its profile',
    (scene) =>
      scene.seeApp('web', ({ facets }) => ({ facets: { ...facets, system: { toplevel: '/nix/store/x' } } })),
    ['system.toplevel'],
  ],
  [
    'it was held',
    (scene) =>
      scene.seeApp('web', ({ applied }) => ({
        rejected: { at: '2026-01-02T03:04:05Z', facets: applied?.facets ?? {}, why: 'x', byHand: true },
      })),
    ['rejected'],
  ],
  ['its volume', (scene) => (scene.see = (actual) => ({ ...actual, volumes: [] })), ['volumes.web/data']],
  [
    'the size of its volume',
    (scene) =>
      (scene.see = (actual) => ({
        ...actual,
        volumes: actual.volumes.map((one) => ({ ...one, size: '1GiB' })),
      })),
    ['volumes.web/data'],
  ],
  [
    'somebody has its port',
    (scene) => (scene.see = (actual) => ({ ...actual, portOwners: [claim('7701', 'sshd')] })),
    ['port.127.0.0.1:7701: none → sshd (changed on the machine)', '127.0.0.1:7701 is taken'],
  ],
  [
    'an app has its port',
    (scene) =>
      scene.seeApp('blog', ({ exposures }) => ({
        exposures: exposures.map((one) => ({ ...one, binding: claim('7701', '').binding })),
      })),
    ['port.127.0.0.1:7701: none → blog'],
  ],
  ['what it comes after was stopped', (scene) => scene.halt('db'), ['after.db: Running → Stopped']],
];

export const IRRELEVANT: readonly Mutation[] = [
  ['a comment', (scene) => (scene.text = `# hello\n${scene.text}`), []],
  [
    'the order of tables',
    (scene) => (scene.text = scene.text.replace(/(\[apps\.web\][^]*?\n\n)([^]*)/, '$2\n$1')),
    [],
  ],
  [
    'another way to write it',
    (scene) => scene.edit('volumes = { data = "/var/lib/web" }', 'volumes.data = "/var/lib/web"'),
    [],
  ],
  ['the default, written', (scene) => scene.edit('port = 7701', 'port = 7701\nkeep = 5'), []],
  ['a tag', (scene) => scene.edit('port = 7701', 'port = 7701\ntags = ["x"]'), []],
  ['another app', (scene) => (scene.text += '[apps.new]\nflake-ref = "./other"\nport = 7709\n'), []],
  ['another app in the manifest', (scene) => scene.edit('7702', '7708'), []],
  [
    'another app has gone from it',
    (scene) => (scene.text = scene.text.replace(/\[apps\.blog\][^]*/, '')),
    [],
  ],
  ["another app's source", (scene) => (scene.hashes['blog'] = 'z'), []],
  [
    'what it comes after, while that runs',
    (scene) => (scene.lock['github:o/db'] = pin('github:o/db', '2')),
    [],
  ],
  [
    'an entry of the lock that nobody has',
    (scene) => (scene.lock['github:o/x'] = pin('github:o/x', '1')),
    [],
  ],
  ['another app was stopped', (scene) => scene.halt('blog'), []],
  ['another app was deleted', (scene) => scene.machine.ports().incus.remove('blog'), []],
  [
    'an instance of another project',
    (scene) => (scene.see = (actual) => ({ ...actual, unmanaged: { ...actual.unmanaged, x: 'is of q' } })),
    [],
  ],
  [
    'a port that nobody wants',
    (scene) => (scene.see = (actual) => ({ ...actual, portOwners: [claim('9', 'sshd')] })),
    [],
  ],
  ['what pets does not look at', (scene) => scene.config('web', 'user.mine', 'x'), []],
  [
    'the order in which the daemon lists',
    (scene) =>
      (scene.see = (actual) => ({
        ...actual,
        apps: actual.apps.toReversed(),
        volumes: actual.volumes.toReversed(),
      })),
    [],
  ],
];
