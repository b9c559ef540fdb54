import { describe, expect, test } from '@jest/globals';
import { golden, planned, shown, type World } from './worlds.js';

const ADDED = 'web 80 added=extra:/x,page:7000,environment.X,raw.apparmor';
const changes = (world: World) =>
  planned(world).apps.flatMap((app) =>
    app.changes.map(({ kind, field, from }) => `${kind} ${field}: ${from ?? '-'}`),
  );
const problems = (world: World) =>
  planned(world).problems.map(({ path = [], message }) => `${path.join('.')}: ${message}`);

describe('what somebody has added to a container', () => {
  test('is a difference, which nothing is done about', () => {
    const world = { want: ['web 80'], have: [ADDED] };
    expect(changes(world)).toEqual([
      'added config.environment.X: set',
      'added config.raw.apparmor: set',
      'added device.extra: disk of /srv/x at /x',
      'added device.page: proxy from tcp:127.0.0.1:7000 to tcp:127.0.0.1:80',
    ]);
    expect(planned(world)).toMatchObject({ operations: [], apps: [{ verb: 'unchanged' }], problems: [] });
  });

  test('is left alone by what else is done to the app', () => {
    expect(shown({ want: ['web 81'], have: [ADDED] })).not.toMatch(/extra|page|environment|raw\.apparmor/);
  });

  test('is no addition where the manifest has it, or had it when it was applied', () => {
    const have = ['web 80 plug=card:gpu config=environment.X:1 added=card:/x,environment.X'];
    expect(changes({ want: ['web 80 plug=card:gpu config=environment.X:1'], have })).toEqual([]);
    expect(changes({ want: ['web 80'], have }).filter((change) => change.startsWith('added'))).toEqual([]);
  });

  test('goes with --strict: a proxy and the environment while the app runs', () => {
    const world = { want: ['web 80'], have: ['web 80 added=page:7000,environment.X'], strict: true };
    expect(shown(world)).toBe(
      golden(`
        web: reconfigure
        [1] web/configure, config.environment.X was added on the machine
        [2] #1 web/detach:page, page was added on the machine
        [3] #2 web/record, as the manifest says
      `),
    );
  });

  test.each(['extra:/x', 'raw.apparmor'])(
    'a disk and what LXC is told go while it is stopped: %s',
    (added) => {
      const plan = planned({ want: ['web 80'], have: [`web 80 added=${added}`], strict: true });
      const kinds = plan.operations.filter(({ phase }) => phase === 'forward').map((o) => o.action.kind);
      expect(kinds).toContain('stop');
      expect(plan.apps).toMatchObject([{ verb: 'restart' }]);
    },
  );
});

describe('what is in the way of a device of ours', () => {
  const mount = 'web 80 volumes=data:/x';
  const inTheWay = (name: string, why: string) => [
    `apps.web.volumes: the device \`${name}\` that somebody added to \`web\` ${why} of the device \`volume-data\` of the manifest`,
  ];

  test('a disk at its place, or a device of its name, stops the run before anything is touched', () => {
    expect(problems({ want: [mount], have: ['web 80 added=extra:/x'] })).toEqual(
      inTheWay('extra', 'is mounted at /x, the place'),
    );
    expect(problems({ want: [mount], have: ['web 80 added=extra:/x/'] })).toHaveLength(1);
    expect(problems({ want: [mount], have: ['web 80 added=volume-data:7000'] })).toEqual(
      inTheWay('volume-data', 'has the name'),
    );
  });

  test('elsewhere it is not in the way', () => {
    expect(problems({ want: [mount], have: ['web 80 added=extra:/x/deeper,page:7000'] })).toEqual([]);
  });

  test('with --strict it goes first', () => {
    const plan = planned({ want: [mount], have: ['web 80 added=extra:/x'], strict: true });
    const ids = plan.operations.map(({ id }) => id);
    expect(plan.problems).toEqual([]);
    expect(ids.indexOf('web/detach:extra')).toBeLessThan(ids.indexOf('web/attach:volume-data'));
    expect(ids).toContain('web/detach:extra');
  });

  test('a device that the manifest comes to have as it is there is not in its own way', () => {
    const want = ['web 80 plug=card:gpu'];
    expect(problems({ want, have: ['web 80 added=card:/x'] })).toHaveLength(1);
    expect(problems({ want, have: ['web 80 added=card:/x'], strict: true })).toEqual([]);
    expect(problems({ want, have: ['web 80 plug=card:gpu added=card:/x'] })).toEqual([]);
  });
});
