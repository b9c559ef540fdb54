import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { chmodSync } from 'node:fs';
import { documentedTables } from '../../src/manifest/documented.js';
import { BOOT_ID, freePorts, get, must, standIn, Story, told } from './rig.js';

/**
 * docs/manifest.md says for each key what a change of it interrupts. Here each is changed on a pet that runs, and
 * the pet is asked: does its container still run since then, and its service?
 */
type Interrupted = 'nothing' | 'exposure' | 'service' | 'container';

const story = new Story('walk');
let app = 'web';
let [port, free, published] = [0, 0, 0];
let firstSystem = '';

beforeAll(async () => {
  [port = 0, free = 0, published = 0] = await freePorts(3);
  story.flake('web');
  story.page('web', 'a page');
  story.flake('other');
  story.page('other', 'another page');
  story.write('module.nix', '{ systemd.services.hello-web.environment.MORE = "1"; }');
  story.write(
    'configuration.nix',
    `{ system.stateVersion = "25.05"; systemd.services.hello-web = {
      wantedBy = [ "multi-user.target" ]; serviceConfig.ExecStart = "/bin/sleep infinity"; }; }`,
  );
  story.plainFlake('db', '');
  for (const name of ['one', 'another']) story.write(`secret-${name}`, name);
  // Not sops itself: it prints what it is asked for, which another key is enough to change.
  story.write('.bin/sops', '#!/bin/sh\necho "$@"\n');
  chmodSync(`${story.folder}/.bin/sops`, 0o755);
  story.write('secrets.yaml', '');
  await must('cp', ['-r', standIn().slice('path:'.length), `${story.folder}/nixpkgs`]);
  story.write('nixpkgs/changed', 'only its hash\n');
});
afterAll(() => story.cleanUp());

/** The keys of the app, as TOML values; each step adds or changes some, and they stay. */
const keys = new Map<string, string>();

async function apply(): Promise<string> {
  const lines = [...keys].filter(([, value]) => value !== '').map(([key, value]) => `${key} = ${value}`);
  story.manifest({ [app]: lines.join('\n'), db: 'flake-ref = "./db"' });
  const env = { WALKED: 'from outside', PATH: `${story.folder}/.bin:${process.env['PATH'] ?? ''}` };
  const diff = (await story.ok(['diff'], env)).stdout;
  await story.ok(['up', '--recreate'], env);
  expect((await story.ok(['diff'], env)).stdout).toContain('No changes');
  return diff;
}

type Lives = { readonly boot: string; readonly service: string; readonly exposure: string };

/** When its init and its service began, and its proxy devices. */
async function lives(): Promise<Lives> {
  const start = ['show', '--value', '-p', 'ExecMainStartTimestampMonotonic,MainPID', 'hello-web.service'];
  const devices = (await story.instances()).find((i) => i.name === story.name(app))?.devices ?? {};
  return {
    boot: await told(story.name(app), BOOT_ID),
    service: await told(story.name(app), ['systemctl', ...start]),
    exposure: JSON.stringify(Object.values(devices).filter((d) => d['type'] === 'proxy')),
  };
}

function between(before: Lives, after: Lives): Interrupted {
  if (before.boot !== after.boot) return 'container';
  if (before.service !== after.service) return 'service';
  return before.exposure === after.exposure ? 'nothing' : 'exposure';
}

const TABLES = documentedTables().filter(({ of }) => of !== null && of !== 'defaults');

/** What the table promises. Where it depends on more than the key, the step says what it is there. */
function promised(table: string, key: string, here: Interrupted | undefined): Interrupted {
  const words =
    TABLES.find(({ of }) => of === table)?.keys.find((k) => k.key === key)?.interrupts ?? 'not there';
  if (here !== undefined) return here;
  if (words.startsWith('nothing')) return 'nothing';
  if (words.includes('exposure')) return 'exposure';
  if (words.includes('switch') || words.includes('the units that load it')) return 'service';
  if (words.includes('container')) return 'container';
  throw new Error(`what does \`${words}\` of \`${key}\` promise?`);
}

type Step = {
  readonly table: string;
  readonly key: string;
  /** Keys of the app, as TOML; an empty value takes one away. */
  readonly set: () => Readonly<Record<string, string>>;
  readonly here?: Interrupted;
};

const of = (table: string, key: string, set: Step['set'], here?: Interrupted): Step => ({
  ...{ table, key, set },
  ...(here && { here }),
});
const publish = (text: () => string) => () => ({ publish: `[{ ${text()} }]` });
const data = (text: string) => () => ({ volumes: `{ data = ${text} }` });
const health = (text: string) => () => ({ health: `{ ${text} }` });
const secret = (text: string) => () => ({ secrets: `{ db = { ${text} } }` });
const incus = (text: string) => () => ({ incus: `{ ${text} }` });
const NOTE = 'config = { "user.note" = "x" }';
const LOG = '"raw.apparmor" = "# nothing"';

const STEPS: readonly Step[] = [
  of('apps', 'port', () => ({ port: String(free) })),
  of('apps', 'listen', () => ({ listen: '"127.0.0.2"' })),
  of(
    'apps',
    'publish',
    publish(() => `port = ${published}, to = 8080`),
  ),
  of(
    'publish',
    'port',
    publish(() => `port = ${port}, to = 8080`),
  ),
  of(
    'publish',
    'to',
    publish(() => `port = ${port}, to = 8081`),
  ),
  of(
    'publish',
    'listen',
    publish(() => `port = ${port}, to = 8081, listen = "127.0.0.3"`),
  ),
  of(
    'publish',
    'protocol',
    publish(() => `port = ${port}, to = 8081, protocol = "udp"`),
  ),
  of(
    'publish',
    'socket',
    publish(() => 'socket = "./web.sock"'),
  ),
  of(
    'publish',
    'mode',
    publish(() => 'socket = "./web.sock", mode = "0600"'),
  ),
  of('apps', 'limits', () => ({ limits: '{ memory = "512MiB" }' })),
  of('limits', 'cpu', () => ({ limits: '{ memory = "512MiB", cpu = 1 }' })),
  of('limits', 'memory', () => ({ limits: '{ memory = "640MiB", cpu = 1 }' })),
  of('apps', 'autostart', () => ({ autostart: 'true' })),
  of('apps', 'tags', () => ({ tags: '["public"]' })),
  of('apps', 'timeout', () => ({ timeout: '"3m"' })),
  of('apps', 'keep', () => ({ keep: '3' })),
  of('apps', 'image', () => ({ image: '"another"' })),
  of('apps', 'after', () => ({ after: `["${story.name('db')}"]` })),
  of('apps', 'activation', () => ({ activation: '"switch"' })),
  of('apps', 'incus', incus(NOTE), 'nothing'),
  of('incus', 'config', incus(`config = { "user.note" = "y" }`), 'nothing'),
  of('incus', 'config', incus(`config = { "user.note" = "y", ${LOG} }`), 'container'),
  of(
    'incus',
    'devices',
    incus('devices.x = { type = "unix-char", source = "/dev/null", path = "/dev/x" }'),
    'container',
  ),
  of('incus', 'devices', incus('devices.y = { type = "unix-char", source = "/dev/null", path = "/dev/y" }')),
  of('incus', 'profiles', incus('profiles = ["default"]')),
  of('apps', 'volumes', data('"/var/lib/data"')),
  of('volumes', 'size', data('{ path = "/var/lib/data", size = "1GiB" }')),
  of('volumes', 'path', data('{ path = "/var/lib/elsewhere", size = "1GiB" }')),
  of('apps', 'stateful', () => ({ stateful: 'false' })),
  of('apps', 'health', health('path = "/"')),
  of('health', 'path', health('path = "/index.html"')),
  of('health', 'status', health('path = "/index.html", status = [200, 204]')),
  of('health', 'timeout', health('path = "/index.html", timeout = "90s"')),
  of('health', 'interval', health('path = "/index.html", interval = "2s"')),
  of('health', 'successes', health('path = "/index.html", successes = 1')),
  of('health', 'tcp', health('tcp = true')),
  of('health', 'port', health('tcp = true, port = 8080, successes = 3')),
  of('health', 'unit', health('unit = "hello-web.service"')),
  of('health', 'command', health('command = ["true"]')),
  of('apps', 'binds', () => ({ binds: '["./web:/srv/web:ro"]' })),
  // Nothing loads it yet.
  of('apps', 'secrets', secret('file = "./secret-one"'), 'nothing'),
  of('apps', 'nixos', () => ({
    nixos: '{ systemd.services.hello-web.serviceConfig.LoadCredential = "db" }',
  })),
  of('secrets', 'file', secret('file = "./secret-another"')),
  of('secrets', 'env', secret('env = "WALKED"')),
  of('secrets', 'command', secret('command = ["echo", "printed"]')),
  of('secrets', 'sops', secret('sops = "./secrets.yaml", key = "one"')),
  of('secrets', 'key', secret('sops = "./secrets.yaml", key = "another"')),
  of('secrets', 'generate', secret('generate = true')),
  of('secrets', 'length', secret('generate = true, length = 40')),
  of('secrets', 'mode', secret('generate = true, length = 40, mode = "0440"')),
  of('secrets', 'owner', secret('generate = true, length = 40, mode = "0440", owner = 1000')),
  of('apps', 'modules', () => ({ modules: '["./module.nix"]' })),
  of('apps', 'flake-ref', () => ({ 'flake-ref': '"./other"' })),
  // The same service comes out: what does not differ is not restarted.
  of('apps', 'nixpkgs', () => ({ nixpkgs: '"path:./nixpkgs"' }), 'nothing'),
  of('apps', 'config', () => ({ 'flake-ref': '', config: '"./configuration.nix"', nixos: '', modules: '' })),
  of('apps', 'toplevel', () => ({ config: '', nixpkgs: '', toplevel: `"${firstSystem}"` })),
  of('apps', 'was', () => {
    const was = `"${story.name(app)}"`;
    app = 'renamed';
    return { was, toplevel: '', 'flake-ref': '"./web"' };
  }),
  of('apps', 'store', () => ({ store: '"copy"', image: '"nixos/25.11"' })),
];

test('every key of the tables is walked', () => {
  const documented = TABLES.flatMap(({ of: table, keys: rows }) =>
    rows.map(({ key }) => `${table ?? ''} ${key}`),
  );
  expect([...new Set(STEPS.map(({ table, key }) => `${table} ${key}`))].sort()).toEqual(documented.sort());
});

test('the pet is there to begin with', async () => {
  keys.set('flake-ref', '"./web"').set('port', String(port));
  await apply();
  expect((await get(port))?.body).toBe('a page');
  firstSystem = await story.inside(app, 'readlink', '/run/current-system');
});

test.each(STEPS)('a change of `$key` ($table)', async ({ table, key, set, here }) => {
  const before = await lives();
  for (const [name, value] of Object.entries(set())) keys.set(name, value);
  const diff = await apply();
  const expected = promised(table, key, here);
  expect(between(before, await lives())).toBe(expected);
  // And `diff` had said so.
  const words = {
    nothing: /nothing|No changes/,
    // One that is added interrupts none.
    exposure: /the exposure|interrupts nothing/,
    service: /the service/,
    container: /the container|its container/,
  };
  // What comes out of it is not known before.
  if (key !== 'nixpkgs' && key !== 'secrets') expect(diff).toMatch(words[expected]);
});
