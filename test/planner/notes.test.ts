import { describe, expect, test } from '@jest/globals';
import { withItsSecrets } from '../../src/planner/target.js';
import { planOf } from '../../src/planner/plan.js';
import { actualOf, desired, notes, recordOf, applied, wanted } from './worlds.js';

test('a volume that is taken away is kept, and it is said how to delete it', () => {
  expect(notes({ want: ['web'], have: ['web - volumes=data:/x'] })).toEqual([
    'the volume `data` is detached and kept; `pets volume rm web/data` deletes it',
  ]);
});

test('one of another name is another one: the data stays where it was', () => {
  expect(notes({ want: ['web - volumes=files:/x'], have: ['web - volumes=data:/x'] })).toEqual([
    'the volume `data` is detached and kept; `pets volume rm web/data` deletes it',
    'what is at /x on the root disk is hidden by the volume `files`, not deleted',
  ]);
});

test('one that hides what is on the root disk', () => {
  expect(notes({ want: ['web - volumes=data:/x'], have: ['web'] })).toEqual([
    'what is at /x on the root disk is hidden by the volume `data`, not deleted',
  ]);
  expect(notes({ want: ['web - volumes=data:/x'] })).toEqual([]);
  expect(notes({ want: ['web - volumes=data:/y'], have: ['web - volumes=data:/x'] })).toEqual([]);
});

test('one that is there from before', () => {
  const volumes = ['web/data', 'api/data', 'web/more'];
  expect(notes({ want: ['web - volumes=data:/x'], volumes })).toEqual([
    'the volume `data` is there from before and is attached with its data',
  ]);
  expect(notes({ want: ['web - volumes=data:/x'], have: ['web'], volumes })).toEqual([
    'the volume `data` is there from before and is attached with its data',
    'what is at /x on the root disk is hidden by the volume `data`, not deleted',
  ]);
  expect(
    notes({ want: ['new - was=web volumes=more:/x'], have: ['web - volumes=data:/y'], volumes }),
  ).toEqual([
    'the volume `data` is detached and kept; `pets volume rm new/data` deletes it',
    'the volume `more` is there from before and is attached with its data',
    'what is at /x on the root disk is hidden by the volume `more`, not deleted',
  ]);
});

test('whatever deletes a container says what goes and what stays', () => {
  const have = ['web - volumes=data:/x,old:/old'];
  const kept = (volume: string) =>
    `the volume \`${volume}\` is kept; \`pets volume rm web/${volume}\` deletes it`;
  expect(notes({ want: [], have })).toEqual([kept('data'), kept('old')]);
  expect(notes({ want: [], have, prune: true })).toEqual([kept('data'), kept('old')]);
  expect(notes({ want: ['web - store=copy volumes=data:/x'], have, recreate: true })).toEqual([
    'what is on its root disk is lost',
    'the volume `old` is detached and kept; `pets volume rm web/old` deletes it',
  ]);
});

test('a store of its own where none was asked for', () => {
  const unshareable = 'the kernel is too old';
  expect(notes({ want: ['web'], unshareable })).toEqual([`it gets a store of its own: ${unshareable}`]);
  expect(notes({ want: ['web - store=copy'], unshareable })).toEqual([]);
  expect(notes({ want: ['web'], have: ['web - store=copy'], unshareable })).toEqual([]);
});

describe('a former name', () => {
  test('of nothing that there is', () => {
    expect(notes({ want: ['new - was=old'] })).toEqual(['the project has no `old`: `new` is made new']);
    expect(notes({ want: ['new - was=old'], have: ['new'] })).toEqual([]);
  });

  test('of something that is there as well', () => {
    expect(notes({ want: ['new - was=old', 'old'], have: ['new', 'old'] })).toEqual([
      '`old` is there as well, and stays what it is: `new` has a container already',
    ]);
  });

  test('of one whose volumes are all that is left', () => {
    expect(notes({ want: ['new - was=old volumes=data:/x'], volumes: ['old/data'] })).toEqual([
      'the volume `data` is there from before and is attached with its data',
    ]);
  });

  test('together with another store', () => {
    expect(notes({ want: ['new - was=old store=copy'], have: ['old'] })).toEqual([
      'its store changes with a second `pets up --recreate new`',
    ]);
    expect(notes({ want: ['new - was=old store=copy'], have: ['old - store=copy'] })).toEqual([]);
  });
});

test('an app that is gone may only have got another name', () => {
  const note = 'should it only have another name now: `was = "old"` in that app\'s table keeps it';
  expect(notes({ want: ['new'], have: ['old'] })).toEqual([note]);
  expect(notes({ want: ['new'], have: ['new', 'old'] })).toEqual([]);
  expect(notes({ want: ['new'], have: ['old'], prune: true })).toEqual([]);
});

describe('a rollback by hand says which secrets have changed since, and that they stay', () => {
  /** What is told about a return to generation 1, which had these secrets; null: nobody has recorded which. */
  const told = (then: string | null) => {
    const now = 'web - source=b secrets=db:2,api:1 kept=2';
    const actual = actualOf({ want: [], have: [now] });
    const [there] = actual.apps;
    if (!there) throw new Error('nothing is there');
    const before = wanted(`web - ${then === null ? '' : `secrets=${then}`}`.trim());
    const one = { ...recordOf(before, applied(before), 1), ...(then === null && { secrets: null }) };
    const all = { ...actual, apps: [{ ...there, generations: [...there.generations, one] }] };
    const app = desired(['web - source=b']).apps.map((wanted) => withItsSecrets(wanted, there));
    const rollback = { generation: one, data: false };
    const options = { prune: false, recreate: false, retry: false, rollback, only: null };
    return planOf({ project: 'homelab', apps: app }, all, options).apps.flatMap((plan) => plan.notes);
  };

  test.each([
    ['db:2,api:1', []],
    ['db:1,api:1', ['the secret `db` has changed since generation 1, and stays as it is now']],
    ['old:1,api:1', ['the secrets `db`, `old` have changed since generation 1, and stay as they are now']],
    [null, []],
  ])('then %s', (then, words) => {
    expect(told(then)).toEqual(words);
  });
});
