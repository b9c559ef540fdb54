import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { walk } from '../../src/nix/files.js';
import { must, PROFILES, type Result, run, Story } from './rig.js';

const UNIT = `systemd.services.app = { wantedBy = [ "multi-user.target" ]; serviceConfig = { LoadCredential = "token"; ExecStart = "/bin/sleep infinity"; }; };`;
/** What the kernel has one of, for all containers together, that a host would not like changed. */
const SYSCTLS = [
  'kernel/core_pattern',
  'kernel/panic',
  'kernel/sysrq',
  'kernel/modprobe',
  'kernel/randomize_va_space',
  'vm/swappiness',
  'vm/overcommit_memory',
  'fs/file-max',
  'fs/inotify/max_user_instances',
].filter((name) => existsSync(`/proc/sys/${name}`));

/** Each link in a folder of a pet's generations, which has nothing else, and where it leads. */
async function linksIn(folder: string): Promise<[name: string, target: string][]> {
  return (await walk(folder)).map((name) => [name, readlinkSync(join(folder, name))]);
}

/** Somebody who has become root in one pet, and tries to get at the host and at the pet beside it. */
describe('root in a pet', () => {
  const story = new Story('cage');
  let toplevel = '';
  let goodToplevel = '';
  let profiles = '';
  let before: unknown;

  const inside = (script: string): Promise<Result> => story.ran('bad', 'sh', '-c', script);
  const refused = async (script: string) => {
    const result = await inside(script);
    expect([script, result.code]).not.toEqual([script, 0]);
    // 127: the attempt was never made.
    expect([script, result.code, result.stderr]).not.toEqual([script, 127, expect.anything()]);
  };

  const state = join(story.folder, '.state');
  /** What was generated for an app. */
  const token = (app: string) =>
    readFileSync(join(state, story.project, 'secrets', 'generated', `${story.name(app)}.token`), 'utf8');

  /** All that it must not change. */
  const host = async () => ({
    sysctls: SYSCTLS.map((name) => readFileSync(`/proc/sys/${name}`, 'utf8')),
    mounts: (await must('findmnt', ['--raw', '--noheadings', '-o', 'TARGET,SOURCE,OPTIONS']))
      .split('\n')
      .filter((line) => /^\/(nix|dev|proc|sys|etc|boot)?[ /]/.test(line) && !line.includes('/incus')),
    store: readdirSync(toplevel).sort(),
    storeMode: [statSync('/nix/store').mode, statSync('/nix/store').uid, statSync(toplevel).ino],
    // What it would be if it could be removed or added to.
    planted: readdirSync('/nix/store').filter((name) => name.includes('planted')),
    profiles: Object.fromEntries(
      await Promise.all(
        ['bad', 'good'].map(async (app) => [app, await linksIn(join(profiles, story.name(app)))] as const),
      ),
    ),
    devices: readdirSync('/dev').sort(),
    data: await story.inside('good', 'cat', '/var/lib/good/secret', '/root/secret'),
    tokens: ['bad', 'good'].map(token),
    token: await story.inside('good', 'cat', '/etc/credstore/token', '/run/credentials/app.service/token'),
    tokenOf: await story.inside('good', 'stat', '-c', '%a %u %i', '/etc/credstore/token'),
  });

  beforeAll(async () => {
    story.plainFlake('app', UNIT);
    story.manifest({
      bad: 'flake-ref = "./app"\nvolumes = { data = "/var/lib/bad" }\nsecrets = { token = { generate = true } }',
      // Open to anybody in its own pet.
      good: 'flake-ref = "./app"\nvolumes = { data = "/var/lib/good" }\nsecrets = { token = { generate = true, mode = "0444", owner = 4711 } }',
    });
    await story.ok(['up']);
    await story.inside('good', 'sh', '-c', 'echo hers > /var/lib/good/secret; echo hers > /root/secret');
    profiles = join(PROFILES, story.project);
    toplevel = (await story.inside('bad', 'readlink', '/run/current-system')).trim();
    goodToplevel = await story.inside('good', 'readlink', '/run/current-system');
    before = await host();
  });
  afterAll(() => story.cleanUp());

  test('is not root on the host', async () => {
    const map = await story.inside('bad', 'cat', '/proc/self/uid_map');
    expect(map.trim().split(/\s+/)[1]).not.toBe('0');
    // What it makes on its own disk and volume is its own.
    await story.inside('bad', 'sh', '-c', 'touch /var/lib/bad/mine /root/mine');
  });

  test.each([
    ['add to the store', 'touch /nix/store/planted'],
    ['change a program in it', 'echo x >> /run/current-system/init'],
    ['remove one', 'rm -f /run/current-system/init'],
    ['give itself a program of root’s', 'chmod u+s /run/current-system/init'],
    ['link another generation', 'ln -sfn /tmp/planted /nix/var/nix/profiles/system'],
    ['remove a generation', 'rm -f /nix/var/nix/profiles/system-1-link'],
    ['add a generation', 'touch /nix/var/nix/profiles/planted'],
    ['make the store writable', 'mount -o remount,rw /nix/store'],
    [
      'make a bind of it writable',
      'mkdir -p /tmp/s; mount --bind /nix/store /tmp/s; mount -o remount,rw,bind /tmp/s && touch /tmp/s/planted',
    ],
    [
      'make the profiles writable',
      'mount -o remount,rw,bind /nix/var/nix/profiles && touch /nix/var/nix/profiles/planted',
    ],
    ['make a disk', 'mknod /root/disk b 8 0'],
    ['make the kernel’s memory', 'mknod /root/mem c 1 1'],
    ['mount a disk', 'mount -t ext4 /dev/sda1 /mnt || mount -t ext4 /dev/vda1 /mnt'],
    ['load a module', 'printf x > /tmp/x.ko; insmod /tmp/x.ko || exit 1'],
    ['command the kernel', 'echo h > /proc/sysrq-trigger'],
    ['mount the host’s debug file system', 'mkdir -p /tmp/d; mount -t debugfs none /tmp/d'],
    ['set the clock', 'date -s "$(date)"'],
  ])('cannot %s', (_, script) => refused(script));

  test.each(SYSCTLS)('cannot set %s', async (name) => {
    const path = `/proc/sys/${name}`;
    // The value that it has: a host that lets it through is told by the exit code, and goes on as it was.
    const write = (to: string) => `v=$(cat ${path}); echo "$v" > ${to}`;
    await refused(write(path));
    await refused(`mount -o remount,rw /proc/sys 2>/dev/null; ${write(path)}`);
    await refused(
      `mkdir -p /tmp/proc; mount -t proc proc /tmp/proc 2>/dev/null; ${write(`/tmp/proc/sys/${name}`)}`,
    );
  });

  test('what it mounts over the store is mounted in the pet only', async () => {
    const mounted = await inside(
      'mkdir -p /tmp/e && mount --bind /tmp/e /nix/var/nix/profiles && mount -t tmpfs none /mnt',
    );
    expect(mounted.code).toBe(0);
    expect(await host()).toEqual(before);
    await inside('umount /nix/var/nix/profiles /mnt');
    await inside('umount -l /nix/var/nix/profiles; umount -l /nix/store');
    expect(await host()).toEqual(before);
    await must('incus', ['restart', '--force', story.name('bad')]);
    await story.ok(['up']);
  });

  test('sees nothing of the other pet: profile, volume, root disk', async () => {
    expect((await inside('ls /nix/var/nix/profiles')).stdout.trim().split('\n').sort()).toEqual(
      readdirSync(join(profiles, story.name('bad'))).sort(),
    );
    await refused(`ls ${PROFILES}`);
    await refused(`ls /nix/var/nix/profiles/../profiles/../../../../var/lib/incus`);
    await refused(`ls /var/lib/incus || ls /proc/1/root/var/lib/incus`);
    await refused(`ls /nix/var/nix/daemon-socket`);
    // But the store, which is the host's: any pet reads the systems of all.
    const name = story.name('good');
    expect((await inside('cat /proc/self/mountinfo /proc/1/mountinfo')).stdout).not.toContain(name);
    expect(
      (
        await inside(
          `find / -xdev \\( -path /proc -o -path /nix/store \\) -prune -o -name '*${name}*' -print`,
        )
      ).stdout,
    ).toBe('');
    expect((await inside('ps ax -o args 2>/dev/null || cat /proc/[0-9]*/cmdline')).stdout).not.toContain(
      name,
    );
  });

  test('has its own secret, and finds that of the other pet nowhere', async () => {
    expect(token('bad')).not.toBe(token('good'));
    expect((await inside('cat /etc/credstore/token')).stdout).toBe(token('bad'));
    const folders = '/etc /root /run /var /tmp /home /dev/shm /nix/var';
    // A pipe would be read for ever.
    const holding = async (value: string) =>
      (await inside(`find ${folders} -type f -exec grep -lsF -e ${value} {} + | sort`)).stdout
        .trim()
        .split('\n');
    expect(await holding(token('bad'))).toEqual(
      expect.arrayContaining(['/etc/credstore/token', '/run/credentials/app.service/token']),
    );
    expect((await holding(token('good'))).filter((path) => path !== '')).toEqual([]);
    const processes = await inside(
      'cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline /proc/[0-9]*/mountinfo; dmesg',
    );
    expect(processes.stdout).not.toContain(token('good'));
    await refused(`ls ${state} || ls /proc/1/root${state}`);
    await refused('ls /var/lib/pets || ls /proc/1/root/var/lib/pets');
    await refused(`cat /run/credentials/*/token /etc/credstore/* | grep -F ${token('good')}`);
  });

  test('what every pet can read, the store, and what any can ask of Incus, has no secret', async () => {
    const closure = (await must('nix-store', ['--query', '--requisites', goodToplevel])).split('\n');
    const found = await run('grep', ['-rlF', token('good'), ...closure]);
    expect([found.code, found.stdout]).toEqual([1, '']);
    // `user.*` is shown to the guest itself.
    expect(JSON.stringify(await story.instances())).not.toContain(token('good'));
    expect(JSON.stringify(await story.volumes())).not.toContain(token('good'));
  });

  test('the host is as it was, and both pets are', async () => {
    expect(await host()).toEqual(before);
    expect((await story.ok(['diff'])).stdout).toContain('No changes');
    expect(await story.inside('good', 'systemctl', 'is-system-running')).toBe('running');
  });
});
