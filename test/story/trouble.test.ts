import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createServer } from 'node:net';
import { freePorts, get, must, recorder, Story } from './rig.js';

let story: Story;
beforeEach(() => {
  story = new Story('trouble');
});
afterEach(() => story.cleanUp());

describe('before anything is touched', () => {
  test('a bad manifest: every problem at its place, exit 65, not one request', async () => {
    story.write(
      'pets.toml',
      'project = "x"\n[apps.web]\nflake-ref = "./web"\nprot = 7700\n[apps.-b]\nflake-ref = "./web"\nport = 99999\n',
    );
    const { socket, requests, close } = await recorder();
    const up = await story.pets(['up'], { INCUS_SOCKET: socket });
    await close();
    expect(up.code).toBe(65);
    expect(up.stderr).toMatch(/^pets\.toml:4:1: .*prot/m);
    expect(up.stderr).toMatch(/did you mean `port`/);
    expect(up.stderr).toMatch(/^pets\.toml:5:7: /m);
    expect(up.stderr).toMatch(/^pets\.toml:7:8: .*99999/m);
    expect(up.stderr).not.toMatch(/\bat .*\(.*:\d+:\d+\)/);
    expect(requests).toEqual([]);
  });

  test('a flake folder that is not there, at its key', async () => {
    story.manifest({ web: 'flake-ref = "./nowhere"' });
    const up = await story.pets(['up']);
    expect(up.code).toBe(65);
    expect(up.stderr).toMatch(/^pets\.toml:6:13: .*nowhere/m);
    expect(await story.instances()).toEqual([]);
  });

  test('a port that another process holds: named, and nothing was made', async () => {
    const [free = 0] = await freePorts(1);
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(free, '127.0.0.1', resolve));
    story.flake('web');
    story.manifest({ web: `flake-ref = "./web"\nport = ${free}`, other: 'flake-ref = "./web"' });
    const up = await story.pets(['up']);
    await new Promise((resolve) => holder.close(resolve));
    expect(up.code).toBe(65);
    expect(up.stderr).toContain(`127.0.0.1:${free} is taken: process ${process.pid}`);
    expect(await story.instances()).toEqual([]);
    expect(await story.generations('web')).toEqual([]);
  });

  test('no daemon: said so, exit 69', async () => {
    story.flake('web');
    story.manifest({ web: 'flake-ref = "./web"' });
    const up = await story.pets(['up'], { INCUS_SOCKET: '/nonexistent/incus.socket' });
    expect(up.code).toBe(69);
    expect(up.stderr).toContain('no Incus daemon answers on /nonexistent/incus.socket');
  });

  test('wrong usage: exit 64, and with --progress json every line parses', async () => {
    expect((await story.pets(['upp'])).code).toBe(64);
    expect((await story.pets(['up', '--jobs', 'many'])).code).toBe(64);
    const json = await story.pets(['up', '--bogus', '--progress', 'json']);
    expect(json.code).toBe(64);
    for (const line of json.stderr.trim().split('\n'))
      expect(JSON.parse(line)).toMatchObject({ type: 'problem' });
  });
});

describe('while it runs', () => {
  test("eight apps at once: one with a syntax error fails alone, with Nix' own words", async () => {
    const ports = await freePorts(8);
    const apps: Record<string, string> = {};
    for (const [i, port] of ports.entries()) {
      story.flake(`app${i}`);
      story.page(`app${i}`, `page ${i}`);
      apps[`app${i}`] = `flake-ref = "./app${i}"\nport = ${port}`;
    }
    story.write('app3/flake.nix', '{ outputs = { self }: { nixosModules.incus = { ; }; }\n');
    story.manifest(apps);
    const up = await story.pets(['up', '--progress', 'json']);
    expect(up.code).toBe(1);
    const events = up.stderr
      .trim()
      .split('\n')
      .map(
        (line) =>
          JSON.parse(line) as { type: string; app?: string; op?: string; problem?: { message: string } },
      );
    expect(mostAtOnce(events)).toBeGreaterThan(2);
    expect(events.find((e) => e.type === 'failed')).toMatchObject({
      app: story.name('app3'),
      problem: { message: expect.stringContaining('syntax error') },
    });
    for (const [i, port] of ports.entries())
      expect((await get(port))?.body).toBe(i === 3 ? undefined : `page ${i}`);
    story.flake('app3');
    story.page('app3', 'page 3');
    await story.ok(['up']);
    expect((await get(ports[3] ?? 0))?.body).toBe('page 3');
  });

  test('a unit that fails: the app fails with its journal, the others come up, the fix heals it', async () => {
    story.plainFlake(
      'bad',
      'systemd.services.worker = { wantedBy = [ "multi-user.target" ]; serviceConfig.Type = "oneshot"; script = "echo a poor excuse; exit 3"; };',
    );
    story.plainFlake('good', '');
    story.manifest({ bad: 'flake-ref = "./bad"', good: 'flake-ref = "./good"' });
    const up = await story.pets(['up', '--progress', 'plain']);
    expect(up.code).toBe(1);
    expect(up.stderr).toContain('worker.service failed');
    expect(up.stderr).toContain('a poor excuse');
    expect(up.stderr).toMatch(/good +created/);
    story.plainFlake(
      'bad',
      'systemd.services.worker = { wantedBy = [ "multi-user.target" ]; serviceConfig.Type = "oneshot"; script = "echo fine"; };',
    );
    await story.ok(['up']);
    await story.ok(['diff', '--exit-code']);
  });

  test('a switch that failed is taken back, tried again when that is asked for, and not taken for done', async () => {
    story.plainFlake('app', '');
    story.manifest({ app: 'flake-ref = "./app"' });
    await story.ok(['up']);
    story.plainFlake('app', 'system.activationScripts.broken = "echo cannot; exit 1";');
    for (const args of [[], ['--retry']]) {
      const up = await story.pets(['up', '--progress', 'plain', ...args]);
      expect({ args, code: up.code }).toEqual({ args, code: 3 });
      expect(up.stderr).toContain('switch-to-configuration failed');
      expect(await story.pets(['diff', '--exit-code'])).toMatchObject({ code: 2 });
    }
    story.plainFlake('app', '');
    await story.ok(['up']);
  });

  test('an instance that somebody put in a pet’s place after the plan was made is not touched', async () => {
    story.plainFlake('app', '');
    story.manifest({ app: 'flake-ref = "./app"' });
    await story.ok(['up']);
    const name = story.name('app');
    story.plainFlake(
      'app',
      // Never built before, or it would be there at once.
      `environment.etc."slow".source = pkgs.runCommand "slow" { } "sleep 4; echo ${String(Date.now())} > $out";`,
    );
    const { child, ended } = story.start(['up', '--progress', 'plain']);
    await new Promise<void>((resolve) => {
      child.stderr?.on('data', (chunk: Buffer) => {
        if (chunk.toString().includes(': building')) resolve();
      });
    });
    await must('incus', ['delete', '--force', name]);
    await must('incus', ['init', '--empty', name]);
    const { code, stderr } = await ended;
    expect(code).toBe(1);
    expect(stderr).toContain('does not bear the marks of this project');
    const [stranger] = await story.instances();
    expect(stranger).toMatchObject({ status: 'Stopped', devices: {} });
    expect(stranger?.config['user.pets.project']).toBeUndefined();
  });

  test('a unit that fails during a switch (exit 4): told as a warning, and the app fails with its journal', async () => {
    const unit = (script: string) =>
      `systemd.services.worker = { wantedBy = [ "multi-user.target" ]; serviceConfig.Type = "oneshot"; script = "${script}"; };`;
    story.plainFlake('app', unit('echo fine'));
    story.manifest({ app: 'flake-ref = "./app"' });
    await story.ok(['up']);
    const boots = await story.bootIds();
    story.plainFlake('app', unit('echo a late excuse; exit 3'));
    const up = await story.pets(['up', '--progress', 'plain']);
    expect(up.code).toBe(3);
    expect(up.stderr).toMatch(/warning: .*worker\.service|the following units failed: worker\.service/);
    expect(up.stderr).toContain('a late excuse');
    expect(await story.pets(['diff', '--exit-code'])).toMatchObject({ code: 2 });
    story.plainFlake('app', unit('echo fine again'));
    const back = await story.bootIds();
    expect(back).not.toEqual(boots);
    await story.ok(['up']);
    expect(await story.bootIds()).toEqual(back);
  });

  test.each([
    ['inhibited', 'refuses to be switched to', '60s'],
    ['locked', 'holds the lock', '60s'],
    ['hang', 'did not end within', '4s'],
  ])('a switch that is %s ends in a restart into the new system', async (how, words, timeout) => {
    story.plainFlake('app', 'environment.etc."which".text = "first";');
    story.manifest({ app: 'flake-ref = "./app"' });
    await story.ok(['up']);
    const boots = await story.bootIds();
    story.plainFlake('app', `environment.etc."which".text = "second"; standIn.switch = "${how}";`);
    const up = await story.pets(['up', '--progress', 'plain', '--timeout', timeout]);
    expect(up.stderr).toContain(words);
    expect(up.code).toBe(0);
    expect(await must('incus', ['exec', story.name('app'), '--', 'cat', '/etc/which'])).toBe('second');
    expect(await story.bootIds()).not.toEqual(boots);
    await story.ok(['diff', '--exit-code']);
  });

  test('a guest that dies while it boots is reported, and a fixed flake brings it up', async () => {
    story.plainFlake('app', 'standIn.boot = "dies";');
    story.manifest({ app: 'flake-ref = "./app"' });
    const up = await story.pets(['up', '--timeout', '20s']);
    expect(up.code).toBe(1);
    expect(up.stderr).toMatch(/dead at once|died while it booted/);
    story.plainFlake('app', '');
    await story.ok(['up']);
  });

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 143],
  ] as const)('%s drains: exit %d, and the next run finishes', async (signal, exit) => {
    const ports = await freePorts(3);
    for (const i of [0, 1, 2]) story.flake(`app${i}`);
    story.manifest(
      Object.fromEntries(ports.map((port, i) => [`app${i}`, `flake-ref = "./app${i}"\nport = ${port}`])),
    );
    const { child, ended } = story.start(['up', '--progress', 'plain', '--jobs', '1']);
    await new Promise<void>((resolve) => {
      child.stderr?.on('data', (chunk: Buffer) => {
        if (chunk.toString().includes(': starting')) resolve();
      });
    });
    child.kill(signal);
    const { code, stderr } = await ended;
    expect(code).toBe(exit);
    expect(stderr).toMatch(/stopping|interrupted/);
    await story.ok(['up']);
    for (const port of ports) expect((await get(port))?.status).toBe(200);
  });

  test('selected apps only: by name, pattern and tag; selecting never prunes; a typo is exit 64', async () => {
    for (const app of ['one', 'two']) story.plainFlake(app, '');
    story.manifest({ one: 'flake-ref = "./one"\ntags = ["first"]', two: 'flake-ref = "./two"' });
    const typo = await story.pets(['up', '@frist']);
    expect(typo.code).toBe(64);
    expect(typo.stderr).toContain('did you mean `@first`?');
    await story.ok(['up', '@first']);
    expect((await story.instances()).map((i) => i.name)).toEqual([story.name('one')]);
    story.manifest({ two: 'flake-ref = "./two"' });
    await story.ok(['up', '--prune', '*-two']);
    expect((await story.instances()).map((i) => i.name)).toEqual([story.name('one'), story.name('two')]);
  });

  test('two runs of one project: the second is told who holds it, exit 75', async () => {
    story.flake('app');
    story.manifest({ app: 'flake-ref = "./app"' });
    const { child, ended } = story.start(['up', '--progress', 'plain']);
    await new Promise<void>((resolve) =>
      child.stderr?.once('data', () => {
        resolve();
      }),
    );
    const second = await story.pets(['up']);
    expect(second.code).toBe(75);
    expect(second.stderr).toContain(`process ${String(child.pid)}`);
    await story.ok(['diff']);
    expect(await ended).toMatchObject({ code: 0 });
  });

  test('killed at ten random moments: each next run converges', async () => {
    const [first = 0, second = 0] = await freePorts(2);
    story.flake('web');
    story.flake('book', 'guestbook');
    const seed = Number(process.env['PETS_TEST_SEED'] ?? Date.now() % 1000);
    for (let round = 0; round < 10; round++) {
      story.page('web', `round ${round}`);
      const swapped = round % 2 === 1;
      story.manifest({
        web: `flake-ref = "./web"\nport = ${swapped ? second : first}`,
        book: `flake-ref = "./book"\nport = ${swapped ? first : second}`,
      });
      if (round === 5)
        for (const { name } of await story.instances()) await must('incus', ['delete', '--force', name]);
      const { child, ended } = story.start(['up', '--progress', 'plain']);
      const delay = ((seed * 7919 + round * 104_729) % 4500) + 100;
      const timer = setTimeout(() => child.kill('SIGKILL'), delay);
      await ended;
      clearTimeout(timer);
      const up = await story.pets(['up', '--progress', 'plain']);
      if (up.code !== 0)
        throw new Error(`seed ${seed}, round ${round}, killed after ${delay} ms:\n${up.stderr}`);
      expect((await get(swapped ? second : first))?.body).toBe(`round ${round}`);
      expect((await get(swapped ? first : second))?.status).toBe(200);
      expect((await story.pets(['diff', '--exit-code'])).code).toBe(0);
    }
  });
});

/** Most operations under way at one moment, from the events' order. */
function mostAtOnce(events: readonly { type: string; op?: string }[]): number {
  let now = 0;
  let most = 0;
  for (const { type } of events) {
    if (type === 'started') most = Math.max(most, ++now);
    if (type === 'finished' || type === 'failed') now--;
  }
  return most;
}
