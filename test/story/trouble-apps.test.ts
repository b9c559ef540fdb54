import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { answerOf, freePorts, get, must, Story } from './rig.js';

let story: Story;
beforeEach(() => {
  story = new Story('apps');
});
afterEach(() => story.cleanUp());

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
    expect((await answerOf(ports[3] ?? 0)).body).toBe('page 3');
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
    // It waits, however slow this machine is.
    child.kill('SIGSTOP');
    await must('incus', ['delete', '--force', name]);
    await must('incus', ['init', '--empty', name]);
    child.kill('SIGCONT');
    const { code, stderr } = await ended;
    expect(code).toBe(1);
    expect(stderr).toContain('does not bear the marks of this project');
    const [stranger] = await story.instances();
    expect(stranger).toMatchObject({ status: 'Stopped', devices: {} });
    expect(stranger?.config['user.pets.project']).toBeUndefined();
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
