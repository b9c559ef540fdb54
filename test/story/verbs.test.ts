import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { answerOf, freePorts, get, must, PROGRAM, type Result, Story } from './rig.js';

/** A page on 8080, and words in the journal. */
function talker(story: Story, folder: string, page: string): void {
  const steps = [
    'cd /var/lib/talker',
    `echo ${page} > index.html`,
    `echo "${page} is ready"`,
    'exec /bin/busybox httpd -f -p 127.0.0.1:8080',
  ];
  story.write(`${folder}/serve.sh`, `${steps.join('\n')}\n`);
  story.plainFlake(
    folder,
    `system.activationScripts.late = "if test -e /var/late; then sleep 3; fi";
     systemd.services.talker = {
       wantedBy = [ "multi-user.target" ];
       serviceConfig = { ExecStart = "/bin/sh \${./serve.sh}"; StateDirectory = "talker"; };
     };`,
  );
}

type Listed = Record<string, { state: string; health: string | null; currency: string | null; url: string }>;

async function listed(story: Story): Promise<Listed> {
  const { apps } = JSON.parse((await story.ok(['ps', '--json'])).stdout) as {
    apps: (Listed[string] & { name: string })[];
  };
  return Object.fromEntries(apps.map((app) => [app.name.replace(`${story.project}-`, ''), app]));
}

/** With something on its stdin. */
function fed(story: Story, args: readonly string[], input: string): Promise<Result> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [PROGRAM, ...args], {
      cwd: story.folder,
      env: story.env(),
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.on('close', (code) => {
      resolve({ code, stdout, stderr });
    });
    child.stdin.end(input);
  });
}

describe('pets that are there, day by day', () => {
  const story = new Story('verbs');
  const [web, db] = [story.name('web'), story.name('db')];
  let ports: readonly number[] = [];
  const manifest = (port: number | undefined) => {
    story.manifest({
      web: `flake-ref = "./talker"\nport = ${port ?? 0}\nafter = ["${db}"]\ntags = ["public"]\nhealth = { unit = "talker.service", successes = 1 }`,
      db: 'flake-ref = "./talker"\nhealth = false\nvolumes = { data = "/var/lib/data" }',
    });
  };

  beforeAll(async () => {
    ports = await freePorts(2);
    talker(story, 'talker', 'one');
    manifest(ports[0]);
    await story.ok(['up']);
  });
  afterAll(() => story.cleanUp());

  test('ps says what is current, how that is known, and what has moved away', async () => {
    const apps = await listed(story);
    expect(apps['web']).toMatchObject({ state: 'running', currency: 'current' });
    expect(apps['web']?.health).toContain('talker.service is active');
    expect(apps['db']).toMatchObject({ currency: 'current', health: null });
    talker(story, 'talker', 'two');
    expect(await listed(story)).toMatchObject({
      web: { currency: 'outdated' },
      db: { currency: 'outdated' },
    });
    talker(story, 'talker', 'one');
    const text = (await story.ok(['ps'])).stdout;
    expect(text).toMatch(/^NAME +FLAKE +REVISION +EXPOSURE +STATE +HEALTH +GEN +SYSTEM\n/);
    expect(text).toMatch(new RegExp(`${web} .* running +healthy +1 +current`));
    expect(text).toMatch(new RegExp(`${db} .* running +not checked +1 +current`));
  });

  test('stop takes them down, the dependent first; start brings back what was applied, not what is written', async () => {
    const stop = await story.ok(['stop']);
    const ended = (app: string) => stop.stderr.indexOf(`${app}: stopped in`);
    expect(ended(web)).toBeGreaterThan(0);
    expect(ended(web)).toBeLessThan(ended(db));
    expect(await listed(story)).toMatchObject({
      web: { state: 'stopped', health: null, currency: 'current' },
      db: { state: 'stopped' },
    });
    expect((await story.ok(['stop', web])).stderr).toContain('1 unchanged');
    const alone = await story.pets(['start', '@public']);
    expect(alone).toMatchObject({ code: 65 });
    expect(alone.stderr).toContain(`comes after \`${db}\`, which does not run`);
    talker(story, 'talker', 'two');
    manifest(ports[1]);
    await story.ok(['start']);
    expect((await answerOf(ports[0] ?? 0)).body).toBe('one');
    expect(await get(ports[1] ?? 0)).toBeNull();
    expect((await story.ok(['diff'])).stdout).toMatch(/rebuild/);
    talker(story, 'talker', 'one');
    manifest(ports[0]);
    expect((await story.ok(['diff'])).stdout).toContain('No changes');
  });

  test('what a person has stopped, `up` starts', async () => {
    await story.ok(['stop', web]);
    expect((await story.ok(['diff'])).stdout).toMatch(new RegExp(`${web} +start`));
    await story.ok(['up']);
    expect((await answerOf(ports[0] ?? 0)).body).toBe('one');
  });

  test('restart is for those that are named, and start leaves alone what runs', async () => {
    const before = await story.bootIds();
    const restart = await story.ok(['restart', web]);
    expect(restart.stderr).toContain('1 restarted');
    const after = await story.bootIds();
    expect(after[web]).not.toBe(before[web]);
    expect(after[db]).toBe(before[db]);
    expect((await answerOf(ports[0] ?? 0)).body).toBe('one');
    expect((await story.ok(['start', web])).stderr).toContain('1 unchanged');
    expect(await story.bootIds()).toEqual(after);
  });

  test.each([
    [['sh', '-c', 'exit 7'], 7],
    [['there-is-no-such-program'], 127],
    [['true'], 0],
  ])('exec -- %j ends with %d', async (command, code) => {
    expect(await story.pets(['exec', web, '--', ...command])).toMatchObject({ code });
  });

  test('exec: no shell looks at the command, stdin goes in and bytes come out', async () => {
    const odd = '$(id) `id` "a  b" ;\n*';
    expect((await story.ok(['exec', web, '--', 'printf', '%s', odd])).stdout).toBe(odd);
    expect((await story.ok(['exec', web, 'printf', '%s', '--file'])).stdout).toBe('--file');
    const input = 'x'.repeat(300_000);
    expect(await fed(story, ['exec', web, '--', 'cat'], input)).toMatchObject({ code: 0, stdout: input });
  });

  test("shell is root's login shell", async () => {
    const { code, stdout } = await fed(story, ['shell', web], 'id -un; pwd; exit 3\n');
    expect({ code, stdout }).toEqual({ code: 3, stdout: 'root\n/root\n' });
  });

  test('what is not there, not ours or does not run', async () => {
    const typo = await story.pets(['exec', `${web}b`, '--', 'true']);
    expect(typo).toMatchObject({ code: 64 });
    expect(typo.stderr).toContain(`did you mean \`${web}\``);
    const stranger = story.name('stranger');
    await must('incus', ['init', '--empty', stranger]);
    for (const verb of [
      ['exec', stranger, 'true'],
      ['stop', stranger],
      ['rm', stranger, '--yes'],
    ]) {
      const { code, stderr } = await story.pets(verb);
      expect(code).toBe(65);
      expect(stderr).toContain('does not bear any mark of pets; it was not touched');
    }
    await must('incus', ['delete', stranger]);
    await story.ok(['stop', web]);
    const stopped = await story.pets(['exec', web, '--', 'true']);
    expect(stopped).toMatchObject({ code: 1 });
    expect(stopped.stderr).toContain(`pets start ${web}`);
    await story.ok(['start', web]);
  });

  test('logs: the own services of each app, in order of time; or a unit', async () => {
    const both = (await story.ok(['logs'])).stdout.split('\n');
    expect(both).toContainEqual(expect.stringMatching(new RegExp(`^${web} \\| .* one is ready$`)));
    expect(both).toContainEqual(expect.stringMatching(new RegExp(`^${db} +\\| .* one is ready$`)));
    expect(both.join('\n')).not.toContain('Reached target');
    const times = both.flatMap((line) => /\| (\S+ \S+) /.exec(line)?.[1] ?? []);
    expect(times).toEqual([...times].sort());
    const one = (await story.ok(['logs', web, '--tail', '1', '--json'])).stdout;
    expect(JSON.parse(one)).toMatchObject({ app: web, unit: 'talker.service' });
    expect((await story.ok(['logs', web, '-u', '*', '--tail', 'all'])).stdout).toContain('Reached target');
    expect((await story.ok(['logs', web, '--since', '2030-01-01'])).stdout).toBe('');
    expect(await story.pets(['logs', web, '--since', 'whenever'])).toMatchObject({ code: 64 });
  });

  test('logs -f goes on through a restart, and ends with Ctrl-C, leaving nothing in the guest', async () => {
    const { child, ended } = story.start(['logs', '-f', web, '--tail', '0']);
    let seen = '';
    child.stdout?.on('data', (chunk: Buffer) => (seen += chunk.toString()));
    const until = async (words: string) => {
      for (let n = 0; n < 3000 && !seen.includes(words); n++) await new Promise((r) => setTimeout(r, 100));
      expect(seen).toContain(words);
    };
    const reader = () => story.ran('web', 'pgrep', '-x', 'journalctl');
    for (let n = 0; n < 3000 && (await reader()).code !== 0; n++)
      await new Promise((r) => setTimeout(r, 100));
    await story.inside('web', 'systemctl', 'restart', 'talker');
    await until('one is ready');
    seen = '';
    // Until it is activated a guest that runs has no programs.
    await story.inside('web', 'touch', '/var/late');
    await story.ok(['restart', web]);
    await story.inside('web', 'rm', '/var/late');
    await until('Stopped talker.service');
    await until('one is ready');
    child.kill('SIGINT');
    expect(await ended).toMatchObject({ code: 130, stderr: '' });
    expect(await reader()).toMatchObject({ code: 1 });
  });

  test('open prints the URL, and opens it where there is a display', async () => {
    const url = `http://127.0.0.1:${ports[0] ?? 0}`;
    const opened = join(story.folder, 'opened');
    story.write('browser', `#!/bin/sh\necho "$1" > '${opened}.new'; mv '${opened}.new' '${opened}'\n`);
    await must('chmod', ['+x', join(story.folder, 'browser')]);
    const BROWSER = join(story.folder, 'browser');
    expect((await story.ok(['open', web], { BROWSER, DISPLAY: '', WAYLAND_DISPLAY: '' })).stdout).toBe(
      `${url}\n`,
    );
    expect(existsSync(opened)).toBe(false);
    await story.ok(['open', web], { BROWSER, DISPLAY: ':0' });
    for (let n = 0; n < 6000 && !existsSync(opened); n++) await new Promise((r) => setTimeout(r, 50));
    expect(readFileSync(opened, 'utf8')).toBe(`${url}\n`);
    expect(await story.pets(['open', db])).toMatchObject({ code: 1 });
  });

  test('top on a pipe is a table each time', async () => {
    const once = (await story.ok(['top', '--once', '--interval', '1s'])).stdout.split('\n');
    expect(once[0]).toMatch(/^NAME +CPU +MEMORY +LIMIT +PROCS +STATE +HEALTH +EXPOSURE$/);
    expect(once[1]).toMatch(new RegExp(`^${db} +\\d+\\.\\d% +\\d+\\.\\d [KM]iB +- +\\d+ +running`));
    const lines = (await story.ok(['top', '--json', '-n', '2', '--interval', '1s'])).stdout
      .trim()
      .split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { apps: object[] }).apps.length)).toEqual([2, 2]);
  });

  test('rm: asked for twice is as once; the volume stays, and it is said how to delete it', async () => {
    const unsaid = await story.pets(['rm', db]);
    expect(unsaid).toMatchObject({ code: 64 });
    expect(unsaid.stderr).toContain(`pets rm --yes ${db}`);
    const rm = await story.ok(['rm', db, '--yes']);
    expect(rm.stderr).toContain(`pets volume rm ${db}/data`);
    expect((await story.instances()).map(({ name }) => name)).toEqual([web]);
    expect(await story.volumes()).toHaveLength(1);
    const again = await story.ok(['rm', db, `${web}b`, '--yes']);
    expect(again.stderr).toContain(`there is no container \`${db}\`: nothing to remove`);
    expect(again.stderr).toContain(`did you mean \`${web}\``);
    story.manifest({});
    expect(await listed(story)).toMatchObject({
      web: { state: 'running, not in the manifest', currency: null },
    });
    expect(await story.pets(['restart', web])).toMatchObject({ code: 1 });
    await story.ok(['rm', web, '--yes']);
    expect(await listed(story)).toEqual({});
  });
});
