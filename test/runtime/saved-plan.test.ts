import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Actual, ActualApp } from '../../src/domain/actual.js';
import type { ContentHash, Desired, SecretRead } from '../../src/domain/desired.js';
import type { Locked } from '../../src/domain/manifest.js';
import type { AppName } from '../../src/domain/names.js';
import { EXIT, ProblemError } from '../../src/domain/problem.js';
import type { PlanChoice, SavedPlan } from '../../src/domain/saved-plan.js';
import { VERSION } from '../../src/domain/version.js';
import { desiredFrom, localFiles, localRefs } from '../../src/manifest/desired.js';
import { readManifest } from '../../src/manifest/read.js';
import { partFor } from '../../src/planner/part.js';
import { planOf } from '../../src/planner/plan.js';
import { printPlan } from '../../src/planner/print.js';
import type { Project } from '../../src/runtime/project-type.js';
import { checkOrigin, planAgain, savedPlan } from '../../src/runtime/saved-plan.js';
import { parseSavedPlan, printSavedPlan } from '../../src/state/saved-plan.js';
import { Machine } from '../machine.js';
import { claim } from '../planner/worlds.js';

const TEXT = `project = "p"

[defaults]
nixpkgs = "github:o/nixpkgs/main"

[apps.web]
flake-ref = "./web"
port = 7700
after = ["db"]
volumes = { data = "/var/lib/web" }
secrets = { db = { env = "DB" } }

[apps.db]
flake-ref = "github:o/db"
health = false

[apps.blog]
flake-ref = "./blog"
port = 7702
`;

const pin = (url: string, n: string): Locked => ({
  locked: `${url}/${n.repeat(40)}`,
  narHash: `sha256-${n.repeat(43)}=`,
});

/** All that a plan is made from, to be changed as one likes. */
class Scene {
  text = TEXT;
  readonly hashes: Record<string, string> = { web: 'a', blog: 'a', other: 'a' };
  readonly files: Record<string, string> = {};
  readonly lock: Record<string, Locked> = {
    'github:o/nixpkgs/main': pin('github:o/nixpkgs', '1'),
    'github:o/db': pin('github:o/db', '1'),
  };
  secret: SecretRead = { fingerprint: 'v1:one' };
  isNew = false;
  readonly machine = new Machine('p');
  see: (actual: Actual) => Actual = (actual) => actual;
  choice: PlanChoice = { apps: null, prune: false, recreate: false, retry: false, strict: false };
  pets: string = VERSION;

  edit(from: string | RegExp, to: string): this {
    const edited = this.text.replace(from, to);
    if (edited === this.text) throw new Error(`there is no ${String(from)}`);
    this.text = edited;
    return this;
  }

  /** Of one instance, as it is seen. */
  seeApp(name: string, over: (app: ActualApp) => Partial<ActualApp>): this {
    this.see = (actual) => ({
      ...actual,
      apps: actual.apps.map((app) => (app.name === name ? { ...app, ...over(app) } : app)),
    });
    return this;
  }

  halt(name: string): this {
    this.machine.halt(name);
    return this;
  }

  get desired(): Desired {
    const read = readManifest(this.text, { file: 'pets.toml', directory: '/srv' });
    if (!read.ok) throw new Error(read.problems.map(({ message }) => message).join('\n'));
    const { manifest } = read;
    const hashFor = (path: string, hashes: Record<string, string>): ContentHash => ({
      hash: `sha256-${hashes[path.split('/').at(-1) ?? ''] ?? 'a'}`,
    });
    const refs = localRefs(manifest).map(({ url, directory }) => [
      url,
      hashFor(directory ?? '', this.hashes),
    ]);
    const files = localFiles(manifest).map(({ path }) => [path, hashFor(path, this.files)]);
    const secrets = manifest.apps.map(({ name, secrets: all }) => [
      name,
      Object.fromEntries(all.map((one) => [one.name, this.secret])),
    ]);
    return desiredFrom(manifest, {
      lock: { version: 1, refs: this.lock },
      contentHashes: Object.fromEntries(refs) as Record<string, ContentHash>,
      fileHashes: Object.fromEntries(files) as Record<string, ContentHash>,
      paths: {},
      secrets: Object.fromEntries(secrets) as Record<string, Record<string, SecretRead>>,
      platform: 'x86_64-linux',
    });
  }

  get actual(): Actual {
    return this.see(this.machine.observed());
  }

  get project(): Project {
    const secrets = { isNew: () => this.isNew, keepFingerprints: () => Promise.resolve() };
    return { secrets, locate: () => ({}), manifest: { project: this.desired.project } } as unknown as Project;
  }

  plan() {
    const only = this.choice.apps && new Set(this.choice.apps as AppName[]);
    return planOf(this.desired, this.actual, { ...this.choice, only });
  }

  async up(): Promise<void> {
    const outcome = await this.machine.carryOut(this.plan(), this.desired);
    expect(outcome.apps.filter(({ failure }) => failure !== null)).toEqual([]);
  }

  /** As it comes back from the file. */
  async save(): Promise<SavedPlan> {
    const { desired, actual, project, choice } = this;
    const saved = await savedPlan({ plan: this.plan(), desired, actual, project, choice }, 'pets.toml');
    const read = parseSavedPlan(printSavedPlan(saved));
    if (!read.ok) throw new Error(read.why);
    return read.saved;
  }

  /** The plan that is carried out, or the fields that have moved. */
  again(saved: SavedPlan): string {
    try {
      checkOrigin({ ...saved, pets: this.pets }, this.project.manifest, 'plan.json');
      return printPlan(planAgain(saved, this, { project: this.project, file: 'plan.json' }));
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      expect(error.exitCode).toBe(EXIT.stale);
      return error.problems.map(({ app, message }) => `${app ?? 'pets'}: ${message}`).join('\n');
    }
  }
}

let scene = new Scene();

/** Three apps that run, and a web that is about to be upgraded and to move to another port. */
beforeEach(async () => {
  scene = new Scene();
  await scene.up();
  scene.hashes['web'] = 'b';
  scene.edit('7700', '7701');
});

const instances = () => scene.machine.ports().incus;
const config = (name: string, key: string, value: string) => instances().setConfig(name, { [key]: value });

type Mutation = readonly [what: string, mutate: () => unknown, moved: readonly string[]];

const MANIFEST: readonly Mutation[] = [
  [
    'its port',
    () => scene.edit('7701', '7703'),
    ['web: exposure.listen: 127.0.0.1:7701 → 127.0.0.1:7703 (changed in the manifest)'],
  ],
  [
    'its port, as it was',
    () => scene.edit('7701', '7700'),
    ['web: exposure.listen: 127.0.0.1:7701 → 127.0.0.1:7700'],
  ],
  ['its address', () => scene.edit('port = 7701', 'port = 7701\nlisten = "127.0.0.9"'), ['exposure.listen']],
  [
    'a port more',
    () => scene.edit('port = 7701', 'port = 7701\npublish = [{ port = 9, to = 9 }]'),
    ['exposure.publish.127.0.0.1:9: none → tcp:127.0.0.1:9'],
  ],
  [
    'its flake',
    () => scene.edit('"./web"', '"./other"'),
    ['meta.flake-ref: ./web → ./other', 'system.source'],
  ],
  ['its attribute', () => scene.edit('"./web"', '"./web#nixosModules.other"'), ['system.source']],
  [
    'a NixOS option',
    () => scene.edit('port = 7701', 'port = 7701\nnixos = { services.x.port = 1 }'),
    ['system.nixos.services.x.port: none → 1'],
  ],
  ['a module', () => scene.edit('port = 7701', 'port = 7701\nmodules = ["./m.nix"]'), ['system.modules']],
  ['a volume', () => scene.edit('{ data =', '{ more = "/m", data ='), ['storage.volume.more: none → /m']],
  [
    'the place of a volume',
    () => scene.edit('/var/lib/web', '/var/lib/x'),
    ['storage.volume.data: /var/lib/web → /var/lib/x'],
  ],
  ['a bind', () => scene.edit('port = 7701', 'port = 7701\nbinds = ["/srv/x:/x"]'), ['storage.bind./x']],
  [
    'a limit',
    () => scene.edit('port = 7701', 'port = 7701\nlimits = { memory = "1GiB" }'),
    ['limits.memory: none → 1GiB'],
  ],
  [
    'autostart',
    () => scene.edit('port = 7701', 'port = 7701\nautostart = true'),
    ['limits.autostart: none → true'],
  ],
  [
    'what Incus is given',
    () => scene.edit('port = 7701', 'port = 7701\nincus.config = { "security.guestapi" = "true" }'),
    ['container.config.security.guestapi'],
  ],
  [
    'how health is told',
    () => scene.edit('port = 7701', 'port = 7701\nhealth = { path = "/up" }'),
    ['health.check: none → http /up'],
  ],
  [
    'how long it is watched',
    () => scene.edit('port = 7701', 'port = 7701\nhealth = { unit = "x.service", timeout = "20s" }'),
    ['health.check: ', 'health.timeout: none → 20s'],
  ],
  [
    'nobody looks',
    () => scene.edit('port = 7701', 'port = 7701\nhealth = false'),
    ['health: is gone (changed in the manifest)'],
  ],
  [
    'how many are kept',
    () => scene.edit('port = 7701', 'port = 7701\nkeep = 1'),
    ['keep: 5 → 1 (changed in the manifest)'],
  ],
  [
    'how it is switched',
    () => scene.edit('port = 7701', 'port = 7701\nactivation = "restart"'),
    ['activation: auto → restart'],
  ],
  [
    'its time limit',
    () => scene.edit('port = 7701', 'port = 7701\ntimeout = "20s"'),
    ['timeout: none → 20000'],
  ],
  [
    'how long a stop may take',
    () => scene.edit('port = 7701', 'port = 7701\nstop-timeout = "90s"'),
    ['meta.stop-timeout'],
  ],
  [
    'whether its data is kept',
    () => scene.edit('port = 7701', 'port = 7701\nstateful = false'),
    ['stateful: true → false'],
  ],
  ['what it comes after', () => scene.edit('after = ["db"]', ''), ['after: db → none']],
  [
    'its nixpkgs',
    () => scene.edit('port = 7701', 'port = 7701\nnixpkgs = "github:o/nixpkgs/x"'),
    ['system.nixpkgs'],
  ],
  ['its store', () => scene.edit('port = 7701', 'port = 7701\nstore = "copy"'), ['store: none → copy']],
  ['its former name', () => scene.edit('port = 7701', 'port = 7701\nwas = "site"'), ['was: none → site']],
  [
    'its name',
    () => scene.edit('[apps.web]', '[apps.site]'),
    ['web: app: web → none (changed in the manifest)'],
  ],
  [
    'a secret more',
    () => scene.edit('{ db =', '{ api = { env = "API" }, db ='),
    ['secrets.secret.api: none → 0400 root'],
  ],
  [
    'who may read a secret',
    () => scene.edit('{ env = "DB" }', '{ env = "DB", mode = "0440" }'),
    ['secrets.secret.db: 0400 root → 0440 root'],
  ],
];

const INPUTS: readonly Mutation[] = [
  [
    'its source',
    () => (scene.hashes['web'] = 'c'),
    ['web: system.source: sha256-b#nixosModules.incus → sha256-c#nixosModules.incus (changed in its source)'],
  ],
  [
    'its source, as it was',
    () => (scene.hashes['web'] = 'a'),
    ['web: system.source: sha256-b#nixosModules.incus → '],
  ],
  [
    'nixpkgs in the lock',
    () => (scene.lock['github:o/nixpkgs/main'] = pin('github:o/nixpkgs', '2')),
    ['system.nixpkgs: github:o/nixpkgs@1111111 → github:o/nixpkgs@2222222 (changed in the lock)'],
  ],
  [
    'only its hash in the lock',
    () =>
      (scene.lock['github:o/nixpkgs/main'] = {
        ...pin('github:o/nixpkgs', '1'),
        narHash: pin('x', '2').narHash,
      }),
    ['nixpkgs: ', '(changed in the lock)'],
  ],
  [
    'no entry in the lock',
    () => delete scene.lock['github:o/nixpkgs/main'],
    ['system.nixpkgs: ', 'unlocked:'],
  ],
  [
    'the value of a secret',
    () => (scene.secret = { fingerprint: 'v1:two' }),
    ['web: secrets.secret.db: changed (changed in its source)'],
  ],
  [
    'a secret that is not there',
    () => (scene.secret = { problem: { code: 'secret-missing', message: 'no DB' } }),
    ['secrets.secret.db', 'no DB'],
  ],
  ['another pets', () => (scene.pets = '0.1.0'), [`pets: 0.1.0 → ${VERSION}`]],
];

const MACHINE: readonly Mutation[] = [
  [
    'it was stopped',
    () => scene.halt('web'),
    ['web: power.state: running → stopped (changed on the machine)'],
  ],
  [
    'it was frozen',
    () =>
      scene.seeApp('web', ({ facets }) => ({
        status: 'Frozen',
        facets: { ...facets, power: { state: 'frozen' } },
      })),
    ['power.state: running → frozen'],
  ],
  ['it was deleted', () => instances().remove('web'), ['web: instance: web → none (changed on the machine)']],
  [
    'its device was removed',
    () => instances().removeDevice('web', 'web'),
    ['exposure.listen: 127.0.0.1:7700 → none', 'device.web'],
  ],
  [
    'its device was changed',
    () =>
      instances().setDevice('web', 'web', {
        type: 'proxy',
        listen: 'tcp:127.0.0.1:9',
        connect: 'tcp:127.0.0.1:8080',
      }),
    ['exposure.listen'],
  ],
  [
    'a device was added',
    () => instances().setDevice('web', 'x', { type: 'disk', source: '/x', path: '/x' }),
    ['added.x'],
  ],
  [
    'a limit was set',
    () => config('web', 'limits.memory', '1GiB'),
    ['limits.memory: none → 1GiB (changed on the machine)'],
  ],
  [
    'an environment was set',
    () => config('web', 'environment.X', 'secret-value'),
    ['added.environment.X: none → there'],
  ],
  ['what it was made with', () => config('web', 'raw.lxc', 'lxc.x=1'), ['altered: none → raw.lxc']],
  ['it is protected', () => config('web', 'security.protection.start', 'true'), ['protections']],
  ['its state', () => config('web', 'user.pets.state', 'upgrading'), ['state: ready → upgrading']],
  [
    'its record',
    () => config('web', 'user.pets.applied', '{}'),
    ['generation: 1 → none', 'applied.secrets.secret.db: 0400 root → none'],
  ],
  ['a generation', () => config('web', 'user.pets.generation.1', ''), ['generation.1']],
  ['what a run has touched', () => config('web', 'user.pets.secrets', 'db'), ['secrets.secret.db']],
  ['it is to be renamed', () => config('web', 'user.pets.becoming', 'site'), ['becoming: none → site']],
  ['it is of another project', () => config('web', 'user.pets.project', 'q'), ['instance: web → none']],
  ['a run in between', () => scene.up(), ['generation: 1 → 2', 'system.toplevel']],
  [
    'its profile',
    () =>
      scene.seeApp('web', ({ facets }) => ({ facets: { ...facets, system: { toplevel: '/nix/store/x' } } })),
    ['system.toplevel'],
  ],
  [
    'it was held',
    () =>
      scene.seeApp('web', ({ applied }) => ({
        rejected: { at: '2026-01-02T03:04:05Z', facets: applied?.facets ?? {}, why: 'x', byHand: true },
      })),
    ['rejected'],
  ],
  ['its volume', () => (scene.see = (actual) => ({ ...actual, volumes: [] })), ['volumes.web/data']],
  [
    'the size of its volume',
    () =>
      (scene.see = (actual) => ({
        ...actual,
        volumes: actual.volumes.map((one) => ({ ...one, size: '1GiB' })),
      })),
    ['volumes.web/data'],
  ],
  [
    'somebody has its port',
    () => (scene.see = (actual) => ({ ...actual, portOwners: [claim('7701', 'sshd')] })),
    ['port.127.0.0.1:7701: none → sshd (changed on the machine)', '127.0.0.1:7701 is taken'],
  ],
  [
    'an app has its port',
    () =>
      scene.seeApp('blog', ({ exposures }) => ({
        exposures: exposures.map((one) => ({ ...one, binding: claim('7701', '').binding })),
      })),
    ['port.127.0.0.1:7701: none → blog'],
  ],
  ['what it comes after was stopped', () => scene.halt('db'), ['after.db: Running → Stopped']],
];

const IRRELEVANT: readonly Mutation[] = [
  ['a comment', () => (scene.text = `# hello\n${scene.text}`), []],
  [
    'the order of tables',
    () => (scene.text = scene.text.replace(/(\[apps\.web\][^]*?\n\n)([^]*)/, '$2\n$1')),
    [],
  ],
  [
    'another way to write it',
    () => scene.edit('volumes = { data = "/var/lib/web" }', 'volumes.data = "/var/lib/web"'),
    [],
  ],
  ['the default, written', () => scene.edit('port = 7701', 'port = 7701\nkeep = 5'), []],
  ['a tag', () => scene.edit('port = 7701', 'port = 7701\ntags = ["x"]'), []],
  ['another app', () => (scene.text += '[apps.new]\nflake-ref = "./other"\nport = 7709\n'), []],
  ['another app in the manifest', () => scene.edit('7702', '7708'), []],
  ['another app has gone from it', () => (scene.text = scene.text.replace(/\[apps\.blog\][^]*/, '')), []],
  ["another app's source", () => (scene.hashes['blog'] = 'z'), []],
  ['what it comes after, while that runs', () => (scene.lock['github:o/db'] = pin('github:o/db', '2')), []],
  ['an entry of the lock that nobody has', () => (scene.lock['github:o/x'] = pin('github:o/x', '1')), []],
  ['another app was stopped', () => scene.halt('blog'), []],
  ['another app was deleted', () => instances().remove('blog'), []],
  [
    'an instance of another project',
    () => (scene.see = (actual) => ({ ...actual, unmanaged: { ...actual.unmanaged, x: 'is of q' } })),
    [],
  ],
  [
    'a port that nobody wants',
    () => (scene.see = (actual) => ({ ...actual, portOwners: [claim('9', 'sshd')] })),
    [],
  ],
  ['what pets does not look at', () => config('web', 'user.mine', 'x'), []],
  [
    'the order in which the daemon lists',
    () =>
      (scene.see = (actual) => ({
        ...actual,
        apps: actual.apps.toReversed(),
        volumes: actual.volumes.toReversed(),
      })),
    [],
  ],
];

describe('nothing but the app that is about to change is planned', () => {
  test('and it is found again, whatever was not moved', async () => {
    const saved = await scene.save();
    expect(Object.keys(saved.basis)).toEqual(['web']);
    expect(scene.again(saved)).toBe(printPlan(partFor(scene.plan(), new Set(['web']))));
    expect(printSavedPlan(await scene.save())).toBe(printSavedPlan(saved));
  });

  test('carried out it does what was planned; once more there is nothing that it would be', async () => {
    const saved = await scene.save();
    await scene.machine.carryOut(
      planAgain(saved, scene, { project: scene.project, file: 'x' }),
      scene.desired,
    );
    expect(scene.plan().operations).toEqual([]);
    expect(scene.again(saved)).toContain('generation: 1 → 2');
  });
});

describe.each([
  ['the manifest', MANIFEST],
  ['lock, sources, secrets and pets', INPUTS],
  ['the machine', MACHINE],
])('what moves of %s is told, and nothing is done', (_, mutations) => {
  test.each(mutations)('%s', async (_, mutate, moved) => {
    const saved = await scene.save();
    await mutate();
    const told = scene.again(saved);
    for (const words of moved) expect(told).toContain(words);
    expect(told).toContain('nothing was touched');
    expect(told).not.toMatch(/v1:|secret-value/);
  });
});

describe('what does not matter is not refused', () => {
  test.each(IRRELEVANT)('%s', async (_, mutate) => {
    const saved = await scene.save();
    const before = scene.again(saved);
    await mutate();
    expect(scene.again(saved)).toBe(before);
  });
});

test('fifty mutations and more', () => {
  expect(MANIFEST.length + INPUTS.length + MACHINE.length).toBeGreaterThan(50);
});
