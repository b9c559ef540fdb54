import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ActualApp } from '../src/domain/actual.js';
import type { Desired } from '../src/domain/desired.js';
import type { Plan } from '../src/domain/plan.js';
import { planOf } from '../src/planner/plan.js';
import { printPlan } from '../src/planner/print.js';
import { faultyPorts, type Fault } from './faults.js';
import { Machine, systemOf } from './machine.js';
import { desired } from './planner/worlds.js';
import { examples } from './sample.js';

/** One edit of the manifest and the run after it, with what goes wrong in it and what happens afterwards. */
type Step = {
  readonly want: string;
  readonly retry: boolean;
  readonly faults: readonly Fault[];
  readonly after: 'used' | 'halted' | 'left alone';
};
type Life = { readonly faulty: readonly [system: string, at: At][]; readonly steps: readonly Step[] };
type At = 'start' | 'settle' | 'check';

const faults = fc.oneof(
  { weight: 2, arbitrary: fc.constant([]) },
  fc.array(
    fc.record({
      at: fc.nat(70),
      kind: fc.constantFrom<Fault['kind']>('daemon', 'daemon', 'program', 'killed', 'killed', 'stopped'),
      isDone: fc.boolean(),
    }),
    { maxLength: 2 },
  ),
);

/** An upgrade that is cut short at one call, and then a run that goes on with it, back, or elsewhere, at another. */
function cut(fixed: string): fc.Arbitrary<Life> {
  const want = fc
    .constantFrom('80 source=a', '80 source=a', '81 source=a', '80 source=b', '80 source=c')
    .map((words) => `web ${words} volumes=data:/x health=stable ${fixed}`.trim());
  const killed = fc.record({
    at: fc.nat(28),
    kind: fc.constant<Fault['kind']>('killed'),
    isDone: fc.boolean(),
  });
  const after = fc.constantFrom<Step['after']>('used', 'left alone', 'halted');
  const upgrade = `web 80 source=b volumes=data:/x health=stable ${fixed}`.trim();
  const faulty = fc.constantFrom<Life['faulty']>([], [['b', 'check']], [['c', 'start']]);
  return fc.tuple(killed, after, want, killed, after, want, faulty).map((parts) => {
    const [first, used, second, next, left, third, faulty] = parts;
    const step = (text: string, faults: Fault[], after: Step['after']) => ({
      want: text,
      retry: false,
      faults,
      after,
    });
    return {
      faulty,
      steps: [step(upgrade, [first], used), step(second, [next], left), step(third, [], 'used')],
    };
  });
}

const oneOf = (...words: string[]) => fc.constantFrom('', '', '', '', ...words);

function lives(fixed: string): fc.Arbitrary<Life> {
  const want = fc
    .tuple(
      fc.constantFrom('80', '80', '81', '-'),
      fc.constantFrom('source=a', 'source=b', 'source=b', 'source=c', 'source=d'),
      fc.constantFrom('volumes=data:/x', 'volumes=data:/x', 'volumes=data:/y', 'volumes=data:/x,more:/m'),
      oneOf('limits=memory:1GiB', 'limits=memory:2GiB,cpu:2'),
      oneOf('config=security.guestapi:true', 'config=user.x:1 plug=card:gpu'),
      oneOf('secrets=db:1', 'secrets=db:2'),
      fc.constantFrom('health=stable', 'health=stable', 'health=http:/up'),
      oneOf('activation=restart', 'activation=switch'),
    )
    .map((words) => ['web', ...words, fixed].filter((word) => word !== '').join(' '));
  const step = fc.record({
    ...{ faults, want: fc.nat(2) },
    retry: fc.nat(5).map((n) => n === 0),
    after: fc.constantFrom<Step['after']>('used', 'used', 'halted', 'left alone'),
  });
  const at = fc.constantFrom<At>('start', 'settle', 'check');
  const parts = fc.record({
    wants: fc.tuple(want, want, want),
    faulty: fc.tuple(at, at).map(([b, c]): [string, At][] => [
      ['b', b],
      ['c', c],
    ]),
    steps: fc.array(step, { minLength: 1, maxLength: 5 }),
  });
  // Few manifests, so that one is often gone back to.
  return parts.map(({ faulty, steps, wants }) => ({
    faulty,
    steps: steps.map((one) => ({ ...one, want: wants[one.want] ?? '' })),
  }));
}

/** A pet, and what is known of it from outside: what its volumes held when it was last whole, what people did. */
class Pet {
  readonly machine = new Machine('homelab');
  readonly told: string[] = [];
  readonly #stateful: boolean;
  readonly #faulty: Set<string>;
  #hadFaults = false;
  readonly #tokens: string[] = [];
  #whole: { readonly toplevel: string; readonly contents: Contents } = { toplevel: '', contents: new Map() };

  constructor({ faulty }: Life, fixed: string) {
    this.#stateful = !fixed.includes('stateful=no');
    for (const [source, at] of faulty) {
      const [app] = desired([`web - source=${source}`]).apps;
      if (app) this.machine.faulty.set(systemOf(app), at);
    }
    this.#faulty = new Set(this.machine.faulty.keys());
  }

  get app(): ActualApp {
    const [app] = this.machine.observed().apps;
    if (!app) throw new Error('the pet is gone');
    return app;
  }

  plan(wanted: Desired, retry = false): Plan {
    return planOf(wanted, this.machine.observed(), { prune: false, recreate: false, retry, only: null });
  }

  async up(wanted: Desired, { retry = false, faults = [] }: Partial<Step> = {}): Promise<void> {
    const plan = this.plan(wanted, retry);
    expect(plan.problems).toEqual([]);
    const before = this.machine.instance('web') ? this.differences() : [];
    this.#hadFaults ||= faults.length > 0;
    const stop = new AbortController();
    const ports = faultyPorts(this.machine.ports(), faults, () => {
      stop.abort();
    });
    const outcome = await this.machine.carryOut(plan, wanted, { ports, stop: stop.signal });
    const { result, because, failure } = outcome.apps[0] ?? { result: 'nothing' };
    const went = [result, because, failure && `${failure.op}: ${failure.problem.message}`];
    this.told.push(printPlan(plan), `  ${went.join(' | ')}`, this.#look());
    this.#check();
    if (result !== 'rolled-back' || before.length > 0) return;
    expect({ state: this.app.state, whole: this.isWhole(), differences: this.differences() }).toEqual({
      ...{ state: 'ready', whole: true, differences: [] },
    });
    this.checkSecrets();
  }

  /** Those that were recorded, and no others, in files and in what has loaded them. Nothing older is kept, unless removing it went wrong. */
  checkSecrets(): void {
    const { files = [], loaded = [], kept } = this.machine.instance('web')?.secrets ?? {};
    const recorded = Object.entries(this.app.applied?.facets.secrets ?? {});
    const wanted = new Map(recorded.map(([field, value]) => [field.replace('secret.', ''), value]));
    expect([new Map(files), new Map(loaded)]).toEqual([wanted, wanted]);
    if (!this.#hadFaults) expect([...(kept ?? [])]).toEqual([]);
  }

  #look(): string {
    const { state, status, applied, rejected } = this.app;
    const disks = this.machine.disks.volumes().map(({ name }) => this.machine.disks.shown(name));
    const runs = this.machine.instance('web')?.runs ?? 'nothing';
    const why = rejected ? `, condemned ${rejected.facets.system?.['source'] ?? ''}` : '';
    const line = `  ${state} ${status}, runs ${runs}, applied ${applied?.generation ?? 0}${why}`;
    return [line, ...disks].join('\n  ');
  }

  /** At any time. */
  #check(): void {
    expect(this.#faulty.has(this.app.applied?.toplevel ?? '')).toBe(false);
    expect(this.machine.instance('web')?.root).toBe(0);
    const all = this.machine.disks.volumes().flatMap(({ name }) => this.machine.disks.everything(name));
    expect(all).toEqual(expect.arrayContaining(this.#tokens));
    this.#checkWhole();
  }

  /** What was there when it was last whole is there; if it runs the same system, nothing that another one wrote. */
  #checkWhole(): void {
    const toplevel = this.app.applied?.toplevel;
    if (!this.isWhole() || toplevel === undefined) return;
    const contents = this.contents();
    for (const [name, before] of this.#whole.contents) {
      const now = this.machine.disks.content(name);
      expect(now.slice(0, before.length)).toEqual(before);
      if (!this.#stateful || toplevel !== this.#whole.toplevel) continue;
      expect(now.slice(before.length).filter((text) => !text.endsWith(toplevel))).toEqual([]);
    }
    this.#whole = { toplevel, contents };
  }

  isWhole(): boolean {
    const { state, applied } = this.app;
    const runs = this.machine.instance('web')?.runs ?? null;
    return state === 'ready' && applied !== null && runs === applied.toplevel;
  }

  /** Of the volumes that it has attached. */
  contents(): Contents {
    const own = this.app.attachments.flatMap((a) => (a.kind === 'volume' ? [a.volume] : []));
    const volumes = this.machine.disks.volumes().filter(({ volume }) => own.includes(volume));
    return new Map(volumes.map(({ name }) => [name, this.machine.disks.content(name)]));
  }

  happens(what: Step['after']): void {
    this.told.push(`  ${what}`);
    if (what === 'halted') this.machine.halt('web');
    const { status, runs } = this.machine.instance('web') ?? {};
    if (what !== 'used' || status !== 'Running') return;
    const token = `u${this.#tokens.length} by ${runs ?? ''}`;
    this.machine.use('web', token);
    // Only what is kept in volumes can be kept.
    if (this.app.attachments.length > 0) this.#tokens.push(token);
    this.#checkWhole();
  }

  /** What of the instance is not as it was recorded with the generation that serves. */
  differences(): string[] {
    const { applied, generations } = this.app;
    const last = generations.find(({ generation }) => generation === applied?.generation);
    const { devices = {}, profiles, config = {} } = this.machine.instance('web') ?? {};
    // Of a version that was never recorded, what was passed through to Incus is not known to be its own.
    const names = Object.keys(devices).filter((name) => /^(web|volume)/.test(name));
    const keys = ['limits.memory', 'limits.cpu', ...Object.keys(last?.config ?? {})];
    return [
      ...[...names, ...Object.keys(last?.devices ?? {})].filter(
        (name) => JSON.stringify(devices[name]) !== JSON.stringify(last?.devices[name]),
      ),
      ...keys.filter((key) => config[key] !== last?.config[key]),
      ...(JSON.stringify(profiles) === JSON.stringify(last?.profiles) ? [] : ['profiles']),
    ];
  }
}

type Contents = ReadonlyMap<string, readonly string[]>;

/** However it went: with nothing more going wrong, a few runs bring it about, or what was good before. */
async function settles(pet: Pet, wanted: Desired): Promise<void> {
  for (let round = 0; round < 5 && pet.plan(wanted).operations.length > 0; round++) await pet.up(wanted);
  const plan = pet.plan(wanted);
  expect(printPlan(plan)).not.toMatch(/^\[/m);
  expect(pet.isWhole()).toBe(true);
  expect(pet.differences()).toEqual([]);
  const [summary, app] = [plan.apps[0], wanted.apps[0]];
  const { applied, rejected, status } = pet.app;
  expect(status).toBe('Running');
  pet.checkSecrets();
  if (summary?.condemned) {
    // Only the system is held, and what was tried with it.
    expect(rejected?.facets.system).toEqual(app?.facets.system);
    expect(applied?.facets.exposure).toEqual(app?.facets.exposure);
  } else
    expect({ facets: applied?.facets, runs: applied?.toplevel }).toEqual({
      facets: app?.facets,
      runs: app && systemOf(app),
    });
}

async function live(pet: Pet, { steps }: Life, fixed: string): Promise<void> {
  await pet.up(desired([`web 80 source=a volumes=data:/x health=stable ${fixed}`.trim()]));
  pet.happens('used');
  for (const step of steps) {
    pet.told.push(`${step.want}${step.retry ? ' --retry' : ''} ${JSON.stringify(step.faults)}`);
    await pet.up(desired([step.want]), step);
    pet.happens(step.after);
  }
  pet.told.push('---');
  await settles(pet, desired([steps.at(-1)?.want ?? '']));
}

async function check(some: fc.Arbitrary<Life>, fixed: string, numRuns: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(some, async (life) => {
      const pet = new Pet(life, fixed);
      try {
        await live(pet, life, fixed);
      } catch (error) {
        throw new Error(`${pet.told.join('\n')}\n${String(error)}`, { cause: error });
      }
    }),
    examples(numRuns, 20),
  );
}

const FIXED = ['', 'store=copy', 'stateful=no', 'store=copy stateful=no'];

test.each(FIXED)(
  'whatever goes wrong, and whenever: the wanted system or the one before, whole (%s)',
  async (fixed) => {
    await check(lives(fixed), fixed, 100);
  },
);

test.each(FIXED)(
  'an upgrade that is killed, and then what comes after it as well: cut (%s)',
  async (fixed) => {
    await check(cut(fixed), fixed, 200);
  },
);
