import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { answerOf, freePorts, Story } from './rig.js';

describe('an app without `health` that listens somewhere else', () => {
  const story = new Story('nobody', { isWatched: true });
  let [port, other] = [0, 0];
  const edited = (from: string, to: string) => {
    story.write('web/flake.nix', story.read('web/flake.nix').replace(from, to));
  };
  const manifest = (lines = '') => {
    story.manifest({ web: `flake-ref = "./web"\nport = ${port}\n${lines}` });
  };
  beforeAll(async () => {
    [port = 0, other = 0] = await freePorts(2);
    story.flake('web');
    story.page('web', 'version 1');
    manifest();
    await story.ok(['up']);
  });
  afterAll(() => story.cleanUp());

  test('is taken back, and told by the contract and by who does not listen', async () => {
    edited('port = 8080;', 'port = 3000;');
    const { code, stderr } = await story.pets(['up']);
    expect(code).toBe(3);
    expect(stderr).toContain('services.hello-web.port: it is 3000; write services.hello-web.port = 8080;');
    expect(stderr).toContain('nothing listens on port 8080 of the guest');
    expect((await answerOf(port)).body).toBe('version 1');
  });

  test('likewise one whose service is not enabled', async () => {
    edited('port = 3000;', 'port = 8080;');
    edited('enable = true;\n          package', 'enable = false;\n          package');
    const { code, stderr } = await story.pets(['up']);
    expect(code).toBe(3);
    expect(stderr).toContain('services.hello-web.enable: it is false');
    expect((await answerOf(port)).body).toBe('version 1');
    edited('enable = false;\n          package', 'enable = true;\n          package');
    await story.ok(['up']);
  });

  test('an exposure alone that leads to nobody is no success, nor the next time', async () => {
    manifest(`publish = [{ port = ${other}, to = 9000 }]`);
    for (const [code, stderr] of [await failure(), await failure()]) {
      expect(code).toBe(1);
      expect(stderr).toContain('nothing listens on port 9000 of the guest');
    }
    expect((await answerOf(port)).body).toBe('version 1');
  });

  async function failure() {
    const { code, stderr } = await story.pets(['up']);
    return [code, stderr] as const;
  }
});
