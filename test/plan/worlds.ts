import { formatListen, parseListen } from '../../src/listen.js';
import type {
  Actual,
  ActualApp,
  Applied,
  AppName,
  Claim,
  Desired,
  DesiredApp,
  Exposure,
  Facet,
  Facets,
  FlakeRef,
  Listen,
  Plan,
  Source,
} from '../../src/model.js';
import { planOf } from '../../src/plan/plan.js';
import { printPlan } from '../../src/plan/print.js';

/**
 * A wanted app in a few words: `web 7700 source=b`. Second word: where it is exposed (a bare port is on
 * 127.0.0.1; `-`: nowhere). Options:
 * `source`, `nixpkgs`: name of a content, `missing`, or the URL of a remote ref without a pin; `ref`: as written.
 */
export type Wanted = string;
/**
 * A pet as the last run left it, by the same words, and then what happened to it:
 * `status=Stopped` `state=creating` `record=none` `top=/nix/store/by-hand` `forwarder=dead` `seen-ref=./x`,
 * `devices=web:7700,web-2:7701` or `devices=none` where the proxies are not what was applied.
 */
export type Found = string;

export type World = {
  readonly want: readonly Wanted[];
  readonly have?: readonly Found[];
  readonly claims?: readonly Claim[];
  readonly strangers?: Actual['strangers'];
  readonly addresses?: readonly string[];
  readonly prune?: boolean;
  /** Selected apps. */
  readonly only?: readonly string[];
};

export function planned({ want, have = [], prune = false, only, ...rest }: World): Plan {
  const selected = only ? new Set(only.map(appName)) : null;
  return planOf(desired(want), actual(have, rest), { prune, only: selected });
}

/** What `printPlan` says of that world. */
export function shown(world: World): string {
  return printPlan(planned(world));
}

/** A golden text: without the indentation of its first line, and without the lines that the backticks stand on. */
export function golden(text: string): string {
  const lines = text.split('\n').slice(1, -1);
  const indent = /^ */.exec(lines[0] ?? '')?.[0].length ?? 0;
  return lines.map((line) => line.slice(indent)).join('\n');
}

export function desired(want: readonly Wanted[]): Desired {
  return { project: 'homelab', apps: want.map(wanted) };
}

export function actual(have: readonly Found[], over: Partial<Actual> = {}): Actual {
  return { apps: have.map(found), strangers: {}, claims: [], addresses: ['127.0.0.1', '10.0.0.5'], ...over };
}

export function appName(text: string): AppName {
  return text as AppName;
}

/** `7700`: on 127.0.0.1. */
export function at(text: string): Listen {
  const listen = parseListen(/^\d+$/.test(text) ? `127.0.0.1:${text}` : text);
  if (!listen) throw new Error(`not a place to listen: ${text}`);
  return listen;
}

export function claim(listen: string, holder: string, live = true): Claim {
  return { listen: at(listen), holder, live, passing: false };
}

const PLATFORM = 'x86_64-linux';
const OPTIONS = /^(source|nixpkgs|ref|status|state|record|top|forwarder|seen-ref|devices|altered)=(.+)$/;

type Words = {
  readonly name: AppName;
  readonly listen: Listen | null;
  readonly option: (key: string) => string | undefined;
};

function wordsOf(text: string): Words {
  const [name = '', place = '-', ...rest] = text.split(' ');
  const options = rest.map((word) => OPTIONS.exec(word) ?? fail(`what is \`${word}\` in \`${text}\`?`));
  return {
    name: appName(name),
    listen: place === '-' ? null : at(place),
    option: (key) => options.find((o) => o[1] === key)?.[2],
  };
}

function fail(message: string): never {
  throw new Error(message);
}

export function wanted(text: Wanted): DesiredApp {
  const { name, listen, option } = wordsOf(text);
  const source = sourceOf(option('source') ?? 'a', 'nixosModules.incus');
  const nixpkgs = sourceOf(option('nixpkgs') ?? 'nixos-25.11', '');
  const system = { source: identity(source), nixpkgs: identity(nixpkgs), platform: PLATFORM };
  const facets: Facets = {
    system,
    exposure: { listen: listen && formatListen(listen) },
    meta: { 'flake-ref': option('ref') ?? `./${name}` },
    power: { state: 'running' },
  };
  return { name, source, nixpkgs, platform: PLATFORM, listen, facets };
}

function sourceOf(text: string, attribute: string): Source {
  const local: FlakeRef = { written: './x', url: 'path:/srv/x', attribute, directory: '/srv/x' };
  if (text === 'missing')
    return { kind: 'missing', ref: local, problem: { message: 'no such folder: /srv/x' } };
  if (text.includes(':'))
    return { kind: 'remote', ref: { written: text, url: text, attribute }, locked: null };
  return { kind: 'local', ref: local, contentHash: text };
}

/** As `manifest/desired.ts` has it: `apply/` puts the pin in the place of `unlocked:<url>`. */
function identity({ kind, ref, ...source }: Source): string {
  if ('contentHash' in source) return source.contentHash;
  return kind === 'missing' ? `missing:${ref.url}` : `unlocked:${ref.url}#${ref.attribute}`.replace(/#$/, '');
}

/** As a run leaves an app that went well: nothing is to be done about it. */
export function applied(app: DesiredApp): ActualApp {
  const toplevel = toplevelOf(app.facets);
  const devices = app.listen ? [deviceOf('web', app.listen)] : [];
  return seenAs({
    name: app.name,
    status: 'Running',
    state: 'ready',
    applied: { v: 1, generation: 1, toplevel, facets: app.facets },
    exposures: devices,
    altered: [],
    facets: { system: { toplevel }, meta: app.facets.meta ?? {} },
  });
}

/** A system's store path, by what it is made of. */
export function toplevelOf({ system }: Facets): string {
  return `/nix/store/${Object.values(system ?? {}).join('-')}`;
}

export function deviceOf(device: string, listen: Listen): Exposure {
  return { device, raw: `tcp:${formatListen(listen)}`, listen };
}

/** With the facets that follow from the rest, in the words in which `incus/observe.ts` has them. */
export function seenAs(app: ActualApp, forwarder?: string): ActualApp {
  const listens = app.exposures.map((e) => e.raw.replace(/^tcp:/, ''));
  const exposure: Facet = {
    listen: listens.length > 0 ? listens.join(', ') : null,
    ...(forwarder === undefined ? {} : { forwarder }),
  };
  return { ...app, facets: { ...app.facets, power: { state: app.status.toLowerCase() }, exposure } };
}

export function found(text: Found): ActualApp {
  const { option } = wordsOf(text);
  const whole = applied(wanted(text));
  const devices = option('devices');
  const half = option('state') === 'creating';
  const app: ActualApp = {
    ...whole,
    status: option('status') ?? 'Running',
    state: half ? 'creating' : 'ready',
    applied: half || option('record') === 'none' ? null : whole.applied,
    exposures: devices === undefined ? whole.exposures : devicesIn(devices),
    altered: option('altered')?.split(',') ?? [],
    facets: { system: topSeen(option('top'), whole), meta: refSeen(option('seen-ref'), whole) },
  };
  return seenAs(app, option('forwarder'));
}

function devicesIn(text: string): Exposure[] {
  if (text === 'none') return [];
  return text.split(',').map((pair) => {
    const [device = '', ...listen] = pair.split(':');
    return deviceOf(device, at(listen.join(':')));
  });
}

function topSeen(top: string | undefined, { facets }: ActualApp): Facet {
  if (top === undefined) return facets.system ?? {};
  return { toplevel: top === 'none' ? null : top };
}

function refSeen(ref: string | undefined, { facets }: ActualApp): Facet {
  return ref === undefined ? (facets.meta ?? {}) : { 'flake-ref': ref };
}

/** The same pet with its record changed: what an older or a newer pets left there. */
export function rerecorded(app: ActualApp, change: (facets: Facets) => Facets): ActualApp {
  const record: Applied = app.applied ?? fail(`${app.name} has no record`);
  return { ...app, applied: { ...record, facets: change(record.facets) } };
}
