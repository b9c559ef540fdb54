import { describe, expect, test } from '@jest/globals';
import { FailedProgram } from '../../src/domain/problem.js';
import { run } from './recording.js';

const WORLD = {
  want: ['web 80 source=b rehearse=yes volumes=data:/d,new:/n health=stable'],
  have: ['web 80 volumes=data:/d health=stable kept=1'],
};
const NEW = '/nix/store/wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww-web';
const ill = (message: string) => new FailedProgram({ code: 'boot-failed', message }, ['a line']);

async function rehearsed(fails: Record<string, string | Error> = {}) {
  const recorded = await run(WORLD, { instances: ['web'], fails });
  const { calls, events, outcome, specs } = recorded;
  const twin = calls.filter((call) => /rehearsal/.test(call) || /freeze/.test(call));
  const [app] = outcome.apps;
  const note = events.flatMap((event) =>
    event.kind === 'finished' && event.op === 'web/rehearse' ? [event.note] : [],
  )[0];
  return { calls, twin, app, note, specs, touched: calls.includes('incus.stop web') };
}

const REMOVED = [
  'incus.stop web-rehearsal 1000',
  'incus.removeDevice web-rehearsal volume-data',
  'incus.removeDevice web-rehearsal volume-new',
  'incus.removeVolume homelab_rehearsal.web-rehearsal.data',
  'incus.removeVolume homelab.web-rehearsal.new',
  'shared.dropProfile web-rehearsal',
  'incus.remove web-rehearsal',
];

describe('a rehearsal', () => {
  test('has copies of what the app holds at one moment, and nothing is left of it', async () => {
    const { twin, app, note, specs } = await rehearsed();
    expect(twin).toEqual([
      'shared.dropProfile web-rehearsal',
      `shared.setProfile web-rehearsal ${NEW}`,
      'incus.create web-rehearsal',
      'incus.setConfig web-rehearsal',
      'incus.freeze web',
      expect.stringMatching(/^incus\.copyVolume \S+ homelab_rehearsal\.web-rehearsal\.data$/),
      'incus.unfreeze web',
      'incus.setConfig web-rehearsal',
      'incus.setDevice web-rehearsal volume-data homelab_rehearsal.web-rehearsal.data',
      'incus.makeVolume web-rehearsal new unlimited',
      'incus.setDevice web-rehearsal volume-new homelab.web-rehearsal.new',
      'guest.writeSecrets web-rehearsal',
      'incus.start web-rehearsal',
      'guest.ownSecrets web-rehearsal 1000',
      `guest.settle web-rehearsal ${NEW} 1000`,
      `guest.check web-rehearsal ${NEW} stable`,
      ...REMOVED,
    ]);
    expect(note).toMatch(/^all is well in its twin; the app stood still for 0\.\ds/);
    expect(app).toMatchObject({ result: 'done' });
    expect(specs[0]).toMatchObject({
      config: {
        'boot.autostart': 'false',
        'user.pets.project': 'homelab_rehearsal',
        'user.pets.twin-of': 'web',
      },
      devices: { eth0: { type: 'none' } },
    });
  });

  test('refuses what is ill there where the old one is well', async () => {
    const { twin, app, touched } = await rehearsed({ [`guest.check web-rehearsal ${NEW}`]: ill('404') });
    expect(twin.filter((call) => call.startsWith('guest.check'))).toHaveLength(2);
    expect(twin.slice(-REMOVED.length)).toEqual(REMOVED);
    expect(touched).toBe(false);
    expect(app).toMatchObject({
      result: 'refused',
      failure: { problem: { code: 'rehearsal-refused' }, log: ['a line'] },
    });
  });

  test.each([
    ['the old one is ill there too', { 'guest.check web-rehearsal': ill('404') }],
    ['a volume cannot be copied', { 'incus.copyVolume': 'no space left' }],
    ['the daemon refuses it', { 'incus.create web-rehearsal': 'name taken' }],
  ])('says nothing where %s', async (_, fails) => {
    const { calls, twin, app, touched } = await rehearsed(fails);
    expect(touched).toBe(false);
    expect(app).toMatchObject({ result: 'refused', failure: { problem: { code: 'rehearsal-impossible' } } });
    expect(calls.filter((call) => call === 'incus.unfreeze web').length).toBe(
      calls.filter((call) => call === 'incus.freeze web').length,
    );
    const made = twin.filter((call) => call === 'incus.start web-rehearsal').length;
    expect(twin.filter((call) => call === 'incus.remove web-rehearsal').length).toBeGreaterThanOrEqual(
      Math.min(made, 1),
    );
  });

  test('is one at a time: the host has a second one of one app only', async () => {
    const [a, b] = ['a', 'b'].map((name, i) => `${name} 8${i} source=b rehearse=yes`);
    const { calls } = await run(
      { want: [a ?? '', b ?? ''], have: ['a 80 kept=1', 'b 81 kept=1'] },
      { instances: ['a', 'b'], limits: { rehearse: 1 } },
    );
    const ends = ['a', 'b'].map((name) => calls.lastIndexOf(`incus.remove ${name}-rehearsal`));
    const begins = ['a', 'b'].map((name) => calls.indexOf(`incus.create ${name}-rehearsal`));
    expect(Math.max(...begins)).toBeGreaterThan(Math.min(...ends));
  });

  test.each([
    ['rehearse=yes', { eth0: { type: 'none' } }],
    ['rehearse=network', { eth0: { type: 'nic' } }],
  ])('%s: its network', async (how, devices) => {
    const world = { want: [`web 80 source=b ${how}`], have: ['web 80 kept=1'] };
    expect((await run(world, { instances: ['web'] })).specs[0]).toMatchObject({ devices });
  });
});
