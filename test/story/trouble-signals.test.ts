import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { answerOf, freePorts, Story } from './rig.js';

let story: Story;
beforeEach(() => {
  story = new Story('signal');
});
afterEach(() => story.cleanUp());

describe('while it runs', () => {
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
    for (const port of ports) expect((await answerOf(port)).status).toBe(200);
  });
});
