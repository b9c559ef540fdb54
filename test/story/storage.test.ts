import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePorts, get, Story } from './rig.js';

/** A worker that writes where it is told to, as a user of its own. */
const KEEPER = `
  systemd.services.keeper = {
    wantedBy = [ "multi-user.target" ];
    serviceConfig = { DynamicUser = true; StateDirectory = "keeper"; ExecStart = "/bin/sh -c 'date >> /var/lib/keeper/starts; exec sleep infinity'"; };
  };
`;
const STARTS = '/var/lib/keeper/starts';

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

describe('binds', () => {
  const story = new Story('bind');
  let port = 0;
  const web = (binds: string) => {
    story.manifest({ web: `flake-ref = "./web"\nport = ${port}\nbinds = [${binds}]` });
  };

  beforeAll(async () => {
    [port = 0] = await freePorts(1);
    story.flake('web');
    story.page('web', 'a page');
    story.write('site/hello.txt', 'from the host');
  });
  afterAll(() => story.cleanUp());

  test('a source that is not there stops the run before anything is touched', async () => {
    web('"./sight:/srv/site"');
    const up = await story.pets(['up']);
    expect(up).toMatchObject({ code: 65 });
    expect(up.stderr).toMatch(/pets\.toml:\d+:\d+: .*sight/);
    expect(up.stderr).toContain(':create');
    expect(await story.instances()).toEqual([]);
  });

  test('`:ro` cannot be written from inside; without it both sides see each other', async () => {
    web('"./site:/srv/site:ro", "./made/deep:/srv/made:create"');
    await story.ok(['up']);
    expect(await story.inside('web', 'cat', '/srv/site/hello.txt')).toBe('from the host');
    await expect(story.inside('web', 'touch', '/srv/site/x')).rejects.toThrow('Read-only');
    await story.inside('web', 'sh', '-c', 'echo inside > /srv/made/note');
    expect(readFileSync(join(story.folder, 'made/deep/note'), 'utf8')).toBe('inside\n');
    expect((await story.ok(['diff'])).stdout).toContain('No changes');
  });

  test('what left the manifest is detached; the host keeps its files', async () => {
    web('"./site:/srv/site"');
    await story.ok(['up']);
    await story.inside('web', 'touch', '/srv/site/x');
    expect(existsSync(join(story.folder, 'site/x'))).toBe(true);
    await expect(story.inside('web', 'ls', '/srv/made/note')).rejects.toThrow('No such file');
    expect(existsSync(join(story.folder, 'made/deep/note'))).toBe(true);
    expect((await get(port))?.body).toBe('a page');
  });
});

describe('a renamed app', () => {
  const story = new Story('was');
  let port = 0;

  beforeAll(async () => {
    [port = 0] = await freePorts(1);
    story.plainFlake('keeper', KEEPER);
  });
  afterAll(() => story.cleanUp());

  test('keeps its container, volumes and generations', async () => {
    const lines = `flake-ref = "./keeper"\nport = ${port}\nvolumes = { data = "/var/lib/private/keeper" }`;
    story.manifest({ old: lines });
    await story.ok(['up']);
    await story.inside('old', 'sh', '-c', 'echo kept > /root/on-the-root-disk');
    const generations = (await story.generations('old')).length;

    story.manifest({ fresh: `${lines}\nwas = "${story.name('old')}"` });
    const diff = (await story.ok(['diff'])).stdout;
    expect(diff).toMatch(/rename +restarts the container/);
    expect(diff).not.toContain('destroy ');
    await story.ok(['up']);

    expect((await story.instances()).map((i) => i.name)).toEqual([story.name('fresh')]);
    expect(await story.inside('fresh', 'cat', '/root/on-the-root-disk')).toBe('kept');
    expect((await story.inside('fresh', 'cat', STARTS)).split('\n').length).toBeGreaterThanOrEqual(2);
    expect(await story.inside('fresh', 'hostname')).toBe(story.name('fresh'));
    expect((await story.generations('fresh')).length).toBeGreaterThanOrEqual(generations);
    expect(await story.generations('old')).toEqual([]);
    expect((await story.volumes())[0]?.config['user.pets.app']).toBe(story.name('fresh'));
    expect((await story.ok(['diff'])).stdout).toContain('No changes');
  });

  test('another app may take the former name, with a volume of its own', async () => {
    const lines = 'flake-ref = "./keeper"\nvolumes = { data = "/var/lib/private/keeper" }';
    story.manifest({ fresh: lines, old: lines });
    await story.ok(['up']);
    expect((await story.inside('old', 'cat', STARTS)).split('\n')).toHaveLength(1);
    expect(await story.volumes()).toHaveLength(2);
    expect((await story.ok(['diff'])).stdout).toContain('No changes');
  });
});
