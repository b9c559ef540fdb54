import { describe, expect, test } from '@jest/globals';
import { planOf } from '../../src/planner/plan.js';
import { actual, desired, golden, notes, planned, shown, type World } from './worlds.js';

const of = (want: string, have: string): World => ({ want: [want], have: [have] });

/** What is done about `web`, which is held at the source `a` while `b` is wanted. */
function done(world: World): string[] {
  const { operations } = planned(world);
  return operations.flatMap(({ id, phase }) => (phase === 'rollback' ? [] : [id.slice('web/'.length)]));
}

const WORDS = 'held by hand until 2026-12-24: "for the feast" — `pets unhold web`';

describe('an app that is held by hand', () => {
  test('keeps its system, and it is told what is kept back', () => {
    const world = of('web 80 source=b', 'web 80 kept=1 hold=2026-12-24:for_the_feast');
    expect(shown(world)).toBe(`web: rebuild (held: ${WORDS})`);
    expect(planned(world).apps[0]).toMatchObject({
      condemned: false,
      hold: { until: '2026-12-24T00:00+01:00', because: 'for the feast' },
      changes: [{ facet: 'system', field: 'source', kind: 'held', from: 'a', to: 'b' }],
    });
  });

  test('gets the port, and nothing is built or restarted', () => {
    const world = of('web 81 source=b', 'web 80 kept=1 hold=2026-12-24:for_the_feast');
    expect(shown(world)).toBe(
      golden(`
        web: proxy-update
        [1] web/expose:web-2, exposure listen 127.0.0.1:80 → 127.0.0.1:81 !exposure
        [2] #1 web/unexpose:web, 127.0.0.1:80 is not in the manifest any more !exposure
        [3] #2 web/record, as the manifest says: exposure
      `),
    );
    expect(planned(world).apps[0]).toMatchObject({
      held: null,
      condemned: false,
      hold: { at: expect.any(String) },
    });
    expect(notes(world)).toEqual([`its system is ${WORDS}`]);
  });

  test.each([
    ['a further port', 'publish=90>90', '', ['expose:publish-1']],
    ['limits', 'limits=memory:1GiB', 'limits=memory:2GiB', ['configure']],
    ['a limit that goes', 'volumes=data:/x', 'volumes=data:/x limits=cpu:2', ['configure']],
    ['a config key that counts at once', 'config=limits.processes:9', '', ['configure']],
    ['the size of a volume', 'volumes=data:/x:2GiB', 'volumes=data:/x:1GiB', ['resize-volume:data']],
    ['what a stop may take', 'grace=2m', '', []],
    ['a secret that it has', 'secrets=db:2', 'secrets=db:1', ['push-secrets', 'restart-units', 'settle']],
  ])('gets %s', (_, want, have, steps) => {
    expect(done(of(`web - source=b ${want}`, `web - kept=1 hold=on ${have}`.trim()))).toEqual([
      ...steps,
      'record',
    ]);
  });

  test.each([
    ['nixpkgs', 'nixpkgs=n'],
    ['another reference', 'ref=./other source=b'],
    ['what is mounted', 'volumes=data:/x'],
    ['a folder of the host', 'binds=/srv/x:/x'],
    ['when it counts as healthy', 'health=http:/up'],
    ['a config key that the container starts with', 'config=security.guestapi:true'],
    ['a device', 'plug=card:gpu'],
    ['a secret that it does not have', 'secrets=new:1'],
    ['another store', 'store=copy'],
    ['a pin that is yet to be made', 'source=github:o/web'],
  ])('does not get %s, with --retry and --recreate neither', (_, want) => {
    const world = of(`web - ${want}`, 'web - kept=1 hold=on');
    expect(done(world)).toEqual([]);
    expect(done({ ...world, retry: true, recreate: true })).toEqual([]);
  });

  test('is no difference where the manifest says what serves', () => {
    expect(planned(of('web 80', 'web 80 kept=1 hold=on')).apps[0]).toMatchObject({
      ...{ verb: 'unchanged', held: null, hold: null, changes: [] },
    });
  });

  test('is started, and its profile put back, without a build', () => {
    expect(done(of('web - source=b', 'web - kept=1 hold=on status=Stopped'))).toEqual([
      'start',
      'settle',
      'record',
    ]);
    const moved = done(of('web - source=b', 'web - kept=1 hold=on top=/nix/store/by-hand'));
    expect(moved).toContain('return');
    expect(moved).not.toContain('evaluate');
  });

  test('goes back where an upgrade was cut short', () => {
    const half = 'web - volumes=data:/x kept=1 state=upgrading top=/nix/store/new hold=on';
    const steps = done(of('web - source=b volumes=data:/x', half));
    expect(steps).toContain('return');
    expect(steps).not.toContain('build');
  });

  test('is renamed, with the system that it has', () => {
    const steps = planned(of('new - was=old source=b', 'old - kept=1 hold=on')).operations;
    const forward = steps.filter(({ phase }) => phase === 'forward').map(({ action }) => action.kind);
    expect(forward).toContain('rename');
    expect(forward).not.toContain('build');
  });

  test('whose source cannot be read is nothing that is unknown', () => {
    const world = of('web 81 source=missing', 'web 80 kept=1 hold=on');
    expect(done(world)).toEqual(['expose:web-2', 'unexpose:web', 'record']);
    expect(planned(world).problems).toEqual([]);
  });

  test('is left alone where its records cannot be read', () => {
    const world = of('web 81 source=b', 'web 80 record=none hold=on');
    expect(shown(world)).toBe(
      'web: rebuild (held: held by hand — `pets unhold web`; what serves it cannot be read in its records)',
    );
    expect(planned({ ...world, prune: true }).operations).toEqual([]);
  });

  test('tells what somebody added, and --strict takes it away', () => {
    const world = of('web - source=b', 'web - kept=1 hold=on added=page:7000');
    expect(planned(world).apps[0]?.changes.map(({ kind }) => kind)).toEqual(['held', 'added']);
    expect(done(world)).toEqual([]);
    expect(done({ ...world, strict: true })).not.toEqual([]);
  });
});

describe('beside a revision that failed', () => {
  const have = 'web 80 kept=1 condemned=b tried=web_81_limits=memory:1MiB hold=on';

  test('what was tried with it stays held, and the hold is what is told', () => {
    const world = of('web 81 source=b limits=memory:1MiB', have);
    expect(done(world)).toEqual(['expose:web-2', 'unexpose:web', 'record']);
    expect(planned(world).apps[0]).toMatchObject({ condemned: false, hold: { because: null } });
    expect(planned(of('web 80 source=b limits=memory:1MiB', have)).apps[0]?.condemned).toBe(false);
  });

  test('another revision is held as well', () => {
    expect(done(of('web 80 source=c', have))).toEqual([]);
  });
});

test('of two apps the one that is not held goes on', () => {
  const world = { want: ['db - source=b', 'web - source=b'], have: ['db - kept=1', 'web - kept=1 hold=on'] };
  expect(new Set(planned(world).operations.map(({ app }) => app))).toEqual(new Set(['db']));
});

test('a rollback that a person asks for is done all the same', () => {
  const there = actual(['web - kept=1,2 hold=on']);
  const [generation] = there.apps[0]?.generations.filter(({ generation: n }) => n === 1) ?? [];
  if (!generation) throw new Error('it has no generation 1');
  const rollback = { generation, data: false };
  const options = { prune: false, recreate: false, retry: false, only: null, rollback };
  const { operations } = planOf(desired(['web -']), there, options);
  expect(operations.map(({ id }) => id)).toContain('web/return');
});
