import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readdirSync } from 'node:fs';
import { operatorsDays } from './days.js';
import { answerOf, get, must, recorder, run } from './rig.js';

describe("an operator's days, one after the other", () => {
  const { story, ports, hello, again, worker, nix, manifest, setUp, pets, ok } = operatorsDays('days');

  beforeAll(setUp);
  afterAll(() => story.cleanUp());

  test('diff before anything: three to create, and nothing was written', async () => {
    const files = readdirSync(story.folder);
    const { socket, requests, close } = await recorder();
    const diff = await pets(['diff'], { INCUS_SOCKET: socket });
    await close();
    expect(diff.stdout).toContain('Plan: 3 to create');
    expect(diff.code).toBe(0);
    // The others ask what the host and its pool can do for containers that are yet to be made, and what their profile brings.
    const ofTheHost = ['GET /1.0', 'GET /1.0/profiles/default', 'GET /1.0/profiles/default'];
    expect(requests[0]).toBe('GET /1.0/instances?recursion=1&all-projects=true');
    expect(requests.slice(1).toSorted()).toEqual(ofTheHost);
    expect(nix.calls()).toEqual([]);
    expect(readdirSync(story.folder)).toEqual(files);
    expect((await pets(['diff', '--exit-code'])).code).toBe(2);
  });

  test('up: real pages on their ports', async () => {
    const up = await pets(['up']);
    expect(up.stderr).toContain('3 created');
    expect(up).toMatchObject({ code: 0, stdout: '' });
    expect(await answerOf(ports[0] ?? 0)).toEqual({ status: 200, body: 'the first page' });
    expect(await answerOf(ports[1] ?? 0)).toEqual({ status: 200, body: 'another app' });
    expect(await story.inside('hello', 'hostname')).toBe(hello);
  });

  test('ps shows flake, revision, URL and state', async () => {
    const ps = JSON.parse((await pets(['ps', '--json'])).stdout) as { apps: Record<string, unknown>[] };
    expect(ps.apps).toEqual([
      expect.objectContaining({
        name: again,
        flake: './again',
        url: `http://127.0.0.1:${ports[1] ?? 0}`,
        state: 'running',
        generation: 1,
      }),
      expect.objectContaining({
        name: hello,
        flake: './hello',
        revision: expect.stringMatching(/^sha256-/),
        state: 'running',
      }),
      expect.objectContaining({ name: worker, url: null, state: 'running' }),
    ]);
    expect((await pets(['ps'])).stdout).toMatch(
      new RegExp(
        `^${hello} +\\./hello +sha256-\\S+ +http://127.0.0.1:${ports[0] ?? 0} +running +healthy +1 +current$`,
        'm',
      ),
    );
  });

  test('up again: one list, no evaluation, the same boots', async () => {
    const boots = await story.bootIds();
    const before = nix.calls().length;
    const { socket, requests, close } = await recorder();
    const up = await pets(['up'], { INCUS_SOCKET: socket });
    await close();
    expect(up.stderr).toContain('3 unchanged');
    expect(up.code).toBe(0);
    // Before it looks, it asks who the daemon is, what it still does, and to whom where that is anything.
    const looks = requests.filter((r) => !/^GET \/1\.0$|\/operations|instances\?recursion=1$/.test(r));
    expect(looks).toEqual(['GET /1.0/instances?recursion=1&all-projects=true']);
    expect(requests.filter((r) => !r.startsWith('GET '))).toEqual([]);
    expect(nix.calls()).toHaveLength(before);
    expect(await story.bootIds()).toEqual(boots);
    expect((await pets(['diff', '--exit-code'])).code).toBe(0);
  });

  test('a changed port is one line in the diff and one proxy on the machine', async () => {
    const boots = await story.bootIds();
    const before = nix.calls().length;
    manifest({ hello: ports[2] ?? 0 });
    const diff = (await pets(['diff'])).stdout;
    expect(diff.split('\n').filter((line) => line.includes('→'))).toEqual([
      expect.stringContaining(`127.0.0.1:${ports[0] ?? 0} → 127.0.0.1:${ports[2] ?? 0}`),
    ]);
    await ok(['up']);
    expect(await get(ports[0] ?? 0)).toBeNull();
    expect((await answerOf(ports[2] ?? 0)).body).toBe('the first page');
    expect(await story.bootIds()).toEqual(boots);
    expect(nix.calls()).toHaveLength(before);
  });

  test('an edited page is switched to in place, and both generations survive a garbage collection', async () => {
    const boots = await story.bootIds();
    story.page('hello', 'the second page');
    expect((await pets(['diff'])).stdout).toContain('system.source');
    await ok(['up']);
    expect((await answerOf(ports[2] ?? 0)).body).toBe('the second page');
    expect(await story.bootIds()).toEqual(boots);
    const generations = await story.generations('hello');
    expect(generations).toHaveLength(2);
    // A collection of these two only: other stories build just now, and need what nothing holds yet.
    for (const generation of generations) {
      const collection = await run('nix-store', ['--delete', await must('readlink', ['-f', generation])]);
      expect(collection).toMatchObject({ code: 1, stderr: expect.stringContaining('still alive') });
    }
    for (const generation of generations) await must('test', ['-x', `${generation}/init`]);
    await must('incus', ['restart', '--force', hello]);
    await ok(['up']);
    expect((await answerOf(ports[2] ?? 0)).body).toBe('the second page');
  });
});
