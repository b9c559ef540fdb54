import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { appendFileSync, cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { must, seen, Story } from './rig.js';

/** Counts its starts and a number, as a user of its own. Where there is a file `broken`, it fails. */
const KEEPER = `
  systemd.services.keeper = {
    wantedBy = [ "multi-user.target" ];
    serviceConfig = { Type = "exec"; DynamicUser = true; StateDirectory = "keeper"; ExecStart = "/bin/sh -c 'test ! -e /var/lib/keeper/broken || exit 7; date >> /var/lib/keeper/starts; n=0; while :; do n=$((n+1)); echo $n >> /var/lib/keeper/numbers; sleep 0.05; done'"; };
  };
`;
const DATA = '/var/lib/private/keeper';
const CACHE = '/var/cache/keeper';
const LINES = `flake-ref = "./keeper"\nvolumes = { data = "${DATA}", cache = "${CACHE}" }`;

describe('backup and restore', () => {
  const story = new Story('backup');
  const app = story.name('keeper');
  const folderOf = (name = app) => join(story.folder, '.state', story.project, 'backups', name);
  /** A run that was killed may have left one that is not whole. */
  const entries = () => readdirSync(folderOf()).sort();
  const ids = () => entries().filter((name) => !name.startsWith('.'));
  const ok = (...args: string[]) => story.ok(args);
  const pets = (...args: string[]) => story.pets(args);
  const inside = (script: string) => story.inside('keeper', 'sh', '-c', script);
  /** Every file with its type, mode, owner, size, link and content; not what the running service goes on writing. */
  const fingerprint = () =>
    inside(
      `cd ${DATA} && find . ! -name numbers ! -name starts ! -name . -printf '%p %y %m %U:%G %s %l\\n' | sort; find . -type f ! -name numbers ! -name starts -exec sha256sum {} + | sort; getfattr -d -m user. known 2>/dev/null || :`,
    );
  const stopService = () => inside('systemctl stop keeper');
  const unfinished = async () =>
    (await story.volumes()).map((v) => v.config['user.pets.volume'] ?? '').filter((v) => v.includes('.'));
  let known = '';

  beforeAll(async () => {
    story.plainFlake('keeper', KEEPER);
    story.manifest({ keeper: LINES });
    await ok('up');
    await inside(
      `cd ${DATA} && mkdir -p deep/er && echo kept > known && ln -s known link && ln known hard && chmod 4750 known && chown 1234:4321 known && mkfifo pipe && truncate -s 5M sparse && head -c 300000 /dev/urandom > deep/er/noise && touch "$(printf 'odd\\nname')"`,
    );
    await inside(`echo warm > ${CACHE}/warm`);
    known = await fingerprint();
  });
  afterAll(() => story.cleanUp());

  test('a backup of a running app: whole, private, and the app runs on', async () => {
    const [boot] = Object.values(await story.bootIds());
    const { stdout, stderr } = await ok('backup', app);
    const [id = ''] = ids();
    const folder = join(folderOf(), id);
    expect(stdout).toBe(`${folder}\n`);
    expect(stderr).toMatch(/stopping[^]*copying data[^]*starting[^]*packing data/);
    expect(readdirSync(folder).sort()).toEqual(['backup.json', 'cache.tar.gz', 'data.tar.gz']);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
    const file = JSON.parse(readFileSync(join(folder, 'backup.json'), 'utf8')) as Record<string, unknown>;
    expect(file).toMatchObject({
      version: 1,
      project: story.project,
      app,
      flakeRef: './keeper',
      generation: 1,
      volumes: [
        { name: 'cache', path: CACHE, size: null, file: 'cache.tar.gz' },
        { name: 'data', path: DATA },
      ],
    });
    const sum = (await must('sha256sum', [join(folder, 'data.tar.gz')])).split(' ')[0];
    expect(file).toMatchObject({ volumes: [{}, { sha256: sum }] });
    expect(Object.values(await story.bootIds())).not.toEqual([boot]);
    expect(await inside('systemctl is-active keeper')).toBe('active');
    expect(await unfinished()).toEqual([]);
    expect((await ok('diff')).stdout).toContain('No changes');
  });

  test('what runs while it is stopped is consistent: nothing is half written', async () => {
    const [id = ''] = ids();
    const file = join(folderOf(), id, 'data.tar.gz');
    const numbers = await must('tar', ['-xzOf', file, 'backup/volume/numbers']);
    const lines = numbers.split('\n');
    expect(lines).toEqual(lines.map((_, i) => String(i + 1)));
  });

  test('`backups` lists it; JSON too', async () => {
    const [id = ''] = ids();
    expect((await ok('backups')).stdout).toMatch(new RegExp(`${app} +${id} .*KiB +sha256-.* cache, data`));
    const json = JSON.parse((await ok('backups', app, '--json')).stdout) as { backups: unknown[] };
    expect(json.backups).toMatchObject([{ id, folder: join(folderOf(), id), app }]);
  });

  test('without the app’s name nothing is replaced', async () => {
    await inside(`echo new > ${DATA}/known; rm ${DATA}/link; echo more > ${DATA}/added`);
    const asked = await pets('restore', app);
    expect(asked).toMatchObject({ code: 64 });
    expect(asked.stderr).toContain(`pets restore ${app} ${ids()[0] ?? ''} --confirm ${app}`);
    expect(await pets('restore', app, '--confirm', 'yes')).toMatchObject({ code: 64 });
    expect(await pets('restore', app, '2099', '--confirm', app)).toMatchObject({ code: 1 });
    expect(await inside(`cat ${DATA}/added`)).toBe('more');
  });

  test('restored it is as it was, and what it replaced is a backup', async () => {
    const [id = ''] = ids();
    const { stderr } = await ok('restore', app, id.slice(0, 8), '--confirm', app);
    expect(await fingerprint()).toBe(known);
    expect(await inside('systemctl is-active keeper')).toBe('active');
    expect(await inside(`cat ${CACHE}/warm`)).toBe('warm');
    expect(ids()).toHaveLength(2);
    expect(stderr).toContain(`pets restore ${app} ${ids()[1] ?? ''}`);
    expect(await story.volumes()).toHaveLength(2);
    expect((await ok('diff')).stdout).toContain('No changes');
    await ok('restore', app, '--confirm', app);
    expect(await inside(`cat ${DATA}/added`)).toBe('more');
    await ok('restore', app, id, '--confirm', app);
    expect(await fingerprint()).toBe(known);
  });

  test('data that the app does not come up with: it has its own again, and serves', async () => {
    await inside(`touch ${DATA}/broken`);
    await ok('backup', app).catch(() => undefined);
    const broken = ids().at(-1) ?? '';
    await pets('up');
    await ok('restore', app, ids()[0] ?? '', '--confirm', app, '--timeout', '20s');
    const before = ids().length;
    const failed = await pets('restore', app, broken, '--confirm', app, '--timeout', '20s');
    expect(failed).toMatchObject({ code: 1 });
    expect(failed.stderr).toMatch(/keeper.service failed.*the data it had before/);
    expect(await fingerprint()).toBe(known);
    expect(await inside('systemctl is-active keeper')).toBe('active');
    expect(await unfinished()).toEqual([]);
    expect(ids()).toHaveLength(before);
    rmSync(join(folderOf(), broken), { recursive: true });
  });

  test('a stopped app stays stopped', async () => {
    await must('incus', ['stop', app]);
    await ok('backup', app);
    await ok('restore', app, '--confirm', app);
    expect((await story.instances())[0]?.status).toBe('Stopped');
    await ok('up');
    expect(await fingerprint()).toBe(known);
  });

  test('an archive that was altered is refused before anything is touched', async () => {
    const [id = ''] = ids();
    const copy = join(story.folder, 'copy');
    cpSync(join(folderOf(), id), copy, { recursive: true });
    const boots = await story.bootIds();
    appendFileSync(join(copy, 'data.tar.gz'), 'x');
    const longer = await pets('restore', app, '--from', copy, '--confirm', app);
    expect(longer).toMatchObject({ code: 1 });
    expect(longer.stderr).toContain('data.tar.gz is not what was backed up');
    const path = join(copy, 'backup.json');
    story.write('copy/backup.json', readFileSync(path, 'utf8').replace('data.tar.gz', '../../x'));
    expect((await pets('restore', app, '--from', copy, '--confirm', app)).stderr).toContain(
      'volumes.1.file: expected the name of a file',
    );
    expect(await story.bootIds()).toEqual(boots);
  });

  test.each([
    ['stopping', 100],
    ['copying data', 0],
    ['starting', 300],
    ['packing data', 50],
  ])('killed while %s: `up` has it running, and the next backup clears up', async (step, ms) => {
    const before = ids();
    await killed(['backup', app], step, ms);
    await ok('up');
    expect(await fingerprint()).toBe(known);
    // A container that runs is no reason for `up` to wait.
    await inside('systemctl is-system-running --wait');
    expect(await inside('systemctl is-active keeper')).toBe('active');
    expect(ids()).toEqual(before);
    await ok('backup', app);
    expect(entries()).toHaveLength(before.length + 1);
    expect(ids()).toEqual(entries());
    expect(await unfinished()).toEqual([]);
  });

  test('Ctrl-C: the app runs, and there is no half backup', async () => {
    const before = entries();
    const { child, ended } = story.start(['backup', app]);
    await seen(child, 'stopping');
    child.kill('SIGINT');
    expect(await ended).toMatchObject({ code: 130, stdout: '' });
    expect((await story.instances())[0]?.status).toBe('Running');
    expect(entries()).toEqual(before);
    expect(await unfinished()).toEqual([]);
  });

  test.each([
    ['unpacking data', 100],
    ['exchanging', 20],
    ['waiting for', 200],
    ['packing data', 50],
  ])('a restore killed while %s: the app has one or the other, whole', async (step, ms) => {
    await inside(`echo new > ${DATA}/known; echo new > ${CACHE}/warm`);
    await killed(['restore', app, ids()[0] ?? '', '--confirm', app], step, ms);
    await ok('up');
    const found = [await inside(`cat ${DATA}/known`), await inside(`cat ${CACHE}/warm`)];
    expect([
      ['new', 'new'],
      ['kept', 'warm'],
    ]).toContainEqual(found);
    expect((await ok('diff')).stdout).toContain('No changes');
    await ok('restore', app, ids()[0] ?? '', '--confirm', app);
    expect(await fingerprint()).toBe(known);
    // What was taken out of the app, and has no backup yet, is nobody's to delete.
    for (const name of await unfinished())
      await ok('volume', 'rm', `${app}/${name}`, '--confirm', `${app}/${name}`);
  });

  test('onto an empty machine: with the manifest, the flake and the folder', async () => {
    const away = join(story.folder, 'away');
    const { stdout } = await ok('backup', app, '--output', 'away');
    const [id = ''] = readdirSync(join(away, app));
    expect(stdout).toBe(`${join(away, app, id)}\n`);
    await ok('down', '--volumes', '--confirm', story.project);
    expect(await story.volumes()).toEqual([]);
    rmSync(join(story.folder, '.state'), { recursive: true });
    const { stderr } = await ok('restore', app, '--from', join('away', app, id));
    expect(stderr).toContain(`\`pets up ${app}\` attaches`);
    expect(existsSync(folderOf())).toBe(false);
    await ok('up');
    await stopService();
    expect(await fingerprint()).toBe(known);
    expect((await ok('diff')).stdout).toContain('No changes');
  });

  /** Ends `pets` the hard way, `ms` after a step was told. */
  async function killed(args: readonly string[], step: string, ms: number): Promise<void> {
    const { child, ended } = story.start(args);
    await seen(child, step);
    await new Promise((resolve) => setTimeout(resolve, ms));
    child.kill('SIGKILL');
    await ended;
  }
});
