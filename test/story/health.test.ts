import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { exec } from '../../src/exec.js';
import { guestOver } from '../../src/guest/guest.js';
import { incusOver } from '../../src/incus/client.js';
import { socketPath } from '../../src/incus/http.js';
import type { AppName, Health, IpAddress, Listen, Port } from '../../src/model.js';
import { FailedProgram, type Problem } from '../../src/problem.js';
import { freePorts, must, Story } from './rig.js';

/** `web` runs on when it changes; the others are started by hand, or by who connects. */
const MODULE = `
  systemd.services.web = {
    wantedBy = [ "multi-user.target" ];
    restartIfChanged = false;
    serviceConfig.ExecStart = "\${pkgs.busybox}/bin/httpd -f -v -p 8080 -h \${./site}";
  };
  systemd.services.looping = {
    unitConfig.StartLimitIntervalSec = 0;
    serviceConfig = { ExecStart = "/bin/sh -c 'echo around it goes'"; Restart = "always"; RestartSec = "200ms"; };
  };
  systemd.services.blinking = {
    unitConfig.StartLimitIntervalSec = 0;
    serviceConfig = { ExecStart = "/bin/sh -c 'echo off and on; sleep 0.5'"; Restart = "always"; RestartSec = 0; };
  };
  systemd.services.broken.serviceConfig.ExecStart = "/bin/sh -c 'echo no such luck; exit 1'";
  systemd.sockets.called = { wantedBy = [ "sockets.target" ]; listenStreams = [ "8081" ]; socketConfig.Accept = true; };
  systemd.services."called@".serviceConfig = { StandardInput = "socket"; ExecStart = "\${pkgs.busybox}/bin/httpd -i -h \${./site}"; };
  systemd.sockets.chatty = { wantedBy = [ "sockets.target" ]; listenStreams = [ "8082" ]; socketConfig.Accept = true; };
  systemd.services."chatty@".serviceConfig = { StandardInput = "socket"; StandardOutput = "socket"; ExecStart = "/bin/echo hello"; };
  systemd.sockets.silent = { wantedBy = [ "sockets.target" ]; listenStreams = [ "8083" ]; socketConfig.Accept = true; };
  systemd.services."silent@".serviceConfig = { StandardInput = "socket"; ExecStart = "/bin/sleep 20"; };
`;

const story = new Story('health');
const app = story.name('app') as AppName;
const incus = incusOver(socketPath(process.env), story.project);
const guest = guestOver(incus, exec);
let [exposed, unused] = [] as unknown as [Port, Port];
let toplevel = '';

const current = () => story.inside('app', 'readlink', '/run/current-system');
const systemctl = (...words: string[]) => must('incus', ['exec', app, '--', 'systemctl', ...words]);

beforeAll(async () => {
  [exposed, unused] = (await freePorts(2)) as unknown as [Port, Port];
  story.plainFlake('app', MODULE);
  story.page('app', 'first');
  story.manifest({ app: `flake-ref = "./app"\nport = ${exposed}\nhealth = false` });
  await story.ok(['up']);
  toplevel = await current();
});
afterAll(() => story.cleanUp());

type Check = Health['check'];
const http = (path: string, port = 8080, ...status: number[]): Check => ({
  kind: 'http',
  path,
  status: status.length > 0 ? status : [200],
  port: port as Port,
});
const tcp = (port: number): Check => ({ kind: 'tcp', port: port as Port });
const unit = (name: string): Check => ({ kind: 'unit', unit: name });
const STABLE: Check = { kind: 'stable' };
const at = (address: string, port: number): Listen => ({
  address: address as IpAddress,
  port: port as Port,
});

const WELL = { timeoutMs: 60_000, intervalMs: 100, successes: 2 };
const SOON = { ...WELL, timeoutMs: 2000 };

async function note(check: Check, through: readonly Listen[] = []): Promise<string> {
  const { note: words } = await guest.check(app, toplevel, { check, ...WELL }, through, () => undefined);
  return words;
}

/** What a person is told of ill health, and what was said meanwhile. */
async function illness(check: Check, patience = SOON, through: readonly Listen[] = []) {
  const said: string[] = [];
  const asked = guest.check(app, toplevel, { check, ...patience }, through, (line) => said.push(line));
  const error = await asked.catch((thrown: unknown) => thrown);
  if (!(error instanceof FailedProgram)) throw new Error(`not a failure: ${JSON.stringify(error)}`);
  const [problem] = error.problems as [Problem];
  return { ...problem, log: error.log.join('\n'), said };
}

describe('a port', () => {
  test('that answers, from its own system, and through what it is exposed as', async () => {
    expect(await note(http('/'))).toBe('http 200 from its own system');
    const through = [at('127.0.0.1', exposed), at('0.0.0.0', exposed)];
    expect(await note(http('/index.html?a=b'), through)).toBe(
      `http 200 from its own system, also through 127.0.0.1:${exposed}, 0.0.0.0:${exposed}`,
    );
    expect(await note(http('/nowhere', 8080, 204, 404))).toBe('http 404 from its own system');
    expect(await note(tcp(8080))).toBe('port 8080 accepts connections from its own system');
  });

  test('with another answer, told with the journal of who gave it', async () => {
    expect(await illness(http('/nowhere'))).toEqual({
      app,
      message: 'not healthy within 2 s: GET /nowhere answers 404, not 200',
      hint: `look inside: incus exec ${app} -- journalctl -u web.service`,
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
    expect(await illness(http('/'), SOON, [at('127.0.0.1', exposed), at('::', unused)])).toMatchObject({
      message: `not healthy within 2 s: GET / answers 200 in the guest, but through [::]:${unused} it does not: connection refused`,
      hint: expect.stringContaining(`\`pets up ${app}\` repairs`),
    });
  });

  test('of a guest that runs another system', async () => {
    const asked = guest.check(app, '/nix/store/another', { check: http('/'), ...SOON }, [], () => undefined);
    await expect(asked).rejects.toThrow(`the guest runs ${toplevel} instead of /nix/store/another`);
  });
});

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
      hint: `look inside: incus exec ${app} -- journalctl -u broken.service`,
      log: expect.stringContaining('no such luck'),
    });
    expect(await illness(tcp(9999))).toMatchObject({ log: expect.stringContaining('no such luck') });
    await systemctl('reset-failed');
  });

  test.each([
    ['looping', 'around it goes'],
    ['blinking', 'off and on'],
  ])(
    'that restarts again and again is never healthy, nor is the window without `health`: %s',
    async (name, words) => {
      await systemctl('start', '--no-block', name);
      const around = new RegExp(
        `within 5 s: ${name}\\.service (was restarted|has ended and waits|is (in|de)?activ)`,
      );
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

describe('a command', () => {
  const command = (...words: [string, ...string[]]): Check => ({ kind: 'command', command: words });

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

describe('a process of the system before', () => {
  beforeAll(async () => {
    story.page('app', 'second');
    await story.ok(['up']);
    expect(await current()).not.toBe(toplevel);
    toplevel = await current();
  });

  test.each([http('/'), tcp(8080), unit('web.service')])('is not healthy: %j', async (check) => {
    expect(await illness(check)).toMatchObject({
      message: expect.stringMatching(
        /^not healthy within 2 s: pid \d+ of web\.service still runs the system before: \/nix\/store\/\w{32}-/,
      ),
      hint: expect.stringContaining('activation = "restart"'),
    });
  });

  test('is healthy once it was restarted', async () => {
    await systemctl('restart', 'web');
    expect(await note(http('/'))).toBe('http 200 from its own system');
    expect(await note(unit('web.service'))).toBe('web.service is active from its own system');
  });

  test('cannot be told where this host does not know the system any more', async () => {
    const said: string[] = [];
    const forgetful = guestOver(incus, () =>
      Promise.resolve({ exitCode: 1, stdout: '', stderr: 'path is not valid' }),
    );
    const health = { check: http('/'), ...WELL };
    expect(await forgetful.check(app, toplevel, health, [], (line) => said.push(line))).toEqual({
      note: 'http 200 in its own system',
    });
    expect(said).toEqual([expect.stringContaining('path is not valid')]);
  });
});

test('a container that dies meanwhile is told as that', async () => {
  let stopped: Promise<string> | undefined;
  const asked = guest.check(app, toplevel, { check: http('/', 9999), ...WELL }, [], () => {
    stopped ??= must('incus', ['stop', '--force', app]);
  });
  await expect(asked).rejects.toThrow('the container died while its health was checked');
  await stopped;
});
