import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { DeployStory } from './deploy-story.js';
import { answerOf, freePorts, must } from './rig.js';

describe('adopting what incus-pet made', () => {
  const story = new DeployStory('adopt');
  const web = story.name('web');
  let port = 0;

  beforeAll(async () => {
    [port = 0] = await freePorts(1);
    story.flake('web');
    story.page('web', 'the page');
    story.manifest({});
    const mark = (key: string, value: string) => ['-c', `user.incus-pet.${key}=${value}`];
    const marks = [
      ...mark('flake-ref', join(story.folder, 'web')),
      ...mark('host-port', String(port)),
      ...mark('listen', '127.0.0.1'),
    ];
    await must('incus', ['launch', 'nixos/25.11', web, ...marks, '-c', 'security.nesting=true']);
    const proxy = [`listen=tcp:127.0.0.1:${port}`, 'connect=tcp:127.0.0.1:8080'];
    await must('incus', ['config', 'device', 'add', web, 'web', 'proxy', ...proxy]);
    await story.inside('web', 'sh', '-c', 'echo data > /root/data');
  });
  afterAll(() => story.cleanUp());

  test('inserts its table behind the rest, and the next up keeps its data', async () => {
    const before = story.read('pets.toml').trimEnd();
    story.write('pets.toml', before);
    await story.ok(['adopt', web, '--write']);
    expect(story.read('pets.toml')).toBe(
      `${before}\n\n[apps.${web}]\nflake-ref = "${join(story.folder, 'web')}"\nport = ${port}\nlisten = "127.0.0.1"\nstore = "copy"\n`,
    );
    const again = await story.pets(['adopt', web, '--write']);
    expect(again.code).toBe(0);
    expect((await story.ok(['diff'])).stdout).toMatch(/^~ .*rebuild/m);
    await story.ok(['up']);
    expect((await answerOf(port)).body).toBe('the page');
    expect(await story.inside('web', 'cat', '/root/data')).toBe('data');
    expect((await story.ok(['diff'])).stdout).toContain('No changes');
  });

  test('refuses one without marks unless it is forced and told what it is; and a name that the manifest has', async () => {
    const bare = story.name('bare');
    await must('incus', ['init', '--empty', bare]);
    const refused = await story.pets(['adopt', bare, '--write']);
    expect(refused.code).toBe(64);
    expect(refused.stderr).toContain('--force');
    const unknown = await story.pets(['adopt', bare, '--write', '--force']);
    expect(unknown.code).toBe(64);
    expect(unknown.stderr).toContain('--flake-ref');
    const before = story.read('pets.toml');
    story.write('pets.toml', `${before}\n[apps.${bare}]\nflake-ref = "./web"\n`);
    const taken = await story.pets(['adopt', bare, '--write', '--force', '--flake-ref', './web']);
    expect(taken.code).toBe(65);
    expect(taken.stderr).toMatch(/pets\.toml:\d+:\d+: /);
    story.write('pets.toml', before);
    await story.ok(['adopt', bare, '--write', '--force', '--flake-ref', './web']);
    expect(story.read('pets.toml')).toContain(`[apps.${bare}]`);
    const marks = (await story.instances()).find(({ name }) => name === bare)?.config;
    expect(marks).toMatchObject({ 'user.pets.project': story.project, 'user.pets.app': bare });
  });
});
