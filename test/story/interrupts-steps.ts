import { documentedTables } from '../../src/manifest/documented.js';

/** The tables of docs/manifest.md that are about an app: their keys say what a change of them interrupts. */
export const TABLES = documentedTables().filter(
  ({ of }) => of !== null && of !== 'defaults' && of !== 'notify',
);

/** What a step may be about: the pet as it is then. */
export type Pet = {
  readonly port: number;
  readonly free: number;
  readonly published: number;
  /** Another app. */
  readonly db: string;
  /** Its toplevel to begin with. */
  readonly firstSystem: string;
  readonly name: string;
  /** The manifest has it under another name from now on. */
  readonly rename: () => void;
};
export type Interrupted = 'nothing' | 'exposure' | 'service' | 'container';

/** A key of a table of docs/manifest.md that is changed. */
export type Step = {
  readonly table: string;
  readonly key: string;
  /** Keys of the app, as TOML; an empty value takes one away. */
  readonly set: (pet: Pet) => Readonly<Record<string, string>>;
  /** What it interrupts, where that depends on more than the key. */
  readonly here?: Interrupted;
};

const of = (table: string, key: string, set: Step['set'], here?: Interrupted): Step => ({
  ...{ table, key, set },
  ...(here && { here }),
});
const publish = (text: (pet: Pet) => string) => (pet: Pet) => ({ publish: `[{ ${text(pet)} }]` });
const data = (text: string) => () => ({ volumes: `{ data = ${text} }` });
const health = (text: string) => () => ({ health: `{ ${text} }` });
const secret = (text: string) => () => ({ secrets: `{ db = { ${text} } }` });
const incus = (text: string) => () => ({ incus: `{ ${text} }` });
const NOTE = 'config = { "user.note" = "x" }';
const LOG = '"raw.apparmor" = "# nothing"';

const EXPOSURE: readonly Step[] = [
  of('apps', 'port', ({ free }) => ({ port: String(free) })),
  of('apps', 'listen', () => ({ listen: '"127.0.0.2"' })),
  of(
    'apps',
    'publish',
    publish(({ published }) => `port = ${published}, to = 8080`),
  ),
  of(
    'publish',
    'port',
    publish(({ port }) => `port = ${port}, to = 8080`),
  ),
  of(
    'publish',
    'to',
    publish(({ port }) => `port = ${port}, to = 8081`),
  ),
  of(
    'publish',
    'listen',
    publish(({ port }) => `port = ${port}, to = 8081, listen = "127.0.0.3"`),
  ),
  of(
    'publish',
    'protocol',
    publish(({ port }) => `port = ${port}, to = 8081, protocol = "udp"`),
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
];

const SETTINGS: readonly Step[] = [
  of('apps', 'limits', () => ({ limits: '{ memory = "512MiB" }' })),
  of('limits', 'cpu', () => ({ limits: '{ memory = "512MiB", cpu = 1 }' })),
  of('limits', 'memory', () => ({ limits: '{ memory = "640MiB", cpu = 1 }' })),
  of('apps', 'autostart', () => ({ autostart: 'true' })),
  of('apps', 'tags', () => ({ tags: '["public"]' })),
  of('apps', 'timeout', () => ({ timeout: '"3m"' })),
  of('apps', 'stop-timeout', () => ({ 'stop-timeout': '"45s"' })),
  of('apps', 'keep', () => ({ keep: '3' })),
  of('apps', 'update', () => ({ update: '{ auto = true }' })),
  of('update', 'auto', () => ({ update: '{ auto = false }' })),
  of('update', 'schedule', () => ({ update: '{ auto = true, schedule = "Sun 04:00" }' })),
  of('update', 'allow-major', () => ({ update: '{ auto = true, allow-major = true }' })),
  of('update', 'rehearse', () => ({ update: '{ auto = true, rehearse = false }' })),
  of('rehearse', 'network', () => ({ update: '{ auto = true, rehearse = { network = true } }' })),
  of('apps', 'backup', () => ({ backup: '{ schedule = "daily" }' })),
  of('backup', 'schedule', () => ({ backup: '{ schedule = "weekly" }' })),
  of('backup', 'to', () => ({ backup: '{ schedule = "weekly", to = "./to" }' })),
  ...['last', 'daily', 'weekly', 'monthly', 'yearly'].map((word) =>
    of('backup.keep', word, () => ({ backup: `{ schedule = "weekly", keep = { ${word} = 2 } }` })),
  ),
  of('backup', 'keep', () => ({ backup: '{ schedule = "weekly", keep = { last = 3 } }' })),
  of('apps', 'image', () => ({ image: '"another"' })),
  of('apps', 'after', ({ db }) => ({ after: `["${db}"]` })),
  of('apps', 'activation', () => ({ activation: '"switch"' })),
  of('apps', 'incus', incus(NOTE), 'nothing'),
  of('incus', 'config', incus(`config = { "user.note" = "y" }`), 'nothing'),
  of('incus', 'trusted', incus(`config = { "user.note" = "y" }, trusted = true`), 'nothing'),
  of('incus', 'config', incus(`config = { "user.note" = "y", ${LOG} }, trusted = true`), 'container'),
  of(
    'incus',
    'devices',
    incus('devices.x = { type = "unix-char", source = "/dev/null", path = "/dev/x" }'),
    'container',
  ),
  of('incus', 'devices', incus('devices.y = { type = "unix-char", source = "/dev/null", path = "/dev/y" }')),
  of('incus', 'profiles', incus('profiles = ["default"]')),
];

const STORAGE: readonly Step[] = [
  of('apps', 'volumes', data('"/var/lib/data"')),
  of('volumes', 'size', data('{ path = "/var/lib/data", size = "1GiB" }')),
  of('volumes', 'path', data('{ path = "/var/lib/elsewhere", size = "1GiB" }')),
  of('apps', 'stateful', () => ({ stateful: 'false' })),
  of('apps', 'binds', () => ({ binds: '["./web:/srv/web:ro"]' })),
];

const HEALTH: readonly Step[] = [
  of('apps', 'health', health('path = "/"')),
  of('health', 'path', health('path = "/index.html"')),
  of('health', 'status', health('path = "/index.html", status = [200, 204]')),
  of('health', 'host', health('path = "/index.html", host = "web.example.org"')),
  of('health', 'timeout', health('path = "/index.html", timeout = "90s"')),
  of('health', 'interval', health('path = "/index.html", interval = "2s"')),
  of('health', 'successes', health('path = "/index.html", successes = 1')),
  of('health', 'restart', health('path = "/index.html", successes = 1, restart = true')),
  of('health', 'tcp', health('tcp = true')),
  of('health', 'port', health('tcp = true, port = 8080, successes = 3')),
  of('health', 'unit', health('unit = "hello-web.service"')),
  of('health', 'command', health('command = ["true"]')),
];

const SECRETS: readonly Step[] = [
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
];

const SYSTEM: readonly Step[] = [
  of('apps', 'modules', () => ({ modules: '["./module.nix"]' })),
  of('apps', 'flake-ref', () => ({ 'flake-ref': '"./other"' })),
  // The same service comes out: what does not differ is not restarted.
  of('apps', 'nixpkgs', () => ({ nixpkgs: '"path:./nixpkgs"' }), 'nothing'),
  of('apps', 'config', () => ({ 'flake-ref': '', config: '"./configuration.nix"', nixos: '', modules: '' })),
  of('apps', 'toplevel', ({ firstSystem }) => ({ config: '', nixpkgs: '', toplevel: `"${firstSystem}"` })),
  of('apps', 'was', (pet) => {
    const was = `"${pet.name}"`;
    pet.rename();
    return { was, toplevel: '', 'flake-ref': '"./web"' };
  }),
  of('apps', 'store', () => ({ store: '"copy"', image: '"nixos/25.11"' })),
];

/** Every key once at least, by subject: each subject is walked by a file of its own. */
export const STEPS = {
  exposure: EXPOSURE,
  settings: SETTINGS,
  storage: STORAGE,
  health: HEALTH,
  secrets: SECRETS,
  system: SYSTEM,
};

export type Subject = keyof typeof STEPS;
