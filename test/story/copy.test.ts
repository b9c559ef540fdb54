import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { answerOf, freePorts, must, recorder, Story } from './rig.js';

const REFUSAL = "idmapping abilities are required but aren't supported on system";
/** From 7.0 on the daemon says nothing of its kernel: what is said here takes the place of what pets does not read. */
const OF_KERNEL = /"kernel_features":\{\},("kernel_version":"[^"]*"),"lxc_features":\{[^}]*\}/;
/** The daemon as it answers where the kernel has no idmapped mounts. */
const WITHOUT_IDMAPPED = (text: string) =>
  text
    .replace('"idmapped_mounts":"true"', '"idmapped_mounts":"none"')
    .replace(OF_KERNEL, (words, version: string) =>
      `"kernel_features":{"idmapped_mounts":"none"},${version}`.padEnd(words.length),
    )
    .replace(/Failed to run: [^"]*pets-trial[^"]*/, (words) => REFUSAL.padEnd(words.length));
/** One that says nothing of its kernel, as all do from 7.0 on. */
const WITHOUT_A_WORD = (text: string) => text.replace('"idmapped_mounts"', '"idmapped_nought"');

describe('a store of its own', () => {
  const story = new Story('copy');
  let port = 0;
  const web = (more = '') => {
    story.manifest({
      web: `flake-ref = "./web"\nport = ${port}\nstore = "copy"\nkeep = 2\nvolumes = { data = "/var/lib/data" }\nstateful = false\n${more}`,
    });
  };
  const generations = async () =>
    (await story.inside('web', 'ls', '/nix/var/nix/profiles')).match(/system-\d+-link/g) ?? [];

  beforeAll(async () => {
    [port = 0] = await freePorts(1);
    story.flake('web');
    story.page('web', 'the first page');
  });
  afterAll(() => story.cleanUp());

  test('is filled before the pet boots its own system; nothing of the host is in it', async () => {
    web();
    const up = await story.ok(['up']);
    expect(up.stderr).toMatch(/system sent.*paths?, /);
    expect((await answerOf(port)).body).toBe('the first page');
    const [instance] = await story.instances();
    expect(Object.keys(instance?.devices ?? {}).sort()).toEqual(['volume-data', 'web']);
    expect((await story.ok(['diff'])).stdout).toContain('No changes');
    await story.inside('web', 'sh', '-c', 'echo kept > /var/lib/data/note');
  });

  test('an upgrade sends what is missing, switches, and keeps as many generations as it should', async () => {
    const [boot] = Object.values(await story.bootIds());
    for (const text of ['the second page', 'the third page']) {
      story.page('web', text);
      await story.ok(['up']);
      expect((await answerOf(port)).body).toBe(text);
    }
    expect(Object.values(await story.bootIds())).toEqual([boot]);
    expect(await generations()).toHaveLength(2);
  });

  test('a stopped one is brought to its newest system as well', async () => {
    await must('incus', ['stop', story.name('web')]);
    story.page('web', 'the fourth page');
    await story.ok(['up']);
    expect((await answerOf(port)).body).toBe('the fourth page');
    expect((await story.ok(['diff'])).stdout).toContain('No changes');
    // What no generation has any more, nor the system that was booted, has left the guest's store.
    const pages = (await story.inside('web', 'sh', '-c', 'cat /nix/store/*/index.html')).split('\n').sort();
    expect(pages).toEqual(['the fourth page', 'the third page']);
  });

  test('to the shared store and back: held until it is said; volumes stay, the root disk does not', async () => {
    await story.inside('web', 'touch', '/root/on-the-root-disk');
    story.write('pets.toml', story.read('pets.toml').replace('store = "copy"', 'store = "shared"'));
    const held = await story.ok(['up']);
    expect(held.stderr).toContain('pets up --recreate');
    expect(await story.inside('web', 'ls', '/root/on-the-root-disk')).toBe('/root/on-the-root-disk');
    await story.ok(['up', '--recreate']);
    expect((await answerOf(port)).body).toBe('the fourth page');
    expect(await story.inside('web', 'cat', '/var/lib/data/note')).toBe('kept');
    await expect(story.inside('web', 'ls', '/root/on-the-root-disk')).rejects.toThrow('No such file');
    expect(await story.inside('web', 'findmnt', '-n', '-o', 'OPTIONS', '/nix/store')).toMatch(/\bro\b/);
    web();
    await story.ok(['up', '--recreate']);
    expect(await story.inside('web', 'cat', '/var/lib/data/note')).toBe('kept');
    expect(await story.generations('web')).toEqual([]);
    expect((await story.ok(['diff'])).stdout).toContain('No changes');
  });

  test('an image that is not there: what to run is said before anything is touched', async () => {
    const before = await story.instances();
    story.manifest({ other: 'flake-ref = "./web"\nstore = "copy"\nimage = "no/such"' });
    const up = await story.pets(['up']);
    expect(up.code).toBe(65);
    expect(up.stderr).toMatch(/pets\.toml:\d+:\d+: /);
    expect(up.stderr).toContain('incus image copy images:no/such local: --alias no/such');
    expect((await story.instances()).map((i) => i.name)).toEqual(before.map((i) => i.name));
  });
});

describe('a host without idmapped mounts', () => {
  const story = new Story('idmap', { knowsHost: false });
  beforeAll(() => {
    story.flake('web');
  });
  afterAll(() => story.cleanUp());

  test('an app that does not say gets a store of its own, and the plan says why', async () => {
    const daemon = await recorder(WITHOUT_IDMAPPED);
    const env = { INCUS_SOCKET: daemon.socket };
    story.manifest({ web: 'flake-ref = "./web"' });
    expect((await story.ok(['diff'], env)).stdout).toMatch(/store of its own: .*idmapped/);
    await story.ok(['up'], env);
    expect(Object.keys((await story.instances())[0]?.devices ?? {})).toEqual([]);
    // From now on it is known, whatever the daemon says.
    expect((await story.ok(['diff'])).stdout).not.toContain('idmapped');
    const other = 'flake-ref = "./web"\nstore = "shared"';
    story.manifest({ web: 'flake-ref = "./web"', other });
    const up = await story.pets(['up']);
    expect(up.stderr).toMatch(/pets\.toml:\d+:\d+: .*no idmapped mounts \(tried: idmapping abilities/);
    story.manifest({ web: 'flake-ref = "./web"' });
    // It keeps the store that it has, wherever it is looked at from.
    expect((await story.ok(['diff'])).stdout).toContain('No changes');
    await daemon.close();
  });

  test('an app that wants the shared one is told so before anything is touched', async () => {
    const daemon = await recorder(WITHOUT_IDMAPPED);
    story.manifest({ other: 'flake-ref = "./web"\nstore = "shared"' });
    const up = await story.pets(['up'], { INCUS_SOCKET: daemon.socket });
    expect(up.code).toBe(65);
    expect(up.stderr).toMatch(/pets\.toml:\d+:\d+: .*idmapped/);
    expect(up.stderr).toContain('store = "copy"');
    await daemon.close();
  });
});

describe('a daemon that does not say whether it has idmapped mounts', () => {
  const story = new Story('silent', { knowsHost: false });
  beforeAll(() => {
    story.flake('web');
  });
  afterAll(() => story.cleanUp());

  test('it is tried once, with a container that is gone afterwards; the app gets the shared store', async () => {
    const daemon = await recorder(WITHOUT_A_WORD);
    const env = { INCUS_SOCKET: daemon.socket };
    story.manifest({ web: 'flake-ref = "./web"' });
    expect((await story.ok(['diff'], env)).stdout).not.toContain('store of its own');
    expect(daemon.requests.filter((line) => line.startsWith('POST'))).toEqual([]);
    await story.ok(['up'], env);
    expect(Object.keys((await story.instances())[0]?.devices ?? {})).toContain('nix-store');
    const trials = () =>
      daemon.requests.flatMap((line) => /^PUT .*\/(pets-trial-[^/]*)\/state/.exec(line)?.[1] ?? []);
    expect(trials()).toHaveLength(1);
    // Other stories make some of their own at the same time.
    const all = (await story.ask('/1.0/instances?recursion=1')) as { name: string }[];
    expect(all.filter(({ name }) => trials().includes(name))).toEqual([]);
    story.manifest({ web: 'flake-ref = "./web"', api: 'flake-ref = "./web"' });
    await story.ok(['up'], env);
    expect(trials()).toHaveLength(1);
    await daemon.close();
  });
});
