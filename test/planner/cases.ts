import fc from 'fast-check';
import { overlaps } from '../../src/domain/binding.js';
import type { Actual } from '../../src/domain/actual.js';
import type { Binding } from '../../src/domain/binding.js';
import type { Desired, DesiredApp } from '../../src/domain/desired.js';
import type { Plan } from '../../src/domain/plan.js';
import { planOf } from '../../src/planner/plan.js';
import { bindingAt } from './words.js';
import { actualOf, desired, type World } from './worlds.js';

/** A manifest, a machine, and choices: which of the operations that may start does so next. */
export type Case = { readonly world: World; readonly wanted: Desired; readonly picks: readonly number[] };

export const NAMES = ['a', 'b', 'c', 'd', 'e'];
const PLACES = ['127.0.0.1', '127.0.0.2', '0.0.0.0', '[::]'].flatMap((host) =>
  [80, 81, 82, 83].map((port) => `${host}:${port}`),
);
const PUBLISHED = [
  ...['127.0.0.1:80/udp', '0.0.0.0:80/udp', '127.0.0.1:80-82', '127.0.0.2:82-83', '[::]:81-83/udp'],
  ...['unix:/run/a.sock', 'unix:/run/b.sock'],
];

/** Places of which no two are in the way of one another: what a manifest may ask for, and a machine may have. */
function free(shuffled: readonly string[]): string[] {
  const open: Binding[] = [];
  return shuffled.filter((place) => {
    const binding = bindingAt(place);
    const fits = !open.some((other) => overlaps(other, binding));
    if (fits) open.push(binding);
    return fits;
  });
}

const shuffled = (list: string[]) => fc.shuffledSubarray(list, { minLength: list.length });
const eachApp = <T>(one: fc.Arbitrary<T>) =>
  fc.array(one, { minLength: NAMES.length, maxLength: NAMES.length });

/** One place for each app, or none. */
export const places = fc
  .tuple(shuffled(PLACES), eachApp(fc.boolean()))
  .map(([order, exposed]) => exposed.map((is, i) => (is ? (free(order)[i] ?? '-') : '-')));

/** For each app its place and what it publishes: `127.0.0.1:80 publish=…`. */
const exposures = fc
  .tuple(
    fc.shuffledSubarray([...PLACES, ...PUBLISHED], { maxLength: 10 }),
    fc.array(fc.nat(NAMES.length * 2), { minLength: 10, maxLength: 10 }),
  )
  .map(([order, owners]) => {
    const taken = free(order).map((place, i) => ({ place, owner: owners[i] ?? 0 }));
    return NAMES.map((_, app) => {
      const its = taken.filter(({ owner }) => owner === app).map(({ place }) => place);
      const main = its.find((place) => /:\d+$/.test(place)) ?? '-';
      const others = its.filter((place) => place !== main).map((place) => `${place}>${portsOf(place)}`);
      return others.length > 0 ? `${main} publish=${others.join(',')}` : main;
    });
  });

function portsOf(place: string): string {
  return /:([\d-]+)(?:\/udp)?$/.exec(place)?.[1] ?? '8080';
}

const oneOf = (...words: string[]) => fc.constantFrom('', '', '', ...words);
const storage = oneOf(
  'volumes=data:/x',
  'volumes=data:/x:1GiB',
  'volumes=data:/y,cache:/x',
  'volumes=cache:/y,data:/x:2GiB',
  'volumes=cache:/x binds=/srv/y:/y:ro',
  'binds=/srv/x:/x,/srv/y:/y',
  'binds=/srv/x:/x:ro,/srv/z:/z:create',
  'volumes=data:/z binds=/srv/x:/x',
);
const limits = oneOf('limits=memory:1GiB', 'limits=memory:2GiB,cpu:50%', 'limits=cpu:2,autostart:true');
const passthrough = oneOf(
  'config=security.guestapi:true',
  'config=limits.processes:500',
  'config=security.guestapi:false,user.x:1 plug=card:gpu',
  'plug=card:gpu,key:usb profiles=default',
  'profiles=default,gpu',
);
const secrets = oneOf(
  'secrets=db:1',
  'secrets=db:2,api:1@0440/web',
  'secrets=db:1@0440/web',
  'secrets=api:1@0400/web',
);
const store = fc.oneof(
  { weight: 4, arbitrary: fc.constant('') },
  fc.constantFrom('store=copy', 'store=shared'),
);
const source = oneOf('source=b');
const activation = oneOf('activation=restart', 'activation=switch');
const fate = fc.constantFrom(
  '',
  '',
  '',
  ...['status=Stopped', 'status=Frozen', 'record=none', 'becoming=its-own', 'top=/nix/store/by-hand'],
  ...['mounts=none', 'mounts=data:/elsewhere', 'seen-limits=memory:9GiB', 'altered=raw.lxc'],
  ...[
    'kept=1',
    'kept=1,2',
    'kept=1,2,3 status=Stopped',
    'kept=1,2 state=returning',
    'kept=1 status=Stopped',
    'kept=2 mounts=none',
    'kept=1 seen-limits=memory:9GiB',
  ],
  ...['kept=1 state=upgrading', 'kept=1 state=upgrading top=/nix/store/by-hand', 'kept=1 state=restoring'],
  ...[
    'kept=1 state=upgrading status=Stopped',
    'kept=1 state=restoring top=/nix/store/by-hand status=Stopped',
  ],
  ...['altered=raw.lxc status=Stopped', 'mounts=none state=creating status=Stopped', 'state=creating'],
  ...['state=creating altered=raw.lxc status=Stopped', 'seen-limits=memory:9GiB state=creating'],
  null,
);

/** What is asked of an app, and what may be on the machine, apart from where it is exposed. */
const facts = fc.tuple(source, storage, limits, passthrough, secrets, store);
/** Its name in the manifest, and what was its name: some are renamed, and of these some have been already. */
const naming = fc.constantFrom(
  ...['same', 'same', 'same', 'same', 'renamed', 'renamed'],
  // Both are there; the container has its new name already, and that is still wanted, or not any more.
  ...['both', 'moved', 'back'],
);

type Parts = {
  readonly to: readonly string[];
  readonly from: readonly string[];
  readonly asked: readonly (readonly string[])[];
  readonly there: readonly (readonly string[])[];
  readonly fates: readonly (string | null)[];
  readonly naming: readonly string[];
  readonly handling: readonly string[];
  readonly after: readonly number[];
  readonly wanted: readonly string[];
  readonly volumes: readonly string[];
  readonly picks: readonly number[];
};

export const cases: fc.Arbitrary<Case> = fc
  .record({
    to: exposures,
    from: exposures,
    asked: eachApp(facts),
    there: eachApp(facts),
    fates: eachApp(fate),
    naming: eachApp(naming),
    handling: eachApp(activation),
    after: eachApp(fc.nat(15)),
    wanted: fc.subarray(NAMES),
    volumes: fc.subarray(NAMES.map((name) => `${name}/data`)),
    picks: fc.array(fc.nat(), { minLength: 100, maxLength: 100 }),
  })
  .map(caseOf);

function caseOf(parts: Parts): Case {
  const want = NAMES.flatMap((name, i) => (parts.wanted.includes(name) ? [wantedOf(name, i, parts)] : []));
  const have = NAMES.flatMap((name, i) => {
    const state = parts.fates[i] ?? null;
    const fated = (state ?? '').replace('its-own', `${name}2`);
    const words = (by: string, place = '-') => text(by, place, ...(parts.there[i] ?? []), fated);
    if (state === null) return [];
    const name2 = `${name}2`;
    if (parts.naming[i] === 'both') return [words(name, parts.from[i]), text(name2, '-')];
    const isMoved = parts.naming[i] === 'moved' || parts.naming[i] === 'back';
    if (isMoved) return [`${words(name2, parts.from[i])} becoming=${name2} former=${name} status=Stopped`];
    return [words(name, parts.from[i])];
  });
  const attached = have
    .map((words) => words.split(' '))
    .filter((words) => words.some((w) => w.includes('data:')));
  const volumes = parts.volumes.filter(
    (kept) => !attached.some(([name = '']) => kept === `${name.replace('2', '')}/data`),
  );
  const world = { want, have, volumes };
  return { world, wanted: desired(want), picks: parts.picks };
}

function wantedOf(
  name: string,
  i: number,
  { to, asked, naming: names, handling, after, wanted }: Parts,
): string {
  const isRenamed = isToBeRenamed(names[i]);
  const before = NAMES.slice(0, i).filter(
    (other, bit) => wanted.includes(other) && (after[i] ?? 0) & (1 << bit),
  );
  const others = before.map((other) => (isToBeRenamed(names[NAMES.indexOf(other)]) ? `${other}2` : other));
  return text(
    isRenamed ? `${name}2` : name,
    to[i] ?? '-',
    // A container that is renamed keeps its store until it has its new name.
    ...(asked[i] ?? []).filter((word) => names[i] === 'same' || !word.startsWith('store=')),
    handling[i] ?? '',
    isRenamed ? `was=${name}` : '',
    others.length > 0 ? `after=${others.join(',')}` : '',
  );
}

function isToBeRenamed(naming = 'same'): boolean {
  return naming !== 'same' && naming !== 'back';
}

function text(...words: string[]): string {
  return words.filter((word) => word !== '').join(' ');
}

type Start = { readonly wanted: Desired; readonly there: Actual };

export function startOf({ wanted, world }: Case): Start {
  return { wanted, there: actualOf(world) };
}

/** With all that deletes containers allowed, unless it is not. */
export function planFor({ wanted, there }: Start, deletes = true): Plan {
  return planOf(wanted, there, { prune: deletes, recreate: deletes, retry: false, only: null });
}

/** As the manifest is read when these folders are there. */
export function withFolders({ apps, ...desired }: Desired, isThere: (path: string) => boolean): Desired {
  const bindsOf = ({ binds }: DesiredApp) =>
    binds.map((bind) => ({ ...bind, create: bind.create && !isThere(bind.source.path) }));
  return { ...desired, apps: apps.map((app) => ({ ...app, binds: bindsOf(app) })) };
}

export function picker(picks: readonly number[]): (count: number) => number {
  let turn = 0;
  return (count) => (picks[turn++ % picks.length] ?? 0) % Math.max(1, count);
}
