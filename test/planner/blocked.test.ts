import { describe, expect, test } from '@jest/globals';
import type { Plan } from '../../src/domain/plan.js';
import { golden, notes, planned, shown } from './worlds.js';

/** What is done about `web`, for which the source `b` is wanted, failed before, and is held. */
const done = (want: string, have: string) => operationsOf(planned({ want: [want], have: [have] }));

function operationsOf({ operations }: Plan): string[] {
  return operations.flatMap(({ id, phase }) => (phase === 'rollback' ? [] : [id.slice('web/'.length)]));
}

const isTried = (want: string, have: string) => done(want, have).includes('build');

describe('a held revision holds its system, not the app', () => {
  test('a port moves, and nothing is built or restarted', () => {
    const world = { want: ['web 81 source=b'], have: ['web 80 kept=1 condemned=b'] };
    expect(shown(world)).toBe(
      golden(`
        web: proxy-update
        [1] web/expose:web-2, exposure listen 127.0.0.1:80 → 127.0.0.1:81 !exposure
        [2] #1 web/unexpose:web, 127.0.0.1:80 is not in the manifest any more !exposure
        [3] #2 web/condemn, its system stays held
        [4] #3 web/record, as the manifest says: exposure
      `),
    );
    expect(planned(world).apps[0]).toMatchObject({ condemned: true, held: null });
    expect(notes(world)).toEqual([
      'its system is held: tried before: it broke (2026-01-02 03:04 UTC); generation 1 serves; change it, or `pets up --retry web`',
    ]);
  });

  test.each([
    ['a further port', 'publish=90>90', 'kept=1', ['expose:publish-1']],
    ['limits', 'limits=memory:1GiB', 'limits=memory:2GiB kept=1', ['configure']],
    ['a limit that goes', 'volumes=data:/x', 'volumes=data:/x limits=cpu:2 kept=1', ['configure']],
    ['a config key that counts at once', 'config=limits.processes:9', 'kept=1', ['configure']],
    ['the size of a volume', 'volumes=data:/x:2GiB', 'volumes=data:/x:1GiB kept=1', ['resize-volume:data']],
    ['what a stop may take', 'grace=2m', 'kept=1', []],
    [
      'a secret that the old system has',
      'secrets=db:2',
      'secrets=db:1 kept=1',
      ['push-secrets', 'restart-units', 'settle'],
    ],
  ])('%s: applied to the generation that serves', (_, want, have, steps) => {
    const all = done(`web - source=b ${want}`, `web - ${have} condemned=b`);
    expect(all).toEqual([...steps, 'condemn', 'record']);
  });

  test('what was changed is there then: the next run has nothing to do', () => {
    const [want, have] = [
      'web 81 source=b limits=memory:1GiB',
      'web 81 limits=memory:1GiB kept=1 condemned=b',
    ];
    expect(planned({ want: [want], have: [have] }).apps[0]).toMatchObject({ condemned: true, changes: [] });
    expect(done(want, have)).toEqual([]);
  });

  test('a limit of the manifest’s counts, as `limits` and as config', () => {
    const { operations } = planned({
      want: ['web - source=b limits=memory:1GiB'],
      have: ['web - limits=cpu:2 kept=1 condemned=b'],
    });
    const configure = operations.find(
      ({ action, phase }) => action.kind === 'configure' && phase === 'forward',
    )?.action;
    expect(configure).toMatchObject({ config: { 'limits.memory': '1GiB', 'limits.cpu': '' } });
  });
});

describe('what makes the system is tried as a whole', () => {
  test.each([
    ['the source', 'source=c', ''],
    ['nixpkgs', 'source=b nixpkgs=n', ''],
    ['what is mounted', 'source=b volumes=data:/x', ''],
    ['a folder of the host', 'source=b binds=/srv/x:/x', ''],
    ['when it counts as healthy', 'source=b health=http:/up', ''],
    ['a config key that the container starts with', 'source=b config=security.guestapi:true', ''],
    ['a device', 'source=b plug=card:gpu', ''],
    ['a secret that only the new system has', 'source=b secrets=new:2', 'tried=web_-_secrets=new:1'],
  ])('%s', (_, want, have) => {
    expect(isTried(`web - ${want}`, `web - kept=1 condemned=b ${have}`.trim())).toBe(true);
    expect(isTried('web - source=b', 'web - kept=1 condemned=b')).toBe(false);
  });
});

describe('what was tried with the system', () => {
  test('and may be why it failed is held with it; a port is not', () => {
    const have = 'web 80 secrets=db:1 kept=1 condemned=b tried=web_81_secrets=db:2_limits=memory:1MiB';
    const want = 'web 81 source=b secrets=db:2 limits=memory:1MiB';
    expect(done(want, have)).toEqual(['expose:web-2', 'unexpose:web', 'record']);
  });

  test('is not held any more once it is another', () => {
    const have = 'web - secrets=db:1 kept=1 condemned=b tried=web_-_secrets=db:2_limits=memory:1MiB';
    const steps = done('web - source=b secrets=db:3 limits=memory:2GiB', have);
    expect(steps).toEqual(['configure', 'push-secrets', 'restart-units', 'settle', 'condemn', 'record']);
  });

  test('a secret that is held is recorded as it was', () => {
    const { operations } = planned({
      want: ['web 81 source=b secrets=db:2,new:1'],
      have: ['web 80 secrets=db:1 kept=1 condemned=b tried=web_80_secrets=db:2,new:1'],
    });
    const record = operations.find(({ action }) => action.kind === 'record')?.action;
    expect(record).toMatchObject({ heldSecrets: ['secret.db', 'secret.new'] });
  });

  test('alone is what failed: another is no system that is held', () => {
    const have = 'web - kept=1 condemned=a tried=web_-_limits=memory:1MiB';
    expect(done('web - limits=memory:1MiB', have)).toEqual([]);
    expect(planned({ want: ['web - limits=memory:1MiB'], have: [have] }).apps[0]?.condemned).toBe(true);
    expect(planned({ want: ['web - limits=memory:2GiB'], have: [have] }).apps[0]?.condemned).toBe(false);
    expect(done('web - limits=memory:2GiB', have)).toEqual(['configure', 'record']);
  });
});

describe('after a rollback by hand', () => {
  const have = 'web 80 kept=1,2 condemned=b@hand tried=web_81_limits=memory:2GiB';

  test('ports and settings stay what they are, until the manifest says something else', () => {
    expect(done('web 81 source=b limits=memory:2GiB', have)).toEqual([]);
    expect(done('web 82 source=b limits=memory:2GiB', have)).toEqual([
      'expose:web-2',
      'unexpose:web',
      'condemn',
      'record',
    ]);
    expect(done('web 81 source=b limits=memory:3GiB', have)).toEqual(['configure', 'condemn', 'record']);
    expect(isTried('web 81 source=c limits=memory:2GiB', have)).toBe(true);
  });
});
