import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { incusOver } from '../../../src/incus/client/client.js';
import { sender, socketPath } from '../../../src/incus/client/http.js';
import { RestClient } from '../../../src/incus/client/operations.js';
import type { Volume } from '../../../src/domain/actual.js';
import { must, run } from '../../story/rig.js';

const socket = socketPath(process.env);
const rest = new RestClient(sender(socket));
const project = `t${process.pid}-snap`;
const POOL = project;
const guest = `${project}-user`;
const MB = 1024 * 1024;

const incus = incusOver(socket, project);
const volumesAt = `/1.0/storage-pools/${POOL}/volumes/custom`;
const volume: Volume = {
  pool: POOL,
  name: `${project}.web.data`,
  app: 'web',
  volume: 'data',
  size: null,
  usedBy: [],
  copies: true,
};
const marks = { 'user.pets.project': project, 'user.pets.app': 'web', 'user.pets.volume': 'data' };
const make = (name: string, config: Readonly<Record<string, string>>) =>
  rest.write('POST', volumesAt, {
    body: { name, config, description: 'of a person', content_type: 'filesystem' },
  });

/** A plain folder of a bounded size is the pool: what is in its volumes is seen from outside. */
let folder = '';
const content = (path = '', name = volume.name) => join(folder, 'custom', `default_${name}`, path);
const names = async () => {
  const found = await rest.get(volumesAt);
  return (found?.metadata as string[]).map((url) => url.replace(`${volumesAt}/`, ''));
};
const writeBig = (path: string, mb: number) => {
  writeFileSync(path, Buffer.alloc(mb * MB, path));
};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'pets-pool-'));
  await must('mount', ['-t', 'tmpfs', '-o', 'size=16m', POOL, folder]);
  await must('incus', ['storage', 'create', POOL, 'dir', `source=${folder}`]);
});
afterAll(async () => {
  await run('incus', ['delete', '--force', guest]);
  for (const name of await names()) await run('incus', ['storage', 'volume', 'delete', POOL, name]);
  await must('incus', ['storage', 'delete', POOL]);
  await must('umount', [folder]);
  rmSync(folder, { recursive: true });
});
beforeEach(() => make(volume.name, marks));
afterEach(() => incus.removeVolume(volume));

describe('snapshots', () => {
  test('are listed by age, replaced under their name, and are no volumes', async () => {
    for (const name of ['pets-9', 'pets-10', 'pets-9']) {
      writeFileSync(content('note'), `before ${name}`);
      await incus.snapshotVolume(volume, name);
    }
    expect(await incus.snapshots(volume)).toEqual(['pets-10', 'pets-9']);
    expect((await incus.volumes()).map(({ name, copies }) => [name, copies])).toEqual([[volume.name, true]]);
    await incus.removeSnapshot(volume, 'pets-10');
    await incus.removeSnapshot(volume, 'pets-10');
    expect(await incus.snapshots(volume)).toEqual(['pets-9']);
  });

  test('stay whatever expiry the volume’s have', async () => {
    const config = { ...marks, 'snapshots.expiry': '1d' };
    await rest.write('PATCH', `${volumesAt}/${volume.name}`, {
      body: { config, description: 'of a person' },
    });
    await incus.snapshotVolume(volume, 'pets-1');
    const found = await rest.get(`${volumesAt}/${volume.name}/snapshots/pets-1`);
    expect(found?.metadata).toMatchObject({ expires_at: '0001-01-01T00:00:00Z' });
  });

  test('of a volume that is gone: none, and nothing to remove', async () => {
    const gone = { ...volume, name: `${project}.gone` };
    expect(await incus.snapshots(gone)).toEqual([]);
    await incus.removeSnapshot(gone, 'pets-1');
    await expect(incus.snapshotVolume(gone, 'pets-1')).rejects.toThrow('there is no such volume');
    await expect(incus.restoreVolume(gone, 'pets-1')).rejects.toThrow('there is no such volume');
  });

  test('of a volume of somebody else are not touched', async () => {
    const other = { ...volume, name: `${project}.other` };
    await make(other.name, { ...marks, 'user.pets.project': 'other' });
    await rest.write('POST', `${volumesAt}/${other.name}/snapshots`, { body: { name: 'pets-1' } });
    writeFileSync(content('note', other.name), 'theirs');
    const refused = 'it does not bear the marks of this project; it was not touched';
    await expect(incus.snapshotVolume(other, 'pets-1')).rejects.toThrow(refused);
    await expect(incus.restoreVolume(other, 'pets-1')).rejects.toThrow(refused);
    await expect(incus.removeSnapshot(other, 'pets-1')).rejects.toThrow(refused);
    expect(readFileSync(content('note', other.name), 'utf8')).toBe('theirs');
    expect(await incus.snapshots(other)).toEqual(['pets-1']);
    await rest.write('DELETE', `${volumesAt}/${other.name}`);
  });
});

describe('a restored volume', () => {
  test('has what the snapshot has: owners, modes, links, and nothing else', async () => {
    mkdirSync(content('sub'));
    writeFileSync(content('sub/file'), 'old');
    chownSync(content('sub/file'), 1234, 4321);
    chmodSync(content('sub/file'), 0o640);
    linkSync(content('sub/file'), content('hard'));
    symlinkSync('sub/file', content('soft'));
    chownSync(content(), 1000, 1001);
    chmodSync(content(), 0o2750);
    await incus.snapshotVolume(volume, 'pets-1');
    rmSync(content('sub'), { recursive: true });
    rmSync(content('soft'));
    writeFileSync(content('sub'), 'a file where a folder was');
    writeFileSync(content('new'), 'new');
    chownSync(content(), 0, 0);
    chmodSync(content(), 0o711);
    await incus.snapshotVolume(volume, 'pets-2');
    const before = (await rest.get(`${volumesAt}/${volume.name}`))?.metadata;

    await incus.restoreVolume(volume, 'pets-1');
    expect(readFileSync(content('sub/file'), 'utf8')).toBe('old');
    const file = lstatSync(content('sub/file'));
    expect([file.uid, file.gid, file.mode & 0o7777, file.nlink]).toEqual([1234, 4321, 0o640, 2]);
    expect(readlinkSync(content('soft'))).toBe('sub/file');
    expect(existsSync(content('new'))).toBe(false);
    const root = lstatSync(content());
    expect([root.uid, root.gid, root.mode & 0o7777]).toEqual([1000, 1001, 0o2750]);
    // Marks, description and the other snapshots are not part of what is restored.
    expect((await rest.get(`${volumesAt}/${volume.name}`))?.metadata).toEqual(before);
    expect(await incus.snapshots(volume)).toEqual(['pets-1', 'pets-2']);
    expect(await names()).not.toContain(`${volume.name}.empty`);
  });

  test('has the content of each file, also where size and time tell nothing', async () => {
    const write = (text: string) => {
      writeFileSync(content('version'), text);
      utimesSync(content('version'), 1, 1);
    };
    write('1.2.3');
    await incus.snapshotVolume(volume, 'pets-1');
    write('1.2.4');
    await incus.restoreVolume(volume, 'pets-1');
    expect(readFileSync(content('version'), 'utf8')).toBe('1.2.3');
  });

  test('is not one that a guest has in its hands', async () => {
    writeFileSync(content('note'), 'old');
    await incus.snapshotVolume(volume, 'pets-1');
    writeFileSync(content('note'), 'in use');
    await must('incus', ['launch', 'nixos/25.11', guest, '-c', 'security.nesting=true']);
    const disk = ['disk', `pool=${POOL}`, `source=${volume.name}`, 'path=/data'];
    await must('incus', ['config', 'device', 'add', guest, 'data', ...disk]);
    await expect(incus.restoreVolume(volume, 'pets-1')).rejects.toThrow(
      `restoring the volume \`${volume.name}\` from its snapshot \`pets-1\`: it is in use by \`${guest}\`, which is not stopped (Running); nothing was touched`,
    );
    expect(readFileSync(content('note'), 'utf8')).toBe('in use');
    await must('incus', ['stop', '--force', guest]);
    await incus.restoreVolume(volume, 'pets-1');
    expect(readFileSync(content('note'), 'utf8')).toBe('old');
    await must('incus', ['delete', guest]);
  });

  test('stays as it is where there is no such snapshot, or where it can not be emptied', async () => {
    writeFileSync(content('note'), 'now');
    await expect(incus.restoreVolume(volume, 'pets-1')).rejects.toThrow('there is no such snapshot');
    await incus.snapshotVolume(volume, 'pets-1');
    writeFileSync(content('note'), 'later');
    await make(`${volume.name}.empty`, {});
    await expect(incus.restoreVolume(volume, 'pets-1')).rejects.toThrow(
      `there is a volume \`${volume.name}.empty\` that is not of pets; nothing was touched`,
    );
    expect(readFileSync(content('note'), 'utf8')).toBe('later');
    expect(await names()).toContain(`${volume.name}.empty`);
    await rest.write('DELETE', `${volumesAt}/${volume.name}.empty`);
  });
});

describe('a pool that is full', () => {
  test('has no half of a snapshot, and the volume as it was', async () => {
    writeFileSync(content('note'), 'old');
    await incus.snapshotVolume(volume, 'pets-1');
    writeBig(content('big'), 10);
    await expect(incus.snapshotVolume(volume, 'pets-2')).rejects.toThrow(
      `making the snapshot \`pets-2\` of the volume \`${volume.name}\`: the storage pool \`${POOL}\` is full`,
    );
    expect(await incus.snapshots(volume)).toEqual(['pets-1']);
    expect(existsSync(join(folder, 'custom-snapshots', `default_${volume.name}`, 'pets-2'))).toBe(false);
    expect(lstatSync(content('big')).size).toBe(10 * MB);
    await incus.restoreVolume(volume, 'pets-1');
    expect(readFileSync(content('note'), 'utf8')).toBe('old');
  });

  test('has room for a volume that is restored in place of as much', async () => {
    writeBig(content('big'), 7);
    await incus.snapshotVolume(volume, 'pets-1');
    const before = readFileSync(content('big'));
    writeFileSync(content('big'), Buffer.alloc(7 * MB, 'new'));
    await incus.restoreVolume(volume, 'pets-1');
    expect(readFileSync(content('big')).equals(before)).toBe(true);
  });

  test('and where it has none: that is said, and the next time it is done', async () => {
    writeBig(content('big'), 6);
    await incus.snapshotVolume(volume, 'pets-1');
    rmSync(content('big'));
    writeBig(join(folder, 'somebody-elses'), 7);
    await expect(incus.restoreVolume(volume, 'pets-1')).rejects.toThrow(
      'is full; what the volume holds now is not whole, but the snapshot is: restore it again',
    );
    rmSync(join(folder, 'somebody-elses'));
    await incus.restoreVolume(volume, 'pets-1');
    expect(lstatSync(content('big')).size).toBe(6 * MB);
    // Lists of Incus before 7 have the snapshots as well.
    expect((await names()).filter((name) => !name.includes('/'))).toEqual([volume.name]);
    const snapshots = await rest.get(`${volumesAt}/${volume.name}/snapshots`);
    expect(snapshots?.metadata).toEqual([`${volumesAt}/${volume.name}/snapshots/pets-1`]);
  });
});
