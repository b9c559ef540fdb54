import * as v from 'valibot';
import { isAppName, type AppName } from '../domain/names.js';
import type { AppRef, ManifestApp, VolumeMount } from '../domain/manifest.js';
import type { Checked, App, PartialApp, Issue } from './check.js';
import { STABLE } from './keys/health.js';
import { publishOf } from './keys/publish.js';
import type { ManifestSchema } from './schema.js';
import { secretsOf } from './keys/secrets.js';
import { rowOf } from './shape.js';

type Defaults = Checked<ManifestSchema['defaults']>;

/** [defaults] with the values that its keys have when they are not written. */
export function withFallbacks(schema: ManifestSchema, written: Keys, defaults: Defaults): Defaults {
  const fallbacks = Object.entries<v.GenericSchema>(schema.defaults.entries).flatMap(([key, entry]) => {
    const fallback = rowOf(entry).default;
    return typeof fallback === 'string' ? [] : [[key, v.parse(entry, fallback.value)] as const];
  });
  return over(Object.fromEntries(fallbacks), written, defaults);
}

type Keys = Readonly<Record<string, unknown>>;

export function draftOf(name: string, table: Keys, keys: App, defaults: Defaults): PartialApp {
  const limits = { ...defaults.limits, ...keys.limits };
  return {
    name,
    path: ['apps', name],
    keys: { ...over<App>(defaults, table, keys), limits },
    written: new Set(Object.keys(table)),
  };
}

/** `upper` over `lower`. A key that is written and wrong has no value: not even that of `lower`. */
function over<T extends object>(lower: T, written: Keys, upper: T): T {
  const kept = Object.entries(lower).filter(([key]) => !Object.hasOwn(written, key));
  return { ...(Object.fromEntries(kept) as T), ...upper };
}

/** What has passed every check of a manifest: `checkedDrafts` alone makes one. */
export type CheckedDraft = {
  readonly name: AppName;
  readonly source: AppRef;
  readonly keys: Whole;
  readonly [checked]: true;
};
declare const checked: unique symbol;

/** The drafts of a manifest of which nothing is wrong; null: something is. */
export function checkedDrafts(
  drafts: readonly PartialApp[],
  findings: readonly Issue[],
): readonly CheckedDraft[] | null {
  return findings.length > 0 ? null : drafts.map(asChecked);
}

function asChecked({ name, keys }: PartialApp): CheckedDraft {
  const source = sourceOf(keys);
  if (!isAppName(name) || !source || !isWhole(keys))
    throw new Error(`\`${name}\` passed the checks, and is not whole`);
  return { name, source, keys } as CheckedDraft;
}

export function appOf({ name, source, keys }: CheckedDraft): ManifestApp {
  const { listen, nixpkgs, keep, activation, image, 'stop-timeout': stopTimeout, ...app } = keys;
  const { limits, incus = {} } = app;
  return {
    name,
    was: app.was ?? null,
    ...(source.kind === 'toplevel' ? { source, nixpkgs: null } : { source, nixpkgs }),
    modules: app.modules ?? [],
    nixos: app.nixos ?? {},
    port: app.port ?? null,
    listen,
    publish: (app.publish ?? []).map((one) => publishOf(one, listen)),
    volumes: volumesOf(keys).sort((a, b) => (a.name < b.name ? -1 : 1)),
    binds: app.binds ?? [],
    secrets: secretsOf(keys),
    health: app.health === undefined ? STABLE : app.health.health,
    stateful: app.stateful ?? volumesOf(keys).length > 0,
    limits: { memory: limits?.memory ?? null, cpu: limits?.cpu ?? null },
    autostart: app.autostart ?? null,
    incus: {
      config: Object.fromEntries(incus.config ?? []),
      devices: Object.fromEntries(incus.devices ?? []),
      profiles: incus.profiles ?? null,
      ...(incus.trusted === true && { trusted: true as const }),
    },
    after: [...new Set(app.after)].sort(),
    tags: app.tags ?? [],
    store: app.store ?? null,
    image,
    activation,
    keep,
    timeout: app.timeout ?? null,
    stopTimeout,
    update: app.update?.auto ?? null,
    rehearsal: app.update?.rehearsal ?? null,
    restartUnhealthy: app.health?.restart ?? false,
    backup: app.backup ?? null,
  };
}

/** What an app has from [defaults] where it says nothing. */
const FILLED = ['listen', 'nixpkgs', 'keep', 'activation', 'image', 'stop-timeout'] as const;
type Whole = App & Required<Pick<App, (typeof FILLED)[number]>>;

function isWhole(keys: App): keys is Whole {
  return FILLED.every((key) => keys[key] !== undefined);
}

function sourceOf({ 'flake-ref': ref, config, toplevel }: App): AppRef | null {
  if (ref) return { kind: 'flake', ref };
  if (config) return { kind: 'config', file: config };
  return toplevel ? { kind: 'toplevel', path: toplevel } : null;
}

export function volumesOf({ volumes = [] }: App): VolumeMount[] {
  return volumes.map(([name, volume]) =>
    typeof volume === 'string'
      ? { name, path: volume, size: null }
      : { name, path: volume.path, size: volume.size ?? null },
  );
}
