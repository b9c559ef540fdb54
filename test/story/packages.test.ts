import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { freePorts, must, Story, watchedNix } from './rig.js';

type Printed = { readonly apps: { readonly packages?: { readonly name: string }[] }[] };

describe('the packages that change', () => {
  const story = new Story('closure');
  const flake = (folder: string, packages: readonly string[], more = '') => {
    const made = packages.map((name) => `(pkgs.runCommand "${name}" { } "mkdir $out; echo > $out/${name}")`);
    story.plainFlake(folder, `environment.systemPackages = [ ${made.join(' ')} ]; ${more}`);
  };
  const large =
    'environment.etc."large".source = pkgs.runCommand "large-2.0" { } "head -c 65536 /dev/zero > $out";';
  const running = () => story.inside('app', 'readlink', '/run/current-system');
  const diff = async (...args: string[]) => (await story.ok(['diff', ...args])).stdout;

  beforeAll(async () => {
    flake('app', ['tool-1.9', 'same-3']);
    story.manifest({ app: 'flake-ref = "./app"' });
    await story.ok(['up']);
  });
  afterAll(() => story.cleanUp());

  test('are not told of a system that nobody built: diff asks Nix for nothing', async () => {
    flake('app', ['tool-1.10', 'same-3'], large);
    const nix = watchedNix(story);
    const { stdout } = await story.ok(['diff'], nix.env);
    expect(stdout).toContain('system.source');
    expect(stdout).not.toContain('packages:');
    expect(nix.calls()).toEqual([]);
  });

  test('diff --build builds it to tell them, and does nothing else', async () => {
    const before = [await running(), await story.generations('app')];
    const { stdout, stderr } = await story.ok(['diff', '--build']);
    expect(stdout).toMatch(/^ {4}packages: 2 changed, \d+ built anew, \+6\d\.\d KiB$/m);
    expect(stdout).toMatch(/^ {6}large +2\.0 added, \+64\.\d KiB$/m);
    expect(stdout).toMatch(/^ {6}tool +1\.9 → 1\.10$/m);
    expect(stdout).not.toContain('same');
    // How far the reading of sources is, is told where it takes longer than a second.
    const told = stderr.split('\n').filter((line) => !line.startsWith('pets: reading the sources'));
    expect(told).toEqual(
      ['evaluating', 'evaluated', 'building', 'built']
        .map((word) => `${story.name('app')}: ${word}`)
        .concat(''),
    );
    expect([await running(), await story.generations('app')]).toEqual(before);
    expect(existsSync(join(story.folder, '.state', story.project, 'runs'))).toBe(true);
    expect(await diff('--exit-code').catch(String)).toContain('exit 2');
  });

  test('from then on a plain diff tells them too, and neither evaluates nor builds', async () => {
    const nix = watchedNix(story);
    const plain = await story.ok(['diff'], nix.env);
    expect(plain.stdout).toContain('1.9 → 1.10');
    expect(plain.stdout).toBe(await diff('--build'));
    expect(nix.calls().filter((call) => !call.startsWith('nix-store --query'))).toEqual([]);
  });

  test('are data as well', async () => {
    const [app] = (JSON.parse(await diff('--json')) as Printed).apps;
    const named = (name: string) => app?.packages?.find((change) => change.name === name);
    expect(named('tool')).toMatchObject({ from: ['1.9'], to: ['1.10'], bytes: expect.any(Number) });
    expect(named('large')).toMatchObject({ from: [], to: ['2.0'], bytes: expect.any(Number) });
    expect(named('same')).toBeUndefined();
  });

  test('a build that fails: exit 1 and the words of Nix, the plan all the same', async () => {
    flake(
      'app',
      ['tool-1.11'],
      'environment.etc."x".source = pkgs.runCommand "x" { } "echo a poor excuse; exit 3";',
    );
    const { code, stdout, stderr } = await story.pets(['diff', '--build']);
    expect(code).toBe(1);
    expect(stderr).toContain('failed while building');
    expect(stderr).toContain('a poor excuse');
    expect(stdout).toContain('system.source');
    expect(stdout).not.toContain('packages:');
    const json = await story.pets(['diff', '--build', '--progress', 'json']);
    const events = json.stderr
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string });
    expect(events.map(({ type }) => type)).toContain('failed');
  });

  test('a run that failed has built the system too', async () => {
    flake('app', ['tool-1.12'], 'system.activationScripts.broken = "echo cannot; exit 1";');
    expect((await story.pets(['up'])).code).toBe(3);
    const told = await diff('--retry');
    expect(told).toContain('1.9 → 1.12');
    expect(told).toMatch(/same +3 removed/);
  });

  test('another source can come to the same system', async () => {
    flake('app', ['tool-1.9', 'same-3']);
    await story.ok(['up']);
    story.write('app/README', 'nothing reads this\n');
    expect(await diff('--build')).toContain('packages: the system stays as it is');
  });
});

describe('of a flake that is not locked yet', () => {
  const story = new Story('unlocked');
  const repository = join(story.folder, 'repository');
  const git = (...args: string[]) =>
    must('git', ['-C', repository, '-c', 'user.name=t', '-c', 'user.email=t@localhost', ...args]);
  let server: Server;

  beforeAll(async () => {
    story.plainFlake(
      'repository',
      'environment.systemPackages = [ (pkgs.runCommand "tool-2" { } "mkdir $out; echo > $out/tool") ];',
    );
    await must('git', ['init', '--quiet', '--initial-branch', 'main', repository]);
    await git('add', '-A');
    await git('commit', '--quiet', '--message', 'one');
    await git('update-server-info');
    server = createServer((request, reply) => {
      const path = join(
        repository,
        '.git',
        new URL(request.url ?? '', 'http://x').pathname.slice('/app.git'.length),
      );
      const isFile = existsSync(path) && !path.endsWith('/');
      reply.writeHead(isFile ? 200 : 404).end(isFile ? readFileSync(path) : '');
    });
  });
  afterAll(async () => {
    server.close();
    await story.cleanUp();
  });

  test('diff --build locks it for itself only', async () => {
    const [port = 0] = await freePorts(1);
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    story.plainFlake('app', '');
    story.manifest({ app: 'flake-ref = "./app"' });
    await story.ok(['up']);
    story.manifest({ app: `flake-ref = "git+http://127.0.0.1:${port}/app.git?ref=main"` });
    expect((await story.ok(['diff', '--build'])).stdout).toMatch(/tool +2 added/);
    expect(existsSync(join(story.folder, 'pets.lock'))).toBe(false);
    // What is not locked may come to anything.
    expect((await story.ok(['diff'])).stdout).not.toContain('packages:');
  });
});
