import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { incusOver } from '../../src/incus/client/client.js';
import { socketPath } from '../../src/incus/client/http.js';
import type { Volume } from '../../src/domain/actual.js';
import type { Incus, InstanceJson, InstanceSpec } from '../../src/domain/services.js';
import { formatProblem, ProblemError } from '../../src/domain/problem.js';
import { booted, freePorts, isFree, must, ran, recorder, run, sleep, Story, until } from './rig.js';

/** The client against the real daemon: instances with nothing in them, and volumes. */
let story: Story;
let incus: Incus;
const undo: (() => Promise<unknown>)[] = [];
beforeEach(() => {
  story = new Story('incus');
  incus = incusOver(socketPath(process.env), story.project);
});
afterEach(async () => {
  await story.cleanUp();
  for (const step of undo.splice(0).reverse()) await step();
});

const marks = (app: string) => ({
  'user.pets.project': story.project,
  'user.pets.app': story.name(app),
  'user.pets.state': 'creating',
});

function create(app: string, change: Partial<InstanceSpec> = {}): Promise<void> {
  const { config = {}, ...rest } = change;
  const spec = {
    name: story.name(app),
    description: 'a description',
    devices: {},
    profiles: null,
    image: null,
  };
  return incus.create({ ...spec, ...rest, config: { ...marks(app), ...config } });
}

async function shown(app: string): Promise<InstanceJson> {
  return JSON.parse(await must('incus', ['query', `/1.0/instances/${story.name(app)}`])) as InstanceJson;
}

/** The daemon's words as a person sees them. */
async function problem(attempt: Promise<unknown>): Promise<string> {
  const error = await attempt.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ProblemError)) throw new Error(`no problem: ${String(error)}`);
  return error.problems.map((p) => formatProblem(p)).join('\n');
}

const eventually = (isSo: () => Promise<boolean>) => until(isSo, { what: 'it is never so' });

describe('config, profiles, devices', () => {
  test('an empty value removes its key; the description stays', async () => {
    await create('a', { config: { 'limits.memory': '512MiB', 'user.x': '1', 'user.y': '1' } });
    await incus.setConfig(story.name('a'), { 'limits.memory': '', 'user.x': '', 'user.z': '2' });
    const { config, ...rest } = await shown('a');
    expect(Object.keys(config)).not.toEqual(expect.arrayContaining(['limits.memory', 'user.x']));
    expect(config).toMatchObject({ 'user.y': '1', 'user.z': '2' });
    expect(rest).toMatchObject({ description: 'a description' });
  });

  test('profiles are given at creation and set later', async () => {
    const profile = `${story.project}-profile`;
    await must('incus', ['profile', 'create', profile]);
    undo.push(() => must('incus', ['profile', 'delete', profile]));
    await create('a', { profiles: ['default', profile] });
    expect((await shown('a')).profiles).toEqual(['default', profile]);
    await incus.setProfiles(story.name('a'), ['default']);
    expect((await shown('a')).profiles).toEqual(['default']);
    const refused = await problem(incus.setProfiles(story.name('a'), ['default', 'nope']));
    expect(refused).toContain(`setting the profiles of \`${story.name('a')}\`: Profile not found`);
  });

  test('devices are removed without a word when they are gone', async () => {
    const name = story.name('a');
    await create('a', { devices: { x: { type: 'none' }, y: { type: 'none' } } });
    await incus.removeDevice(name, 'x');
    await incus.removeDevice(name, 'x');
    expect(Object.keys((await shown('a')).devices)).toEqual(['y']);
  });
});

/** An image of the story's folder `image/rootfs`. */
async function image(): Promise<string> {
  const alias = `${story.project}/tiny`;
  story.write('image/metadata.yaml', 'architecture: x86_64\ncreation_date: 1\n');
  const tar = join(story.folder, 'image.tar');
  await must('tar', ['-C', join(story.folder, 'image'), '-cf', tar, '.']);
  await must('incus', ['image', 'import', tar, '--alias', alias]);
  undo.push(() => must('incus', ['image', 'delete', alias]));
  return alias;
}

describe('an image', () => {
  test('that Incus does not have is told before anything is made, with what gets it', async () => {
    const said = await problem(create('a', { image: 'nope/12' }));
    expect(said).toContain('Incus has no image `nope/12`');
    expect(said).toContain('incus image copy images:nope/12 local: --alias nope/12');
    expect(await story.instances()).toEqual([]);
  });

  test('is what the root disk begins with', async () => {
    story.write('image/rootfs/hello', story.project);
    await create('a', { image: await image() });
    expect(await must('incus', ['file', 'pull', `${story.name('a')}/hello`, '-'])).toBe(story.project);
  });
});

describe('a rename', () => {
  test('keeps volume, config and devices, and may be called again', async () => {
    const [old, now] = [story.name('old'), story.name('new')];
    await incus.makeVolume({ app: old, volume: 'data' }, null);
    const [volume] = await incus.volumes();
    const disk = { type: 'disk', pool: volume?.pool ?? '', source: volume?.name ?? '', path: '/data' };
    await create('old', { config: { 'user.x': '1' }, devices: { 'volume-data': disk } });
    await incus.rename(old, now);
    await incus.rename(old, now);
    const { config, devices } = await shown('new');
    expect(config).toMatchObject({ 'user.x': '1', 'user.pets.app': now });
    expect(config).not.toHaveProperty(['user.pets.becoming']);
    expect(devices).toEqual({ 'volume-data': disk });
    expect((await story.instances()).map((i) => i.name)).toEqual([now]);
    expect((await incus.volumes())[0]).toMatchObject({ name: volume?.name, app: old, usedBy: [now] });
  });

  test('that was cut short at any step is ended by the next call', async () => {
    const [old, now] = [story.name('old'), story.name('new')];
    await create('old');
    await must('incus', ['config', 'set', old, `user.pets.becoming=${now}`]);
    expect(await incus.status(old)).toBe('Stopped');
    await must('incus', ['rename', old, now]);
    expect(await incus.status(now)).toBe('Stopped');
    await incus.rename(old, now);
    expect((await shown('new')).config['user.pets.app']).toBe(now);
    await must('incus', ['config', 'set', now, `user.pets.becoming=${old}`]);
    await incus.rename(now, old);
    expect((await shown('old')).config).toMatchObject({ 'user.pets.app': old });
    expect((await shown('old')).config).not.toHaveProperty(['user.pets.becoming']);
  });

  test('that lacks only its last step is ended by whatever is written next', async () => {
    const [old, now, third] = [story.name('old'), story.name('new'), story.name('third')];
    await create('old', { config: { 'user.pets.becoming': now } });
    await must('incus', ['rename', old, now]);
    await incus.setConfig(now, { 'user.x': '1' });
    const { config } = await shown('new');
    expect(config).toMatchObject({ 'user.pets.app': now, 'user.x': '1' });
    expect(config).not.toHaveProperty(['user.pets.becoming']);
    await must('incus', ['config', 'set', now, `user.pets.app=${old}`, `user.pets.becoming=${now}`]);
    await incus.rename(now, third);
    expect((await shown('third')).config['user.pets.app']).toBe(third);
  });

  test('touches nothing that is somebody else’s', async () => {
    const [mine, other] = [story.name('mine'), story.name('other')];
    await create('mine');
    await must('incus', ['create', '--empty', other]);
    const notMine = `the instance \`${other}\` does not bear the marks of this project; it was not touched`;
    expect(await problem(incus.rename(mine, other))).toContain(notMine);
    expect(await problem(incus.rename(other, story.name('third')))).toContain(notMine);
    await must('incus', ['copy', mine, story.name('copy')]);
    expect(await problem(incus.rename(story.name('copy'), story.name('third')))).toContain('does not bear');
    expect((await story.instances()).map((i) => i.name).sort()).toEqual(
      [story.name('copy'), mine, other].sort(),
    );
    expect((await shown('mine')).config).not.toHaveProperty(['user.pets.becoming']);
    expect(await problem(incus.rename(story.name('nope'), story.name('third')))).toContain(
      'there is no instance',
    );
  });
});

describe('what somebody else does to an instance meanwhile', () => {
  /** Whether anything still runs on it. */
  const isBusy = async (name: string) => {
    const list = JSON.parse(await must('incus', ['query', '/1.0/operations?recursion=1'])) as {
      running?: { resources?: { instances?: string[] } }[];
    };
    return (list.running ?? []).some((op) => op.resources?.instances?.includes(`/1.0/instances/${name}`));
  };
  /** A stopped instance's backup, which takes a second or two. */
  const backUp = async (name: string) => {
    const url = `/1.0/instances/${name}/backups`;
    const body = JSON.stringify({ name: `b${Date.now()}`, compression_algorithm: 'gzip' });
    await must('incus', ['query', '-X', 'POST', '-d', body, url]);
  };

  test('has ended when it is stopped or renamed', async () => {
    const [old, now] = [story.name('old'), story.name('new')];
    story.write('image/rootfs/noise', randomBytes(12 * 1024 * 1024).toString('hex'));
    await create('old', { image: await image() });
    await backUp(old);
    await incus.stop(old, 1000);
    expect(await isBusy(old)).toBe(false);
    await backUp(old);
    await incus.rename(old, now);
    expect(await isBusy(old)).toBe(false);
    expect((await story.instances()).map((i) => i.name)).toEqual([now]);
  });

  test('and two deletes at the same time are one', async () => {
    const name = story.name('a');
    await create('a');
    await Promise.all([incus.remove(name), incus.remove(name), incus.remove(name)]);
    expect(await story.instances()).toEqual([]);
  });
});

describe('volumes', () => {
  const one = async (): Promise<Volume> => {
    const [volume, ...others] = await incus.volumes();
    if (!volume || others.length > 0) throw new Error('there is not one volume');
    return volume;
  };
  const raw = async ({ pool, name }: Volume) =>
    JSON.parse(await must('incus', ['query', `/1.0/storage-pools/${pool}/volumes/custom/${name}`])) as {
      config: Record<string, string>;
      description: string;
    };

  test('are made once, of any container, with the size that was asked for', async () => {
    const made = await incus.makeVolume({ app: 'web', volume: 'data' }, '10MiB');
    await incus.makeVolume({ app: 'web', volume: 'data' }, '10MiB');
    expect(await story.volumes()).toHaveLength(1);
    const volume = await one();
    expect(volume).toMatchObject({
      name: `${story.project}.web.data`,
      app: 'web',
      volume: 'data',
      size: '10MiB',
      usedBy: [],
    });
    const { driver } = JSON.parse(await must('incus', ['query', `/1.0/storage-pools/${volume.pool}`])) as {
      driver: string;
    };
    if (driver === 'dir') expect(made.warning).toContain('nothing enforces the size 10MiB');
    else expect(made.warning).toBeNull();
    const isIdmapped = (await incus.unshareable()) === null;
    expect((await raw(volume)).config['security.shifted']).toBe(isIdmapped ? 'true' : undefined);
    expect((await incus.makeVolume({ app: 'web', volume: 'data' }, null)).warning).toBeNull();
  });

  test('get another name where theirs is taken, and keep it when they change hands', async () => {
    const name = `${story.project}.web.data`;
    await must('incus', ['storage', 'volume', 'create', 'default', name]);
    undo.push(() => must('incus', ['storage', 'volume', 'delete', 'default', name]));
    await incus.makeVolume({ app: 'web', volume: 'data' }, null);
    expect(await one()).toMatchObject({ name: `${name}-2`, app: 'web' });
    await incus.markVolume(await one(), { app: 'site', volume: 'data' });
    expect(await one()).toMatchObject({ name: `${name}-2`, app: 'site' });
    await incus.makeVolume({ app: 'web', volume: 'data' }, null);
    expect((await incus.volumes()).map((v) => [v.name, v.app])).toEqual([
      [`${name}-2`, 'site'],
      [`${name}-3`, 'web'],
    ]);
  });

  test('are resized and marked without losing anything else, as often as one likes', async () => {
    await incus.makeVolume({ app: 'web', volume: 'data' }, '10MiB');
    const volume = await one();
    await must('incus', ['storage', 'volume', 'set', volume.pool, volume.name, 'user.x=1']);
    await must('incus', ['query', '-X', 'PATCH', '-d', '{"description":"mine"}', urlOf(volume)]);
    await incus.resizeVolume(volume, '20MiB');
    expect(await one()).toMatchObject({ size: '20MiB' });
    await incus.resizeVolume(volume, null);
    expect(await one()).toMatchObject({ size: null });
    for (let n = 0; n < 2; n++) await incus.markVolume(volume, { app: 'site', volume: 'files' });
    expect(await one()).toMatchObject({ name: volume.name, app: 'site', volume: 'files' });
    expect(await raw(volume)).toMatchObject({ description: 'mine', config: { 'user.x': '1' } });
    expect(await problem(incus.resizeVolume(await one(), 'nonsense'))).toMatch(
      /resizing the volume .*nonsense/,
    );
  });

  test('in use are not removed, and it is said by whom; ones that are gone are fine', async () => {
    await incus.makeVolume({ app: 'web', volume: 'data' }, null);
    const volume = await one();
    const device = { type: 'disk', pool: volume.pool, source: volume.name, path: '/data' };
    await create('a', { devices: { 'volume-data': device } });
    const used = `deleting the volume \`${volume.name}\`: it is in use by \`${story.name('a')}\``;
    expect(await problem(incus.removeVolume(volume))).toContain(used);
    await incus.removeDevice(story.name('a'), 'volume-data');
    await incus.removeVolume(volume);
    await incus.removeVolume(volume);
    expect(await incus.volumes()).toEqual([]);
    expect(await problem(incus.resizeVolume(volume, '1GiB'))).toContain('there is no such volume');
  });

  test('of others are not touched; a copy is not the pet’s', async () => {
    await incus.makeVolume({ app: 'web', volume: 'data' }, null);
    const volume = await one();
    await must('incus', [
      'storage',
      'volume',
      'copy',
      `${volume.pool}/${volume.name}`,
      `${volume.pool}/${volume.name}-b`,
    ]);
    await must('incus', ['storage', 'volume', 'snapshot', 'create', volume.pool, volume.name]);
    expect(await one()).toMatchObject({ name: volume.name });
    await must('incus', ['storage', 'volume', 'snapshot', 'delete', volume.pool, volume.name, 'snap0']);
    await must('incus', ['storage', 'volume', 'set', volume.pool, volume.name, 'user.pets.app=other']);
    for (const attempt of [
      () => incus.removeVolume(volume),
      () => incus.resizeVolume(volume, '1GiB'),
      () => incus.markVolume(volume, { app: 'x', volume: 'data' }),
    ]) {
      expect(await problem(attempt())).toContain(
        'does not bear the marks of this project; it was not touched',
      );
    }
  });
});

describe('a guest', () => {
  /** One whose init is a shell script, with the host's programs. */
  async function guest(app: string, script: string): Promise<string> {
    story.write('init', script);
    const disk = (source: string, path: string) => ({ type: 'disk', source, path, readonly: 'true' });
    const folders = { usr: '/usr', lib: '/lib', lib64: '/lib64', bin: '/bin' };
    const programs = Object.entries(folders).map(([name, path]) => [name, disk(path, path)] as const);
    await create(app, {
      config: { 'raw.lxc': 'lxc.init.cmd=/bin/bash /pets/init' },
      devices: { ...Object.fromEntries(programs), pets: { ...disk(story.folder, '/pets'), shift: 'true' } },
    });
    return story.name(app);
  }

  /** Whether the daemon is at this with it. */
  async function isAt(what: string, name: string): Promise<boolean> {
    const { running = [] } = (await story.ask('/1.0/operations?recursion=1')) as {
      running?: { description: string; resources?: { instances?: string[] } }[];
    };
    return running.some(
      ({ description, resources }) =>
        description === what && resources?.instances?.includes(`/1.0/instances/${name}`),
    );
  }
  const isWorkedIn = (name: string) => isAt('Executing command', name);

  /** One that has come up, is being stopped by somebody, and goes once `go` is written into the story's folder. */
  async function stopping(app: string): Promise<{ name: string; stopped: Promise<string> }> {
    const onPower = 'until test -e /pets/go; do sleep 0.1; done; exit';
    const name = await guest(app, `trap "${onPower}" PWR\necho ready\nsleep infinity & wait`);
    await incus.start(name);
    await eventually(async () => (await incus.consoleTail(name)).includes('ready'));
    const stopped = must('incus', ['stop', name]);
    await eventually(() => isAt('Stopping instance', name));
    return { name, stopped };
  }

  test('that is dead at once leaves its last words, and a hint where inotify is exhausted', async () => {
    const name = await guest('a', 'echo Failed to allocate manager object: Too many open files');
    const begin = () =>
      incus.start(name).then(
        () => null,
        (thrown: unknown) => thrown,
      );
    let error = await begin();
    // On a slow machine it outlives the second look.
    for (let n = 0; n < 5 && error === null; n++) {
      await incus.stop(name, 0);
      error = await begin();
    }
    expect(error).toMatchObject({
      problems: [
        {
          message: `starting \`${name}\`: it started and was dead at once`,
          hint: expect.stringContaining('sysctl -w fs.inotify.max_user_instances'),
        },
      ],
      log: expect.arrayContaining(['Failed to allocate manager object: Too many open files']),
    });
    expect(await problem(incus.consoleTail(story.name('nope')))).toContain('reading the console of');
  });

  test('that is frozen stops at once, and gracefully', async () => {
    const script = 'trap "echo goodbye; exit" PWR\necho ready\nsleep infinity & wait';
    const name = await guest('a', script);
    await incus.start(name);
    await eventually(async () => (await incus.consoleTail(name)).includes('ready'));
    await must('incus', ['pause', name]);
    // An hour is longer than any test may take: a frozen guest would sleep through it.
    await incus.stop(name, 3_600_000);
    expect(await incus.status(name)).toBe('Stopped');
    expect(await incus.consoleTail(name)).toContain('goodbye');
  });

  test('that cannot start says what LXC says, and reads as stopped from then on', async () => {
    const name = await guest('a', 'trap exit PWR\nsleep infinity & wait');
    const bind = { type: 'disk', source: story.folder, path: '/usr/nope/deeper', readonly: 'true' };
    await incus.setDevice(name, 'bind-1', bind);
    const error = await incus.start(name).catch((thrown: unknown) => thrown);
    const statuses = new Set<string>();
    for (let n = 0; n < 20; n++) {
      statuses.add(await incus.status(name));
      await sleep(75);
    }
    expect([...statuses]).toEqual(['Stopped']);
    expect(error).toMatchObject({
      message: expect.stringMatching(/^starting .*: Failed to create directory "\/usr\/nope\/?": Read-only/),
      log: expect.arrayContaining([`Failed to setup container "${name}"`]),
    });
    await incus.removeDevice(name, 'bind-1');
    await incus.start(name);
    expect(await incus.status(name)).toBe('Running');
  });

  test('that somebody is stopping is started when that is done, not before', async () => {
    const { name, stopped } = await stopping('a');
    const started = incus.start(name);
    story.write('go', '');
    await Promise.all([started, stopped]);
    expect(await incus.status(name)).toBe('Running');
  });

  test('that two stop at the same time leaves no forwarder behind when it is renamed', async () => {
    let name = story.name('a');
    await create('a', { image: 'nixos/25.11' });
    const [port = 0] = await freePorts(1);
    const listen = `tcp:127.0.0.1:${port}`;
    await incus.setDevice(name, 'web', { type: 'proxy', listen, connect: 'tcp:127.0.0.1:8080' });
    for (const next of ['b', 'c', 'd']) {
      await incus.start(name);
      await booted(name);
      // The second comes while the guest is on its way down: that is when both fail.
      const theirs = incus.stop(name, 30_000);
      await eventually(() => isAt('Stopping instance', name));
      await incus.stop(name, 30_000);
      await incus.rename(name, story.name(next));
      name = story.name(next);
      await theirs;
      expect(await isFree(port)).toBe(true);
    }
  });

  test('that somebody is stopping has stopped when the project is quiet; others do not wait', async () => {
    const { name, stopped } = await stopping('a');
    let isQuiet = false;
    const own = incus.waitForOperations().then(() => (isQuiet = true));
    await incusOver(socketPath(process.env), `${story.project}-other`).waitForOperations();
    expect(isQuiet).toBe(false);
    story.write('go', '');
    await own;
    expect(await incus.status(name)).toBe('Stopped');
    await stopped;
  });

  test('that somebody works in holds nobody up', async () => {
    const name = await guest('a', 'trap exit PWR\nsleep infinity & wait');
    await incus.start(name);
    const working = run('incus', ['exec', name, '--', '/bin/sleep', '3600']);
    await eventually(() => isWorkedIn(name));
    const { socket, requests, close } = await recorder();
    undo.push(close);
    await incusOver(socket, story.project).waitForOperations();
    expect(requests.filter((request) => request.includes('/wait'))).toEqual([]);
    expect(await isWorkedIn(name)).toBe(true);
    await incus.stop(name, 5000);
    await working;
  });

  test('that prints without end fills nobody’s disk: what asked it is told, and it is ended', async () => {
    const name = await guest('a', 'trap exit PWR\nmkdir -p /run\nsleep infinity & wait');
    await incus.start(name);
    const endless = ['/bin/sh', '-c', 'echo $$ > /pid; exec /bin/yes'];
    expect(await problem(incus.query(name, endless, 60_000))).toMatch(/more than 4 MiB of output/);
    await eventually(async () => !(await runs(name)));
    // What acts writes to the guest's own disk, and may go on.
    const told = await incus.exec(
      name,
      ['/bin/sh', '-c', 'echo lost; seq 1000000; echo last; exit 7'],
      60_000,
    );
    expect(told).toMatchObject({ exitCode: 7, output: expect.stringMatching(/\n1000000\nlast\n$/) });
    expect(told.output.length).toBe(1024 * 1024);
    expect(await recorded(name)).toEqual([]);
    expect((await run('incus', ['exec', name, '--', '/bin/sh', '-c', 'ls /run'])).stdout).not.toContain(
      'pets-',
    );
  });

  test('ends a question whose time is up; a deed goes on to its end, also when we are gone', async () => {
    const name = await guest('a', 'trap exit PWR\nmkdir -p /run\nsleep infinity & wait');
    await incus.start(name);
    const asks = ['/bin/sh', '-c', 'echo $$ > /pid; exec sleep 600'];
    expect(await problem(incus.query(name, asks, 2000))).toContain('no end after 2 s');
    await eventually(async () => !(await runs(name)));
    const acts = ['/bin/sh', '-c', 'echo begun; sleep 4; echo ended; touch /done'];
    expect(await problem(incus.exec(name, acts, 1000))).toContain('no end after 1 s');
    await eventually(async () => (await incus.readFile(name, '/done')) !== null);
  });

  test('shows its links; what is not there is null, and what cannot be read is a problem', async () => {
    const name = await guest('a', 'trap exit PWR\nln -s /target /link\nsleep infinity & wait');
    expect(await incus.readLink(name, '/link')).toBeNull();
    await incus.start(name);
    await eventually(async () => (await incus.readLink(name, '/link')) !== null);
    expect(await incus.readLink(name, '/link')).toBe('/target');
    expect(await incus.readLink(name, '/pets')).toBeNull();
    expect(await incus.readLink(name, '/nope/deeper')).toBeNull();
    expect(await problem(incus.readLink(name, ''))).toMatch(/^pets: reading {2}in /);
  });

  test('keeps its volume’s files under its own ids on disk', async () => {
    await incus.makeVolume({ app: story.name('a'), volume: 'data' }, null);
    const [volume] = await incus.volumes();
    const name = await guest('a', 'trap exit PWR\ntouch /data/file\nsleep infinity & wait');
    const disk = { type: 'disk', pool: volume?.pool ?? '', source: volume?.name ?? '', path: '/data' };
    await incus.setDevice(name, 'volume-data', disk);
    await incus.start(name);
    const owner = async () => (await ran(name, ['/bin/stat', '-c', '%u', '/data/file'])).stdout.trim();
    await eventually(async () => (await owner()) !== '');
    expect(await owner()).toBe('0');
  });
});

function urlOf({ pool, name }: Volume): string {
  return `/1.0/storage-pools/${pool}/volumes/custom/${name}`;
}

/** Whether the process runs whose id the guest has in /pid. */
async function runs(name: string): Promise<boolean> {
  const look = ['exec', name, '--', '/bin/sh', '-c', 'kill -0 $(cat /pid)'];
  return (await run('incus', look)).code === 0;
}

/** What the daemon keeps of commands in an instance; before it has kept anything there is no folder for it. */
async function recorded(name: string): Promise<unknown> {
  const { code, stdout, stderr } = await run('incus', ['query', `/1.0/instances/${name}/logs/exec-output`]);
  if (code !== 0 && /no such file|not found/i.test(stderr)) return [];
  return JSON.parse(stdout || stderr);
}
