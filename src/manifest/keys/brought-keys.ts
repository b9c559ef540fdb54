import { isTable } from '../text.js';
import { formatValue } from '../toml.js';
import { formatKey } from '../../domain/nix-value.js';

/** What to write instead of a key. A line is valid where it is said to belong: test/manifest/brought.test.ts. */
export type Answer = {
  /** In the table that the key stands in. */
  readonly here?: string;
  /** In the app's table. */
  readonly app?: string;
  readonly why?: string;
};
/** `app`: as it is written in a header. */
type Asked = { readonly app: string; readonly value: unknown };
type Answers = Readonly<Record<string, Answer | ((asked: Asked) => Answer)>>;

/** A setting of the app's service, which a NixOS option gives it. That it is called like the app is the usual case. */
function service(setting: string, why: string) {
  return ({ app }: Asked): Answer => ({ app: `nixos.systemd.services.${app}.${setting}`, why });
}

const ADDRESS =
  'the network of a pet is that of its Incus profiles; the host reaches it through `port` and `publish`';
const NAME = 'the container, and the guest’s host, are called as the table is: [apps.<name>]';
const EXPOSED = '`port` leads to 8080 in the app; `publish` leads to any other port of it';
const LIMITS: Answer = { app: 'limits = { memory = "512MiB", cpu = 2 }' };
const STARTS = 'systemd starts what the app’s module defines as a service: a pet has no command of its own';

const variables = service(
  'environment.KEY = "value"',
  'variables belong to a service of the guest; for what is secret there is `secrets`',
);
const restarts = service(
  'serviceConfig.Restart = "always"',
  'systemd restarts services in the guest; `autostart` is about the container',
);
const user = service('serviceConfig.User = "web"', 'a user of the guest belongs to a service there');
const capabilities = service(
  'serviceConfig.AmbientCapabilities = ["CAP_NET_BIND_SERVICE"]',
  'capabilities belong to a service of the guest',
);
const published: Answer = { app: 'publish = [{ port = 7700, to = 80 }]', why: EXPOSED };
const built: Answer = { app: 'flake-ref = "./web"', why: 'a flake says how it is built' };

function answerAfter({ value }: Asked): Answer {
  const names = isTable(value) ? Object.keys(value) : [value].flat().filter((one) => typeof one === 'string');
  return { app: `after = ${formatValue(names.length > 0 ? names : ['db'])}` };
}

/** In an app's own table, or in [defaults]. */
export const APP: Answers = {
  environment: variables,
  env: variables,
  'environment-file': secretVariables,
  'env-file': secretVariables,
  'depends-on': answerAfter,
  requires: answerAfter,
  restart: restarts,
  'restart-policy': restarts,
  healthcheck: { app: 'health = { path = "/healthz" }', why: 'or `tcp`, `unit`, `command`' },
  networks: { app: 'incus.profiles = ["default"]', why: ADDRESS },
  network: { app: 'incus.profiles = ["default"]', why: ADDRESS },
  'network-mode': { app: 'incus.profiles = ["default"]', why: ADDRESS },
  'private-network': { why: ADDRESS },
  'host-address': { why: ADDRESS },
  'local-address': { why: ADDRESS },
  ports: published,
  to: published,
  'container-port': published,
  'target-port': published,
  'forward-ports': published,
  expose: { why: `nothing needs it: ${EXPOSED}` },
  hostname: { why: NAME },
  'container-name': { why: NAME },
  name: { why: NAME },
  tmpfs: {
    app: 'nixos.boot.tmp.useTmpfs = true',
    why: 'for /tmp; a single service gets one with `TemporaryFileSystem` in its `serviceConfig`',
  },
  'cap-add': capabilities,
  'cap-drop': capabilities,
  devices: { app: 'incus.devices.tun = { type = "unix-char", path = "/dev/net/tun" }' },
  'allowed-devices': { app: 'incus.devices.tun = { type = "unix-char", path = "/dev/net/tun" }' },
  labels: {
    app: 'tags = ["public"]',
    why: 'tags select apps; a note for Incus is a key of `incus.config` that begins with `user.`',
  },
  user,
  group: user,
  'group-add': user,
  'working-dir': service(
    'serviceConfig.WorkingDirectory = "/srv"',
    'a folder to work in belongs to a service of the guest',
  ),
  privileged: {
    why: 'no pet is privileged: it could write to the host’s store. A device comes with `incus.devices`, a capability with a NixOS option of the service',
  },
  deploy: LIMITS,
  resources: LIMITS,
  'mem-limit': LIMITS,
  cpus: LIMITS,
  build: built,
  dockerfile: built,
  flake: built,
  command: { why: STARTS },
  entrypoint: { why: STARTS },
  cmd: { why: STARTS },
  ulimits: service(
    'serviceConfig.LimitNOFILE = 65536',
    'limits of a process belong to a service of the guest',
  ),
  sysctls: { app: 'nixos.boot.kernel.sysctl."net.core.somaxconn" = 1024' },
  dns: { app: 'nixos.networking.nameservers = ["1.1.1.1"]' },
  'extra-hosts': { app: 'nixos.networking.extraHosts = "192.0.2.5 db"' },
  logging: { why: 'the guest’s journal has what is logged; `pets logs` shows it' },
  scale: { why: 'an app is one container: each further one is a table of its own' },
  replicas: { why: 'an app is one container: each further one is a table of its own' },
  mounts: { app: 'binds = ["./site:/srv/site:ro"]' },
  'bind-mounts': { app: 'binds = ["./site:/srv/site:ro"]' },
};

function secretVariables({ app }: Asked): Answer {
  const file = `nixos.systemd.services.${app}.serviceConfig.EnvironmentFile = "/etc/credstore/env"`;
  return {
    app: `secrets.env = { file = "./secrets/env" }\n${file}`,
    why: 'the file is a secret, which the service reads',
  };
}

const tries: Answer = { here: 'timeout = "60s"', why: 'it is tried until that is over' };
const asked: Answer = { here: 'path = "/healthz"' };
const ran: Answer = { here: 'command = ["web-check", "--all"]', why: 'or `path`, `tcp`, `unit`' };
const HEALTH: Answers = {
  retries: tries,
  'start-period': tries,
  'start-interval': tries,
  url: asked,
  http: asked,
  test: ran,
  cmd: ran,
  disable: { why: '`health = false` checks nothing' },
};

const PUBLISH: Answers = {
  target: { here: 'to = 80' },
  'container-port': { here: 'to = 80' },
  published: { here: 'port = 7700' },
  'host-port': { here: 'port = 7700' },
  'host-ip': { here: 'listen = "127.0.0.1"' },
  address: { here: 'listen = "127.0.0.1"' },
};

const mounted: Answer = { here: 'path = "/var/lib/web"' };
const made: Answer = { why: 'a volume is made by Incus, in its own storage' };
const VOLUME: Answers = {
  target: mounted,
  mount: mounted,
  source: {
    app: 'binds = ["./site:/srv/site"]',
    why: 'a volume has no source: a folder of the host is a bind',
  },
  driver: made,
  'driver-opts': made,
  external: made,
  quota: { here: 'size = "10GiB"' },
};

const value: Answer = { here: 'file = "./secrets/db"', why: 'a value in the manifest would be no secret' };
const SECRET: Answers = {
  value,
  content: value,
  path: { here: 'file = "./secrets/db"' },
  environment: { here: 'env = "DB_PASSWORD"' },
  target: { why: 'the guest finds it by its name here: /etc/credstore/<name>' },
  user: { here: 'owner = "web"' },
  uid: { here: 'owner = "web"' },
};

const LIMIT: Answers = {
  cpus: { here: 'cpu = 2' },
  mem: { here: 'memory = "512MiB"' },
  pids: { app: 'incus.config."limits.processes" = 500' },
  processes: { app: 'incus.config."limits.processes" = 500' },
};

function firstOf({ value: tables }: Asked): Answer {
  const [name = '<name>'] = isTable(tables) ? Object.keys(tables) : [];
  return { why: `apps are written [apps.${name === '<name>' ? name : formatKey(name)}]` };
}

/** At the top of the file. */
export const TOP: Answers = {
  services: firstOf,
  containers: firstOf,
  name: { here: 'project = "homelab"' },
  version: { why: 'the file needs no version: take the key out' },
  networks: { why: ADDRESS },
};

/** By the table that a key stands in, below an app's. */
export const BELOW: Readonly<Record<string, Answers>> = {
  health: HEALTH,
  publish: PUBLISH,
  volumes: VOLUME,
  secrets: SECRET,
  limits: LIMIT,
};
