import { formatDuration } from '../lib/format.js';
import type {
  BackupPolicy,
  Bind,
  Manifest,
  ManifestApp,
  NixValue,
  Publish,
  Secret,
} from '../domain/manifest.js';
import { writtenHealth } from './keys/health.js';
import { leavesOf, type NixTable, formatJson, formatKey } from '../domain/nix-value.js';
import { formatValue } from './toml.js';
import { formatPorts } from './values.js';

type Tables = { readonly [key: string]: NixValue };

/** The manifest with every default filled in. As TOML it is a manifest again, with the same meaning. */
export function printManifest({ project, apps }: Manifest, format: 'toml' | 'json'): string {
  if (format === 'json') {
    const tables = Object.fromEntries(apps.map((app) => [app.name, keysOf(app)]));
    return `${formatJson({ project, apps: tables }, '')}\n`;
  }
  const parts = [`project = ${formatValue(project)}`, ...apps.map(printApp)];
  return `${parts.join('\n\n')}\n`;
}

/** `nixos` and `incus` a line for each leaf, `publish` in tables of its own, all else `key = value`. */
function printApp(app: ManifestApp): string {
  const { publish = [], nixos = {}, incus = {}, ...others } = keysOf(app);
  const nested = leavesOf({ ...(app.source.kind !== 'toplevel' && { nixos }), incus });
  const lines = [
    `[apps.${app.name}]`,
    ...Object.entries(others).map(([key, value]) => `${key} = ${formatValue(value)}`),
    ...nested.map(([path, value]) => `${path.map(formatKey).join('.')} = ${formatValue(value)}`),
  ];
  const tables = (publish as readonly Tables[]).map((one) => [
    `[[apps.${app.name}.publish]]`,
    ...Object.entries(one).map(([key, value]) => `${key} = ${formatValue(value)}`),
  ]);
  return [lines, ...tables].map((part) => part.join('\n')).join('\n\n');
}

/** The keys as they are written; what is not set and has no default is left out. */
function keysOf(app: ManifestApp): Tables {
  const { port, was, autostart, store, timeout, limits, volumes, binds } = app;
  const check = writtenHealth(app.health);
  const health = check !== false && app.restartUnhealthy ? { ...check, restart: true } : check;
  return {
    ...sourceOf(app),
    ...(port !== null && { port }),
    listen: app.listen,
    publish: app.publish.map(publishOf),
    volumes: Object.fromEntries(
      volumes.map(({ name, path, size }) => [name, size === null ? path : { path, size }]),
    ),
    binds: binds.map(bindOf),
    secrets: Object.fromEntries(app.secrets.map((secret) => [secret.name, secretOf(secret)])),
    ...(health !== null && { health }),
    ...(volumes.length > 0 && { stateful: app.stateful }),
    limits: limitsOf(limits),
    ...(autostart !== null && { autostart }),
    after: app.after,
    tags: app.tags,
    ...(timeout !== null && { timeout: formatDuration(timeout) }),
    'stop-timeout': formatDuration(app.stopTimeout),
    ...((app.update !== null || app.rehearsal !== null) && { update: updateOf(app) }),
    ...(app.backup !== null && { backup: backupOf(app.backup) }),
    keep: app.keep,
    activation: app.activation,
    ...(store !== null && { store }),
    image: app.image,
    ...(was !== null && { was }),
    incus: incusOf(app.incus),
  };
}

function sourceOf({ source, nixpkgs, modules, nixos }: ManifestApp): Tables {
  if (nixpkgs === null) return { toplevel: source.path };
  const main =
    source.kind === 'flake' ? { 'flake-ref': source.ref.written } : { config: source.file.written };
  return { ...main, nixpkgs: nixpkgs.written, modules: modules.map(({ written }) => written), nixos };
}

function publishOf({ binding, to, mode }: Publish): Tables {
  if (binding.protocol === 'unix')
    return { socket: binding.path, to: formatPorts(to), ...(mode !== null && { mode }) };
  const { protocol, address, ...ports } = binding;
  return { port: formatPorts(ports), to: formatPorts(to), protocol, listen: address };
}

function bindOf({ source, path, readOnly, create }: Bind): string {
  return `${source.written}:${path}${readOnly ? ':ro' : ''}${create ? ':create' : ''}`;
}

/** Where its value comes from, never the value. */
function secretOf({ source, mode, owner }: Secret): Tables {
  const from = (): Tables => {
    switch (source.kind) {
      case 'file':
        return { file: source.file.written };
      case 'sops':
        return { sops: source.file.written, key: source.key };
      case 'env':
        return { env: source.variable };
      case 'command':
        return { command: source.command };
      case 'generate':
        return { generate: true, length: source.length };
    }
  };
  return { ...from(), mode, owner };
}

function updateOf({ update, rehearsal }: Pick<ManifestApp, 'update' | 'rehearsal'>): Tables {
  return {
    ...(update === null
      ? { auto: false }
      : { auto: true, schedule: update.schedule.written, 'allow-major': update.allowMajor }),
    rehearse: rehearsal?.network === true ? { network: true } : rehearsal !== null,
  };
}

function backupOf({ schedule, keep, to }: BackupPolicy): Tables {
  return {
    ...(schedule !== null && { schedule: schedule.written }),
    ...(keep !== null && { keep: { ...keep } }),
    ...(to !== null && { to: to.written }),
  };
}

function limitsOf({ memory, cpu }: ManifestApp['limits']): Tables {
  return {
    ...(memory !== null && { memory }),
    ...(cpu !== null && { cpu: /^\d+$/.test(cpu) ? Number(cpu) : cpu }),
  };
}

function incusOf({ config, devices, profiles, trusted }: ManifestApp['incus']): NixTable {
  return { config, devices, ...(profiles !== null && { profiles }), ...(trusted && { trusted }) };
}
