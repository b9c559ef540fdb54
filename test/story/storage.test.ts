import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { KEEPER, STARTS } from './keeper.js';
import { Story } from './rig.js';

describe('volumes', () => {
  const story = new Story('vol');
  const keeper = (volumes: string, more = '') => {
    story.manifest({ keeper: `flake-ref = "./keeper"\n${volumes}\n${more}` });
  };
  const starts = async () => (await story.inside('keeper', 'cat', STARTS)).split('\n').length;

  beforeAll(() => {
    story.plainFlake('keeper', KEEPER);
  });
  afterAll(() => story.cleanUp());

  test('are made and attached before the first start; a service with a user of its own writes to them', async () => {
    keeper('volumes = { data = "/var/lib/private/keeper" }');
    await story.ok(['up']);
    expect(await starts()).toBe(1);
    expect(await story.volumes()).toMatchObject([{ name: `${story.project}.${story.name('keeper')}.data` }]);
    expect(await story.inside('keeper', 'findmnt', '--noheadings', '-o', 'TARGET', '-T', STARTS)).toBe(
      '/var/lib/private/keeper',
    );
    expect((await story.ok(['diff'])).stdout).toContain('No changes');
  });

  test('stay with a rebuild, a restart, `down` and another `up`', async () => {
    story.plainFlake('keeper', `${KEEPER} environment.etc."changed".text = "1";`);
    await story.ok(['up']);
    const down = await story.ok(['down', '--yes']);
    const name = `${story.name('keeper')}/data`;
    expect(down.stderr).toContain(`the volume \`data\` is kept; \`pets volume rm ${name}\` deletes it`);
    expect((await story.ok(['volume', 'ls'])).stdout).toMatch(new RegExp(`${name} .*kept`));
    const before = (await story.ok(['diff'])).stdout;
    expect(before).toContain('the volume `data` is there from before');
    await story.ok(['up']);
    expect(await starts()).toBeGreaterThanOrEqual(2);
  });

  test('another size interrupts nothing', async () => {
    const [boot] = Object.values(await story.bootIds());
    keeper('volumes = { data = { path = "/var/lib/private/keeper", size = "1GiB" } }');
    expect((await story.ok(['diff'])).stdout).toMatch(/reconfigure +interrupts nothing/);
    const up = await story.ok(['up']);
    expect(Object.values(await story.bootIds())).toEqual([boot]);
    expect((await story.volumes())[0]?.config['size']).toBe('1GiB');
    // The bench's pool is a plain folder, which has no quotas: it must not look as if there were a limit.
    expect(up.stderr).toMatch(/nothing enforces the size/);
    expect((await story.ok(['diff'])).stdout).toContain('No changes');
  });

  test('a renamed key: the old one is kept with its data, and the plan says so', async () => {
    keeper('volumes = { files = "/var/lib/private/keeper" }');
    const diff = (await story.ok(['diff'])).stdout;
    const old = `${story.name('keeper')}/data`;
    expect(diff).toContain(`the volume \`data\` is detached and kept; \`pets volume rm ${old}\` deletes it`);
    await story.ok(['up']);
    expect(await starts()).toBe(1);
    expect((await story.volumes()).map((v) => v.config['user.pets.volume']).sort()).toEqual([
      'data',
      'files',
    ]);
    keeper('volumes = { data = "/var/lib/private/keeper" }');
    await story.ok(['up']);
    expect(await starts()).toBeGreaterThanOrEqual(3);
  });

  test('only `volume rm` deletes one: unattached, and with its name given twice', async () => {
    const [data, files] = ['data', 'files'].map((v) => `${story.name('keeper')}/${v}`) as [string, string];
    expect(await story.pets(['volume', 'rm', data, '--confirm', data])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`\`${data}\` is attached to \`${story.name('keeper')}\``),
    });
    expect(await story.pets(['volume', 'rm', files])).toMatchObject({ code: 64 });
    expect(await story.pets(['volume', 'rm', files, '--confirm', 'files'])).toMatchObject({ code: 64 });
    expect((await story.pets(['volume', 'rm', `${files}x`])).stderr).toContain(`did you mean \`${files}\``);
    expect(await story.volumes()).toHaveLength(2);
    await story.ok(['volume', 'rm', files, '--confirm', files]);
    expect((await story.volumes()).map((v) => v.config['user.pets.volume'])).toEqual(['data']);
  });

  test('without the key the app runs on its root disk, and the volume stays', async () => {
    keeper('');
    await story.ok(['up']);
    expect(await starts()).toBe(1);
    expect(await story.volumes()).toHaveLength(1);
    expect((await story.ok(['diff'])).stdout).toContain('No changes');
  });
});
