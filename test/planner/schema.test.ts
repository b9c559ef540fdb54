import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { ACTIONS } from '../../src/domain/action.js';
import { UNKNOWN } from '../../src/domain/facet.js';
import { readManifest } from '../../src/manifest/read.js';
import type { Plan } from '../../src/domain/plan.js';
import { printPlanRecord } from '../../src/domain/plan-record.js';
import { planOf } from '../../src/planner/plan.js';
import { rehearsalsOf } from '../../src/planner/rehearsal.js';
import { stopPlan } from '../../src/planner/power.js';
import { actual, actualOf, appName, claim, desired, planned, type World } from './worlds.js';

type Schema = {
  readonly $defs: {
    readonly action: { readonly properties: { readonly kind: { readonly enum: string[] } } };
    readonly app: { readonly properties: { readonly verb: { readonly enum: string[] } } };
  };
};

const SCHEMA = JSON.parse(
  readFileSync(new URL('../../docs/plan.schema.json', import.meta.url), 'utf8'),
) as Schema;
const validate = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true }).compile(SCHEMA);

/** What is wrong with it, as it would be printed; nothing: valid. */
function faults(plan: Plan): string[] {
  return faultsIn(printPlanRecord(plan));
}

function faultsIn(record: unknown): string[] {
  validate(JSON.parse(JSON.stringify(record)));
  return (validate.errors ?? []).map(({ instancePath, message = '' }) => `${instancePath} ${message}`);
}

const REBUILD: World = { want: ['web 80 source=b'], have: ['web 80'] };

const WORLDS: Readonly<Record<string, World>> = {
  empty: { want: [] },
  unchanged: { want: ['web 80', 'worker'], have: ['web 80', 'worker'] },
  create: { want: ['web [::]:80 source=github:o/web', 'worker'] },
  swap: { want: ['a 81', 'b 80'], have: ['a 80', 'b 81'] },
  rebuild: REBUILD,
  rehearsal: { want: ['web 80 source=b rehearse=yes'], have: ['web 80 kept=1'] },
  drift: {
    want: ['web 80', 'b 81', 'c'],
    have: ['web 80 forwarder=dead', 'b 81 devices=web:90 top=/x seen-ref=./y', 'c - altered=raw.lxc'],
  },
  start: { want: ['a', 'b'], have: ['a - status=Stopped', 'b - status=Frozen'] },
  destroy: { want: [], have: ['web 80'], prune: true },
  held: { want: ['api - store=copy'], have: ['web 80', 'api'] },
  storage: {
    want: ['a - volumes=data:/x:2GiB,new:/n binds=/srv/x:/y:ro:create', 'b'],
    have: ['a - volumes=data:/x:1GiB', 'b - volumes=old:/old'],
  },
  limits: {
    want: ['a - limits=memory:1GiB', 'b - config=security.guestapi:true plug=card:gpu'],
    have: ['a', 'b'],
  },
  exposures: {
    want: ['a - publish=[::]:53/udp>53,unix:/run/a.sock>8080@0660,6000-6010>1-11'],
    have: ['a 80'],
  },
  rename: {
    want: ['new 80 was=old volumes=data:/x secrets=db:1'],
    have: ['old 80 volumes=data:/x secrets=db:1'],
  },
  secrets: { want: ['a 80 secrets=db:2@0440/web'], have: ['a 80 secrets=db:1,api:1 kept=1'] },
  recreate: { want: ['a 80 store=copy volumes=data:/x'], have: ['a 80'], recreate: true },
  metadata: { want: ['a - ref=./y'], have: ['a'] },
  upgrade: {
    want: ['web 80 source=b volumes=data:/x health=http:/up', 'db - source=b'],
    have: ['web 80 volumes=data:/x health=http:/up kept=1,2', 'db - kept=3'],
  },
  rollback: {
    want: ['a - volumes=data:/x', 'b - source=b', 'c 80 source=b'],
    have: [
      ...['a - volumes=data:/x kept=1 state=upgrading top=/nix/store/b', 'b - kept=1 condemned=b'],
      'c 80 kept=1 condemned=b devices=none',
    ],
  },
  problems: {
    want: ['a 80', 'b 10.9.9.9:81 source=missing', 'c 82'],
    have: ['c 82 status=Error'],
    claims: [claim('80', 'sshd', false)],
    strangers: { b: 'was made by incus-pet' },
  },
};

test.each(Object.entries(WORLDS))('a plan as the planner makes it is valid: %s', (_, world) => {
  expect(faults(planned(world))).toEqual([]);
});

const [WEB] = desired(['web 80']).apps;
const FACETS = { ...WEB?.facets, system: { ...WEB?.facets.system, source: UNKNOWN } };
/** Of what could not be read. */
const UNREAD = planOf(
  { ...desired([]), apps: WEB ? [{ ...WEB, facets: FACETS }] : [] },
  actualOf({ want: [], have: ['web 80'] }),
  { prune: false, recreate: false, retry: false, only: null },
);
/** Made by no `up`. */
const REHEARSAL = rehearsalsOf(planned({ want: ['web 80 source=b rehearse=yes'], have: ['web 80 kept=1'] }));
const STOP = stopPlan(desired(['a']), actual(['a']), new Set([appName('a')]));

test('a plan in which a person holds an app is valid', () => {
  const have = ['web 80 kept=1 hold=on', 'blog 82 kept=1 hold=2026-12-24:a_freeze'];
  const plan = planned({ want: ['web 81 source=b', 'blog 82 source=b'], have });
  expect(plan.apps.map(({ hold }) => hold?.because)).toEqual(['a freeze', null]);
  expect(faults(plan)).toEqual([]);
});

test('a plan that stops something is valid, and one of what nobody knows', () => {
  expect(faults(STOP)).toEqual([]);
  expect(faults(REHEARSAL)).toEqual([]);
  expect(faults(UNREAD)).toEqual([]);
});

test('the worlds have every kind of operation and every verb', () => {
  const plans = [...Object.values(WORLDS).map(planned), STOP, REHEARSAL, UNREAD];
  const kinds = plans.flatMap((plan) => plan.operations.map((op) => op.action.kind));
  expect(new Set(kinds)).toEqual(new Set(Object.keys(ACTIONS)));
  const verbs = plans.flatMap((plan) => plan.apps.map((app) => app.verb));
  expect(new Set(verbs)).toEqual(new Set(SCHEMA.$defs.app.properties.verb.enum));
});

test('the schema names the kinds of operations that there are', () => {
  expect(SCHEMA.$defs.action.properties.kind.enum).toEqual(Object.keys(ACTIONS));
});

test('problems with their place in the manifest are valid', () => {
  const text = 'project = "x"\n[apps.a]\nflake-ref = "github:o/a"\nport = 80\n';
  const read = readManifest(text, { file: 'pets.toml', directory: '/srv' });
  if (!read.ok) throw new Error('the manifest is valid');
  const plan = planned({ want: ['a 80'], claims: [claim('80', 'sshd')] });
  const problems = plan.problems.map((problem) => ({ ...problem, ...read.locate(problem.path ?? []) }));
  expect(problems).toMatchObject([{ place: { line: 4, column: 8 }, excerpt: { text: 'port = 80' } }]);
  expect(faults({ ...plan, problems })).toEqual([]);
});

test.each([
  ['packages that change', [{ name: 'tool', from: ['1'], to: [''], bytes: -5 }]],
  ['a system that stays as it is', []],
])('%s: valid beside the rest of an app', (_, packages) => {
  const plan = planned(REBUILD);
  expect(faults({ ...plan, apps: plan.apps.map((app) => ({ ...app, packages })) })).toEqual([]);
});

describe('what is no plan is told from one', () => {
  const plan = printPlanRecord(planned({ want: ['a 81'], have: ['a 80'] }));
  const withApp = (over: object) => ({ ...plan, apps: plan.apps.map((app) => ({ ...app, ...over })) });
  const withOperation = (over: object) => ({
    ...plan,
    operations: plan.operations.map((op) => ({ ...op, ...over })),
  });
  const unfinished = Object.fromEntries(Object.entries(plan).filter(([key]) => key !== 'problems'));

  test.each([
    ['a field that is not documented', { ...plan, secret: 1 }],
    ['a field that is missing', unfinished],
    ['another version', { ...plan, version: 2 }],
    ['a verb that there is not', withApp({ verb: 'explode' })],
    ['an app with a field more', withApp({ colour: 'red' })],
    ['an action that there is not', withOperation({ action: { kind: 'explode' } })],
    ['an id without its app', withOperation({ id: 'record' })],
    ['an app without notes', withApp({ notes: undefined })],
    ['a package without a size', withApp({ packages: [{ name: 'tool', from: ['1'], to: ['2'] }] })],
    ['a problem without words', { ...plan, problems: [{ hint: 'x' }] }],
  ])('%s', (_, value) => {
    expect(faultsIn(value)).not.toEqual([]);
  });
});
