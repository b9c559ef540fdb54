import { parseDuration } from '../../src/lib/format.js';
import { DEFAULT_GRACE_MS } from '../../src/domain/stop-timeout.js';
import { graceField } from '../../src/facets/meta.js';
import {
  bindingOf,
  formatBinding,
  formatListen,
  parseListen,
  parseProxyListen,
  type Listen,
} from '../../src/domain/binding.js';
import { UNKNOWN, type Facet, type Facets } from '../../src/domain/facet.js';
import type { AppName, Port, StorePath } from '../../src/domain/names.js';
import type {
  AppSource,
  AppSources,
  DesiredApp,
  DesiredExposure,
  DesiredSecret,
  Source,
} from '../../src/domain/desired.js';
import type { Bind, FlakeRef, Health, Passthrough, VolumeMount } from '../../src/domain/manifest.js';
import type { Problem } from '../../src/domain/problem.js';

/**
 * A wanted app in a few words: `web 7700 source=b`. Second word: where it is exposed (a bare port is on
 * 127.0.0.1; `-`: nowhere). Options, lists with commas:
 * `source`: name of a content, `missing`, the URL of a remote ref without a pin, `x.nix` (a configuration.nix) or
 * `/nix/store/…` (a toplevel); `nixpkgs` likewise; `ref`: as written;
 * `publish=0.0.0.0:53/udp>53,unix:/run/web.sock>8080@0660`, `volumes=data:/var/lib/x:1GiB`,
 * `secrets=db:1,api:2@0440/web` (a secret, what stands for its value, its mode and owner),
 * `binds=/srv/x:/y:ro,/srv/z:/z:create`, `limits=memory:1GiB,cpu:2,autostart:true`,
 * `config=security.guestapi:true`, `plug=card:gpu` (a device and its type), `profiles=default,gpu`,
 * `health=unit:web.service` or `health=http:/up` or `health=stable`, `stateful=no`, `after=db`, `was=old`, `store=copy`, `activation=restart`, `keep=3`, `timeout=1000`, `grace=45s` (`stop-timeout`), `problem=no-such-folder`.
 */
export type Wanted = string;

const WANTED = [
  ...[
    'source',
    'nixpkgs',
    'ref',
    'publish',
    'volumes',
    'binds',
    'secrets',
    'limits',
    'config',
    'plug',
    'profiles',
    'health',
    'stateful',
  ],
  ...['after', 'was', 'store', 'activation', 'keep', 'timeout', 'grace', 'rehearse', 'problem'],
];
const HAPPENED = [
  ...['status', 'state', 'record', 'top', 'forwarder', 'seen-ref', 'devices', 'altered', 'added', 'becoming'],
  ...['former'],
  ...['mounts', 'seen-limits', 'seen-config', 'kept', 'condemned', 'condemned-secrets', 'touched'],
  ...['tried', 'protect', 'hold'],
];
const OPTION = new RegExp(`^(${[...WANTED, ...HAPPENED].join('|')})=(.+)$`);

export type Words = {
  readonly name: AppName;
  readonly listen: Listen | null;
  readonly option: (key: string) => string | undefined;
  /** An option's parts; none: no parts. */
  readonly list: (key: string) => readonly string[];
};

export function wordsOf(text: string): Words {
  const [name = '', place = '-', ...rest] = text.split(' ');
  const options = new Map(
    rest.map((word) => {
      const [, key = '', value = ''] = OPTION.exec(word) ?? fail(`what is \`${word}\` in \`${text}\`?`);
      return [key, value];
    }),
  );
  return {
    name: name as AppName,
    listen: place === '-' ? null : at(place),
    option: (key) => options.get(key),
    list: (key) => options.get(key)?.split(',') ?? [],
  };
}

export function fail(message: string): never {
  throw new Error(message);
}

/** `7700`: on 127.0.0.1. */
export function at(text: string): Listen {
  return (
    parseListen(/^\d+$/.test(text) ? `127.0.0.1:${text}` : text) ?? fail(`not a place to listen: ${text}`)
  );
}

/** `80-81/udp`: on 127.0.0.1; `unix:/run/web.sock`. */
export function bindingAt(text: string): DesiredExposure['binding'] {
  const [, where = '', udp] = /^(.*?)(\/udp)?$/.exec(text) ?? [];
  const place = /^[\d-]+$/.test(where) ? `127.0.0.1:${where}` : where;
  const written = text.startsWith('unix:') ? text : `${udp ? 'udp' : 'tcp'}:${place}`;
  return parseProxyListen(written) ?? fail(`not a binding: ${text}`);
}

const PLATFORM = 'x86_64-linux';

export function wanted(text: Wanted): DesiredApp {
  const words = wordsOf(text);
  const { name, listen, option } = words;
  const sources = sourcesOf(option('source') ?? 'a', option('nixpkgs') ?? 'nixos-25.11');
  const bare = { name, ...sources, platform: PLATFORM, listen, modules: [], nixos: {} };
  const app = { ...bare, ...storageOf(words), ...passedOn(words), ...handling(words) };
  const exposures = exposuresOf(words);
  const refs =
    'ref' in sources.source ? { 'flake-ref': option('ref') ?? `./${name}` } : { 'flake-ref': null };
  const facets: Facets = {
    system: systemFacet(sources),
    exposure: { listen: listen && formatListen(listen), ...publishFacet(exposures) },
    storage: storageFacet(app),
    limits: limitsFacet(words),
    container: containerFacet(app, words),
    meta: { ...refs, ...graceField(graceOf(words)) },
    power: { state: 'running' },
    ...(words.option('health') && { health: { check: words.option('health') ?? null } }),
    ...(words.option('secrets') && { secrets: secretsFacet(words) }),
  };
  return {
    ...app,
    exposures,
    facets,
    secrets: secretsOf(words).map(({ name: secret, mode, owner }) => ({ name: secret, mode, owner })),
  };
}

function exposuresOf({ listen, list }: Words): DesiredExposure[] {
  const web: DesiredExposure[] = listen
    ? [{ role: 'web', binding: bindingOf(listen), connect: 'tcp:127.0.0.1:8080', mode: null }]
    : [];
  const others = list('publish').map((item): DesiredExposure => {
    const [, place = '', to = '', mode] = /^(.+)>([\d-]+)(?:@(\d+))?$/.exec(item) ?? fail(`what is ${item}?`);
    const binding = bindingAt(place);
    const protocol = binding.protocol === 'udp' ? 'udp' : 'tcp';
    return { role: 'publish', binding, connect: `${protocol}:127.0.0.1:${to}`, mode: mode ?? null };
  });
  return [...web, ...others];
}

function secretsOf({ list }: Words): (DesiredSecret & { readonly value: string })[] {
  return list('secrets').map((item) => {
    const [, secret = '', value = '', mode = '0400', owner = 'root'] =
      /^([\w.-]+):(\w+)(?:@(\d+)\/(\w+))?$/.exec(item) ?? fail(`what is ${item}?`);
    return { name: secret, value, mode, owner: /^\d+$/.test(owner) ? Number(owner) : owner };
  });
}

export function secretsFacet(words: Words): Facet {
  return Object.fromEntries(
    secretsOf(words).map(({ name, value, mode, owner }) => [
      `secret.${name}`,
      `v1:${value} ${mode} ${owner}`,
    ]),
  );
}

function storageOf({ list }: Words): Pick<DesiredApp, 'volumes' | 'binds'> {
  const volumes = list('volumes').map((item): VolumeMount => {
    const [name = '', path = '', size] = item.split(':');
    return { name, path, size: size ?? null };
  });
  const binds = list('binds').map((item): Bind => {
    const [source = '', path = '', ...flags] = item.split(':');
    const [readOnly, create] = [flags.includes('ro'), flags.includes('create')];
    return { source: { written: source, path: source }, path, readOnly, create };
  });
  return { volumes, binds };
}

const LIMIT_KEY: Readonly<Record<string, string>> = { memory: 'limits.memory', autostart: 'boot.autostart' };

/** The config key that a limit is in. */
export function limitKey(limit: string, value: string): string {
  return LIMIT_KEY[limit] ?? (value.endsWith('%') ? 'limits.cpu.allowance' : 'limits.cpu');
}

function passedOn({ list, option }: Words): Pick<DesiredApp, 'config' | 'devices' | 'profiles'> {
  const limits = pairs(list('limits')).map(([key, value]) => [limitKey(key, value), value] as const);
  const devices: Passthrough['devices'] = Object.fromEntries(
    pairs(list('plug')).map(([device, type]) => [device, { type }]),
  );
  return {
    config: Object.fromEntries([...limits, ...pairs(list('config'))]),
    devices,
    profiles: option('profiles') === undefined ? null : list('profiles'),
  };
}

export function pairs(items: readonly string[]): (readonly [string, string])[] {
  return items.map((item) => {
    const [key = '', ...value] = item.split(':');
    return [key, value.join(':')];
  });
}

function handling(words: Words) {
  const { name, option, list } = words;
  const [problem, timeout] = [option('problem'), option('timeout')];
  return {
    was: (option('was') ?? null) as AppName | null,
    after: list('after') as readonly AppName[],
    store: (option('store') ?? null) as DesiredApp['store'],
    image: 'nixos',
    activation: (option('activation') ?? 'auto') as DesiredApp['activation'],
    health: healthOf(option('health')),
    stateful: option('stateful') === undefined && option('volumes') !== undefined,
    rehearsal: option('rehearse') === undefined ? null : { network: option('rehearse') === 'network' },
    keep: Number(option('keep') ?? 5),
    timeout: timeout === undefined ? null : Number(timeout),
    stopTimeout: graceOf(words),
    problems: [
      ...missing('flake-ref', words),
      ...missing('nixpkgs', words),
      ...(problem === undefined ? [] : [{ code: 'bug' as const, app: name, message: problem }]),
    ],
  };
}

function graceOf({ option }: Words): number {
  return parseDuration(option('grace') ?? '') ?? DEFAULT_GRACE_MS;
}

function healthOf(text: string | undefined): Health | null {
  if (text === undefined) return null;
  const [kind, what = ''] = text.split(':');
  const often = { timeoutMs: 60_000, intervalMs: 1000, successes: 2 };
  const port = 8080 as Port;
  if (kind === 'http') return { check: { kind, path: what, status: [200], port }, ...often };
  if (kind === 'unit') return { check: { kind, unit: what }, ...often };
  return { check: { kind: 'stable' }, ...often };
}

/** As `manifest/desired.ts` says it of a source that cannot be read. */
function missing(key: 'flake-ref' | 'nixpkgs', { name, option }: Words): Problem[] {
  if (option(key === 'flake-ref' ? 'source' : key) !== 'missing') return [];
  return [
    {
      code: 'source-missing' as const,
      app: name,
      path: ['apps', name, key],
      message: 'no such folder: /srv/x',
    },
  ];
}

function sourcesOf(text: string, nixpkgs: string): AppSources {
  if (text.startsWith('/nix/store/'))
    return { source: { kind: 'toplevel', path: text as StorePath }, nixpkgs: null };
  const source = text.endsWith('.nix')
    ? { kind: 'config' as const, file: { written: text, path: `/srv/${text}` } }
    : flake(text, 'nixosModules.incus');
  return { source, nixpkgs: flake(nixpkgs, '') };
}

function flake(text: string, attribute: string): Source {
  const local: FlakeRef = { written: './x', url: 'path:/srv/x', attribute, directory: '/srv/x' };
  if (text === 'missing')
    return {
      kind: 'missing',
      ref: local,
      problem: { code: 'source-missing', message: 'no such folder: /srv/x' },
    };
  if (text.includes(':'))
    return { kind: 'remote', ref: { written: text, url: text, attribute }, locked: null };
  return { kind: 'local', ref: local, contentHash: text };
}

function systemFacet({ source, nixpkgs }: AppSources): Facet {
  if (nixpkgs === null) return { source: source.path, platform: PLATFORM };
  return { source: identity(source), nixpkgs: identity(nixpkgs), platform: PLATFORM };
}

/** As `manifest/desired.ts` has it: `executor/` puts the pin in the place of `unlocked:<url>`. */
function identity(source: AppSource): string {
  switch (source.kind) {
    case 'toplevel':
      return source.path;
    case 'config':
      return `hash-of-${source.file.written}`;
    case 'local':
      return source.contentHash;
    case 'missing':
      return UNKNOWN;
    case 'remote':
      return `unlocked:${source.ref.url}#${source.ref.attribute}`.replace(/#$/, '');
  }
}

type Published = Pick<DesiredExposure, 'role' | 'connect' | 'mode'> & {
  readonly binding: DesiredExposure['binding'] | null;
};

export function publishFacet(exposures: readonly Published[]): Facet {
  return Object.fromEntries(
    exposures.flatMap(({ role, binding, connect, mode }) =>
      role === 'publish' && binding
        ? [[`publish.${formatBinding(binding)}`, `${connect}${mode === null ? '' : ` mode=${mode}`}`]]
        : [],
    ),
  );
}

function storageFacet({ volumes, binds }: Pick<DesiredApp, 'volumes' | 'binds'>): Facet {
  return Object.fromEntries([
    ...volumes.map(({ name, path }) => [`volume.${name}`, path]),
    ...volumes.flatMap(({ name, size }) => (size === null ? [] : [[`size.${name}`, size]])),
    ...binds.map(({ source, path, readOnly }) => [`bind.${path}`, `${source.path}${readOnly ? ':ro' : ''}`]),
  ]) as Facet;
}

function limitsFacet({ list }: Words): Facet {
  return Object.fromEntries(pairs(list('limits')));
}

function containerFacet(
  { devices, profiles }: Pick<DesiredApp, 'devices' | 'profiles'>,
  { list }: Words,
): Facet {
  return Object.fromEntries([
    ...pairs(list('config')).map(([key, value]) => [`config.${key}`, value]),
    ...Object.entries(devices).map(([name, device]) => [`device.${name}`, JSON.stringify(device)]),
    ...(profiles === null ? [] : [['profiles', profiles.join(',')]]),
  ]) as Facet;
}
