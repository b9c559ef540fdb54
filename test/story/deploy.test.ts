import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DeployStory, removeProfile } from './deploy-story.js';
import { answerOf, freePorts, get, must, PROFILES, standIn } from './rig.js';

describe('an app without a manifest', () => {
  const story = new DeployStory('deploy');
  const web = story.name('web');
  let [port, other] = [0, 0];
  const deploy = (...args: string[]) => story.pets(['deploy', './web', web, ...args]);
  const config = async () => (await story.instances())[0]?.config ?? {};

  beforeAll(async () => {
    [port = 0, other = 0] = await freePorts(2);
    story.flake('web');
    story.page('web', 'the first page');
  });
  afterAll(async () => {
    await story.cleanUp();
    removeProfile(web);
  });

  test('wants a port before anything is made', async () => {
    const bare = await deploy();
    expect(bare.code).toBe(64);
    expect(bare.stderr).toContain(`${web} --port 8080`);
    const wrong = await deploy('--port', '99999');
    expect(wrong.code).toBe(64);
    expect(wrong.stderr).toMatch(/port: .*65535/);
    expect(await story.instances()).toEqual([]);
  });

  test('is made, and its URL printed; the next deploy needs no flags and brings what the flake has by then', async () => {
    const first = await deploy('--port', String(port), '--nixpkgs', standIn());
    expect(first).toMatchObject({ code: 0, stdout: `http://127.0.0.1:${port}\n` });
    expect((await answerOf(port)).body).toBe('the first page');
    expect(await config()).toMatchObject({
      'user.pets.project': '_deployed',
      'user.incus-pet.flake-ref': join(story.folder, 'web'),
      'user.incus-pet.host-port': String(port),
      'user.incus-pet.listen': '127.0.0.1',
    });
    story.page('web', 'the second page');
    expect((await deploy()).stdout).toBe(`http://127.0.0.1:${port}\n`);
    expect((await answerOf(port)).body).toBe('the second page');
    await deploy('--port', String(other));
    expect((await answerOf(other)).body).toBe('the second page');
    expect(await get(port)).toBeNull();
    expect(existsSync(join(story.folder, 'pets.lock'))).toBe(false);
  });

  test('is found by the other verbs with --deployed', async () => {
    expect((await story.ok(['ps', '--deployed'])).stdout).toMatch(
      new RegExp(`^${web} .*:${other} +running +healthy +2 +current$`, 'm'),
    );
    expect((await story.ok(['history', web, '--deployed'])).stdout).toContain('* ');
    await story.ok(['rollback', web, '--deployed']);
    expect((await answerOf(port)).body).toBe('the first page');
    await deploy('--port', String(other));
    expect((await answerOf(other)).body).toBe('the second page');
    expect((await story.ok(['exec', '--deployed', web, '--', 'echo', 'inside'])).stdout).toBe('inside\n');
    await story.ok(['stop', web, '--deployed']);
    expect(await get(other)).toBeNull();
    await story.ok(['start', web, '--deployed']);
    expect((await answerOf(other)).body).toBe('the second page');
    const update = await story.pets(['update', '--deployed']);
    expect(update).toMatchObject({ code: 64, stderr: expect.stringContaining('is not pinned') });
  });

  test('is removed by `rm`, which a second time has nothing to do', async () => {
    const name = story.name('gone');
    const [free = 0] = await freePorts(1);
    const made = await story.pets(['deploy', './web', name, '--port', String(free), '--nixpkgs', standIn()]);
    expect(made).toMatchObject({ code: 0, stdout: `http://127.0.0.1:${free}\n` });
    story.write('other.toml', 'project = "other"\n');
    const without = await story.pets(['rm', name, '--yes', '--file', 'other.toml']);
    expect(without).toMatchObject({
      code: 65,
      stderr: expect.stringContaining('`--deployed` goes by what that made'),
    });
    const asked = await story.pets(['rm', name, '--deployed']);
    expect(asked).toMatchObject({ code: 64, stderr: expect.stringContaining('`pets rm --deployed --yes ') });
    const removed = await story.ok(['rm', name, '--deployed', '--yes']);
    expect(removed.stderr).toContain(`${name} --port <port>\` makes it anew`);
    expect(removed.stderr).not.toContain('pets up');
    expect((await story.instances()).map((i) => i.name)).toEqual([web]);
    expect(existsSync(join(PROFILES, '_deployed', name))).toBe(false);
    expect(await get(free)).toBeNull();
    await story.ok(['rm', name, '--deployed', '--yes']);
  });

  test("belongs to no manifest: a project's --prune and its own `up` leave it alone", async () => {
    story.manifest({ web: `flake-ref = "./web"\nport = ${port}` });
    const up = await story.pets(['up', '--prune']);
    expect(up.code).toBe(65);
    expect(up.stderr).toContain('was made by `pets deploy`');
    expect(up.stderr).toContain('pets adopt');
    story.manifest({});
    await story.ok(['up', '--prune']);
    expect((await answerOf(other)).body).toBe('the second page');
  });

  test('adopt without --write prints its table and changes nothing', async () => {
    const before = story.read('pets.toml');
    const printed = await story.ok(['adopt', web]);
    expect(printed.stdout).toBe(
      `[apps.${web}]\nflake-ref = "${join(story.folder, 'web')}"\nport = ${other}\nlisten = "127.0.0.1"\n`,
    );
    expect(story.read('pets.toml')).toBe(before);
    expect((await config())['user.pets.project']).toBe('_deployed');
  });

  test('adopt that is cut short after the manifest was written is finished by a second', async () => {
    const before = `# mine  \n${story.read('pets.toml')}# the end`;
    story.write('pets.toml', before);
    // As a killed one leaves it: marked, and written.
    await must('incus', ['config', 'set', web, `user.pets.adopting=${story.project}`]);
    const table = (await story.ok(['adopt', web])).stdout;
    story.write('pets.toml', `${before}\n\n${table}`);
    const up = await story.pets(['up']);
    expect(up.code).toBe(65);
    expect(up.stderr).toContain('cut short');
    const [boot] = Object.values(await story.bootIds());
    await story.inside('web', 'touch', '/root/kept');
    await story.ok(['adopt', web, '--write']);
    expect(story.read('pets.toml')).toBe(`${before}\n\n${table}`);
    expect(existsSync(join(PROFILES, '_deployed', web))).toBe(false);
    expect(await story.generations('web')).not.toEqual([]);
    expect((await config())['user.pets.adopting']).toBeUndefined();
    expect((await story.ok(['diff'])).stdout).toContain('No changes');
    expect(Object.values(await story.bootIds())).toEqual([boot]);
    expect(await story.inside('web', 'ls', '/root/kept', '/nix/var/nix/profiles/system')).toContain('kept');
    // It starts from where its profile is now.
    await must('incus', ['restart', web]);
    await story.ok(['up']);
    expect((await answerOf(other)).body).toBe('the second page');
  });
});
