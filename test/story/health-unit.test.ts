import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { guestOver } from '../../src/guest/guest.js';
import { command, HealthStory, http, SOON, STABLE, tcp, unit, WELL } from './health-story.js';
import { must } from './rig.js';

const story = new HealthStory('units');
const { app, incus, guest, note, illness, systemctl } = story;

beforeAll(() => story.setUp());
afterAll(() => story.cleanUp());

describe('a unit', () => {
  test('that is active; one without a process of its own', async () => {
    expect(await note(unit('web.service'))).toBe('web.service is active from its own system');
    expect(await note(unit('multi-user.target'))).toBe('multi-user.target is active in its own system');
  });

  test('that is not there, or has failed, ends it at once; one that is not started may yet be', async () => {
    expect(await illness(unit('missing.service'), WELL)).toMatchObject({
      message: 'not healthy: there is no unit missing.service in the guest',
    });
    expect(await illness(unit('broken.service'))).toMatchObject({
      message: 'not healthy within 2 s: broken.service is inactive (dead)',
    });
    await expect(systemctl('start', '--wait', 'broken')).rejects.toThrow('exit 1');
    expect(await illness(unit('broken.service'), WELL)).toMatchObject({
      message: 'not healthy: broken.service has failed',
      log: expect.stringContaining('no such luck'),
    });
  });

  test('anywhere that has failed ends the window without `health` at once', async () => {
    expect(await illness(STABLE, WELL)).toMatchObject({
      message: 'not healthy: broken.service has failed',
      hint: `look inside: \`pets logs ${app} -u broken.service\``,
      log: expect.stringContaining('no such luck'),
    });
    expect(await illness(tcp(9999))).toMatchObject({ log: expect.stringContaining('no such luck') });
    await systemctl('reset-failed');
  });

  afterEach(() => systemctl('stop', 'looping', 'blinking'));
  test.each([
    ['looping', 'around it goes'],
    ['blinking', 'off and on'],
  ])(
    'that restarts again and again is never healthy, nor is the window without `health`: %s',
    async (name, words) => {
      await systemctl('start', '--no-block', name);
      const around = new RegExp(`within 5 s: ${name}\\.service (was restarted|has ended|is (in|de)?activ)`);
      const patience = { ...SOON, timeoutMs: 5000, successes: 20 };
      for (const check of [unit(`${name}.service`), STABLE])
        expect(await illness(check, patience)).toMatchObject({
          message: expect.stringMatching(around),
          log: expect.stringContaining(words),
        });
      await systemctl('stop', name);
      expect(await note(STABLE)).toBe('no unit failed or restarted for 0.1 s');
    },
  );
});

describe('a unit that is dead for good', () => {
  const died = /crashing\.service is dead for good \([a-z-]+, after \d restarts\)$/;

  beforeAll(() => systemctl('start', '--no-block', 'crashing'));
  const others = ['web.service', 'wrapped.service', 'called.socket', 'chatty.socket', 'silent.socket'];
  afterAll(async () => {
    await systemctl('start', ...others);
    await systemctl('reset-failed');
  });

  test('ends nothing as long as another one may still bring about what is asked for', async () => {
    expect(await illness(tcp(9999), { ...SOON, timeoutMs: 4000 })).toMatchObject({
      message: 'not healthy within 4 s: nothing listens on port 9999 of the guest',
      log: expect.stringContaining('cannot go on'),
    });
  });

  test('ends it at once, whatever is asked, where nothing else is left', async () => {
    await systemctl('stop', ...others);
    for (const check of [http('/'), tcp(8080), command('false'), unit('web.service')])
      expect(await illness(check, WELL)).toMatchObject({
        message: expect.stringMatching(died),
        hint: `look inside: \`pets logs ${app} -u crashing.service\``,
        log: expect.stringContaining(check.kind === 'command' ? '' : 'cannot go on'),
      });
  });
});

test('what serves for a moment and ends, again and again, is never healthy', async () => {
  await systemctl('start', 'flickering');
  const reach = command('bash', '-c', 'exec 3<>/dev/tcp/127.0.0.1/8087');
  // What has not been seen to end is believed by the last try: a busy machine needs time for several.
  const patience = { ...SOON, timeoutMs: 45_000 };
  const checks = [http('/', 8087, 404), tcp(8087), unit('flickering.service'), reach];
  for (const ill of await Promise.all(checks.map((check) => illness(check, patience))))
    expect(ill).toMatchObject({ message: expect.stringMatching(/^not healthy within 45 s: /) });
  await systemctl('stop', 'flickering');
});

describe('a process of the system before', () => {
  beforeAll(async () => {
    story.page('app', 'second');
    await story.ok(['up']);
    expect(await story.current()).not.toBe(story.toplevel);
    story.toplevel = await story.current();
  });

  test.each([http('/'), tcp(8080), unit('web.service')])('is not healthy: %j', async (check) => {
    expect(await illness(check)).toMatchObject({
      message: expect.stringMatching(
        /^not healthy within 2 s: pid \d+ of web\.service still runs the system before: \/nix\/store\/\w{32}-/,
      ),
      hint: expect.stringContaining('activation = "restart"'),
    });
  });

  test.each([tcp(8088), unit('wrapped.service')])(
    'is not healthy where a wrapper hides it: %j',
    async (check) => {
      expect(await illness(check)).toMatchObject({
        message: expect.stringContaining(
          'wrapped.service still runs what it was started with before the switch',
        ),
        hint: expect.stringContaining('activation = "restart"'),
      });
    },
  );

  test('is healthy once it was restarted', async () => {
    await systemctl('restart', 'web', 'wrapped');
    expect(await note(tcp(8088))).toBe('port 8088 accepts connections from its own system');
    expect(await note(unit('wrapped.service'))).toBe('wrapped.service is active from its own system');
    expect(await note(http('/'))).toBe('http 200 from its own system');
    expect(await note(unit('web.service'))).toBe('web.service is active from its own system');
  });

  test('cannot be told where this host does not know the system any more', async () => {
    const said: string[] = [];
    const forgetful = guestOver(incus, () =>
      Promise.resolve({ exitCode: 1, stdout: '', stderr: 'path is not valid' }),
    );
    const health = { check: http('/'), ...WELL };
    expect(await forgetful.check(app, story.toplevel, health, [], (line) => said.push(line))).toEqual({
      note: 'http 200 in its own system',
    });
    expect(said).toEqual([expect.stringContaining('path is not valid')]);
  });
});

test('a container that dies meanwhile is told as that', async () => {
  let stopped: Promise<string> | undefined;
  const asked = guest.check(app, story.toplevel, { check: http('/', 9999), ...WELL }, [], () => {
    stopped ??= must('incus', ['stop', '--force', app]);
  });
  await expect(asked).rejects.toThrow('the container died while its health was checked');
  await stopped;
});
