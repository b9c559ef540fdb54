import { afterAll, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { contentsOf, differenceOf } from '../../src/backup/contents.js';
import { once } from '../../src/backup/folder.js';

const folder = mkdtempSync(join(tmpdir(), 'pets-contents-'));
const root = join(folder, 'backup');
mkdirSync(join(root, 'volume', 'deep'), { recursive: true });
writeFileSync(join(root, 'index.yaml'), 'name: x\n');
writeFileSync(join(root, 'volume', 'known'), 'kept');
writeFileSync(join(root, 'volume', 'odd\nname'), '');
writeFileSync(join(root, 'volume', 'deep', 'zeros'), '');
// A ratio that a reader might take for an attack.
truncateSync(join(root, 'volume', 'deep', 'zeros'), 5_000_000);
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const packed = () => execFileSync('tar', ['-czf', '-', '-C', folder, 'backup'], { maxBuffer: 2 ** 28 });
const read = (archive: Uint8Array) => contentsOf(once(archive));

describe('what an archive holds', () => {
  test('is the same whenever it is packed; the daemon’s own notes aside', async () => {
    const before = await read(packed());
    writeFileSync(join(root, 'index.yaml'), 'name: another\n');
    expect(differenceOf(before, await read(packed()))).toBeNull();
    expect([...before.keys()]).toEqual(expect.arrayContaining(['backup/volume/odd\nname']));
  });

  test('is not, by one byte, one right, one file more or less', async () => {
    const before = await read(packed());
    const known = join(root, 'volume', 'known');
    writeFileSync(known, 'kepT');
    utimesSync(known, 1, 1);
    writeFileSync(join(root, 'volume', 'more'), '');
    rmSync(join(root, 'volume', 'odd\nname'));
    const words = differenceOf(before, await read(packed()));
    expect(words).toContain('"backup/volume/known" is another');
    expect(words).toContain('"backup/volume/odd\\nname" is missing');
    expect(words).toMatch(/"backup\/volume\/more" is new|and 1 more/);
  });

  test.each([
    ['breaks off', (whole: Buffer) => whole.subarray(0, whole.length / 2)],
    ['is none', () => Buffer.from('nothing of the kind')],
    ['is one of nothing', () => execFileSync('gzip', ['-c'], { input: 'x'.repeat(5000) })],
  ])('that %s is said to be damaged', async (_, spoil) => {
    await expect(read(spoil(packed()))).rejects.toMatchObject({ problems: [{ code: 'backup-damaged' }] });
  });
});
