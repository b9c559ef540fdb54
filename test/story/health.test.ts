import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { at, command, HealthStory, http, SOON, tcp } from './health-story.js';

const story = new HealthStory('health');
const { app, guest, note, illness, systemctl } = story;

beforeAll(() => story.setUp());
afterAll(() => story.cleanUp());

describe('a port', () => {
  test('that answers, from its own system, and through what it is exposed as', async () => {
    expect(await note(http('/'))).toBe('http 200 from its own system');
    const through = [at('127.0.0.1', story.exposed), at('0.0.0.0', story.exposed)];
    expect(await note(http('/index.html?a=b'), through)).toBe(
      `http 200 from its own system, also through 127.0.0.1:${story.exposed}, 0.0.0.0:${story.exposed}`,
    );
    expect(await note(http('/nowhere', 8080, 204, 404))).toBe('http 404 from its own system');
    expect(await note(tcp(8080))).toBe('port 8080 accepts connections from its own system');
  });

  test('with another answer, told with the journal of who gave it', async () => {
    expect(await illness(http('/nowhere'))).toEqual({
      code: 'health-failed',
      data: { unit: 'web.service' },
      app,
      message: 'not healthy within 2 s: GET /nowhere answers 404, not 200',
      hint: `look inside: \`pets logs ${app} -u web.service\``,
      log: expect.stringContaining('404'),
      said: ['GET /nowhere answers 404, not 200'],
    });
  });

  test('on which nobody listens', async () => {
    const message = 'not healthy within 2 s: nothing listens on port 9999 of the guest';
    expect(await illness(http('/', 9999))).toMatchObject({ message });
    expect(await illness(tcp(9999))).toMatchObject({ message });
  });

  test('with a process behind it, whatever address that listens on', async () => {
    const run = ['systemd-run', '--quiet', '--collect'];
    for (const [port, address] of [
      [8084, '127.0.0.1:8084'],
      [8085, '0.0.0.0:8085'],
      [8086, '[::]:8086'],
    ] as const) {
      const server = ['/bin/busybox', 'httpd', '-f', '-p', address, '-h', '/'];
      await story.inside('app', ...run, `--unit=at-${port}`, ...server);
      expect(await note(tcp(port))).toBe(`port ${port} accepts connections from its own system`);
    }
  });

  test('that is slow to become healthy, and one whose time is up before enough tries', async () => {
    await systemctl('stop', 'web');
    const late = note(http('/'));
    await systemctl('start', 'web');
    expect(await late).toBe('http 200 from its own system');
    const patience = { timeoutMs: 1000, intervalMs: 2000, successes: 2 };
    expect(await illness(http('/'), patience)).toMatchObject({
      message: 'not healthy within 1 s: only 1 of 2 tries in a row went well',
    });
  });

  test('that systemd holds: then it is enough that the guest runs the new system', async () => {
    expect(await note(http('/', 8081))).toBe('http 200 in its own system');
    expect(await note(tcp(8083))).toBe('port 8083 accepts connections in its own system');
  });

  test('that speaks no HTTP, or says nothing at all', async () => {
    expect(await illness(http('/', 8082))).toMatchObject({
      message: 'not healthy within 2 s: what listens on port 8082 of the guest does not answer in HTTP',
    });
    expect(await illness(http('/', 8083))).toMatchObject({
      message: 'not healthy within 2 s: GET / is not answered in time',
    });
  });

  test('whose exposure is dead: that it answers in the guest is not enough', async () => {
    expect(
      await illness(http('/'), SOON, [at('127.0.0.1', story.exposed), at('::', story.unused)]),
    ).toMatchObject({
      message: `not healthy within 2 s: GET / answers 200 in the guest, but through [::]:${story.unused} it does not: connection refused`,
      hint: expect.stringContaining(`\`pets up ${app}\` opens it again`),
    });
  });

  test('of a guest that runs another system', async () => {
    const asked = guest.check(app, '/nix/store/another', { check: http('/'), ...SOON }, [], () => undefined);
    await expect(asked).rejects.toThrow(`the guest runs ${story.toplevel} instead of /nix/store/another`);
  });
});

describe('a command', () => {
  test('that exits with 0', async () => {
    expect(await note(command('test', '-e', '/etc/os-release'))).toBe('test exits with 0');
  });

  test('that fails is told with what it printed; nothing of it reaches a shell', async () => {
    const words = '$HOME `id` "; x';
    expect(await illness(command('sh', '-c', 'echo "$1"; echo >&2 oh; exit 3', 'sh', words))).toMatchObject({
      message: 'not healthy within 2 s: sh exits with 3',
      log: `${words}\noh`,
    });
    expect(await illness(command('sleep', '30'))).toMatchObject({
      message: 'not healthy within 2 s: sleep does not end in time',
    });
    expect(await illness(command('no-such-program'))).toMatchObject({
      message: 'not healthy within 2 s: no-such-program exits with 127',
    });
    expect(await story.inside('app', 'sh', '-c', 'pgrep -fx "sleep 30" || echo none')).toBe('none');
  });
});
