import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DATA, ledger } from './ledger.js';
import { answerOf, freePorts, get, must, PROFILES, Story } from './rig.js';

describe('generations', () => {
  const story = new Story('gens');
  let ports: number[] = [];
  const up = async (version: string, port: number, args: readonly string[] = []) => {
    ledger(story, version, `echo ${version} > index.html`);
    story.manifest({
      app: `flake-ref = "./ledger"\nport = ${port}\nvolumes = { data = "${DATA}" }\nhealth = { path = "/" }\nkeep = 3`,
    });
    await story.ok(['up', ...args]);
  };
  const history = async () =>
    (
      JSON.parse((await story.ok(['history', story.name('app'), '--json'])).stdout) as {
        generations: { generation: number; current: boolean; toplevel: string; health: string; at: string }[];
      }
    ).generations;
  const current = async () => (await history()).find((g) => g.current)?.generation;

  beforeAll(async () => {
    ports = await freePorts(2);
    await up('v1', ports[0] ?? 0);
    await up('v2', ports[0] ?? 0);
    await up('v3', ports[1] ?? 0);
  });
  afterAll(() => story.cleanUp());

  test('are listed with when, revision, system and health', async () => {
    const listed = await history();
    expect(listed.map((g) => g.generation)).toEqual([3, 2, 1]);
    expect(listed.map((g) => g.current)).toEqual([true, false, false]);
    expect(listed[0]?.health).toMatch(/http 200/);
    const text = (await story.ok(['history', story.name('app')])).stdout;
    expect(text).toMatch(/\* +3 .*http 200/);
  });

  test('a rollback brings back system and port without a build, and keeps the data', async () => {
    const back = await story.ok(['rollback', story.name('app')]);
    expect(back.stderr).not.toMatch(/building|evaluating/);
    expect(await get(ports[0] ?? 0)).toMatchObject({ body: 'v2' });
    expect(await get(ports[1] ?? 0)).toBeNull();
    expect(await current()).toBe(2);
    expect(await story.inside('app', 'cat', `${DATA}/versions`)).toBe('v1\nv2\nv3\nv2');
    // What was left does not come back by itself.
    const again = await story.pets(['up']);
    expect(again).toMatchObject({ code: 3 });
    expect(again.stderr).toContain('rolled back by hand');
    expect(await get(ports[0] ?? 0)).toMatchObject({ body: 'v2' });
  });

  test('survive that the host forgets old generations of all profiles', async () => {
    const directory = `${PROFILES}/${story.project}/${story.name('app')}`;
    // What `nix-collect-garbage -d` does to each profile.
    await must('nix-env', ['--profile', `${directory}/system`, '--delete-generations', 'old']);
    const dead = await must('nix-store', ['--gc', '--print-dead']);
    for (const { toplevel } of await history()) expect(dead).not.toContain(toplevel);
    await must('incus', ['restart', story.name('app')]);
    // Once it answers it has written its line: what is left half-way through a boot is copied like that.
    expect(await answerOf(ports[0] ?? 0)).toMatchObject({ body: 'v2' });
    await story.ok(['rollback', story.name('app'), '3']);
    expect(await get(ports[1] ?? 0)).toMatchObject({ body: 'v3' });
    await story.ok(['rollback', story.name('app'), '1']);
    expect(await get(ports[0] ?? 0)).toMatchObject({ body: 'v1' });
  });

  test('with --data the volumes are as they were when it was left', async () => {
    await story.ok(['rollback', story.name('app'), '2', '--data']);
    // v2 was left twice, the second time after it had started twice; now it has started once more.
    expect(await story.inside('app', 'cat', `${DATA}/versions`)).toBe('v1\nv2\nv3\nv2\nv2\nv2');
    const none = await story.pets(['rollback', story.name('app'), '9']);
    expect(none).toMatchObject({ code: 64 });
    expect(none.stderr).toContain('there are 3, 1');
  });

  test('beyond `keep` they go, with their copies of the volumes; gc takes what a smaller `keep` leaves', async () => {
    await up('v4', ports[0] ?? 0);
    await up('v5', ports[0] ?? 0);
    expect((await history()).map((g) => g.generation)).toEqual([5, 4, 3]);
    const [volume] = await story.volumes();
    const copies = async () =>
      (
        JSON.parse(
          await must('incus', [
            'query',
            `/1.0/storage-pools/default/volumes/custom/${volume?.name ?? ''}/snapshots`,
          ]),
        ) as string[]
      )
        .map((path) => path.split('/').at(-1))
        .sort();
    expect(await copies()).toEqual(['pets-3', 'pets-4']);
    story.write('pets.toml', story.read('pets.toml').replace('keep = 3', 'keep = 1'));
    const first = await story.ok(['gc']);
    expect(first.stderr).toContain('beyond `keep`: generation 3, 4, the copy pets-');
    const second = await story.ok(['gc']);
    expect(second.stderr.trimEnd().split('\n')).toEqual([expect.stringContaining('nothing to remove')]);
    expect((await history()).map((g) => g.generation)).toEqual([5]);
    expect(await copies()).toEqual([]);
    expect(await story.generations('app')).toHaveLength(1);
    expect(await get(ports[0] ?? 0)).toMatchObject({ body: 'v5' });
  });
});
