import { describe, expect, test } from '@jest/globals';
import { secretsIn } from '../../src/guest/secrets.js';
import type { AppName } from '../../src/domain/names.js';
import type { GuestFile, Incus } from '../../src/domain/services.js';

const APP = 'web' as AppName;
const STORE = '/etc/credstore';
const KEPT = '/etc/credstore.before-upgrade';

const file = (text: string, uid = 0): GuestFile => {
  return { content: Buffer.from(text), access: { uid, gid: uid, mode: '0440' } };
};

/** A guest with these files in its folder of secrets; `writes`: what is written, one after the other. */
function guest(secrets: Readonly<Record<string, GuestFile>>, kept: Readonly<Record<string, GuestFile>> = {}) {
  const files = new Map<string, GuestFile>([
    ...Object.entries(secrets).map(([name, one]) => [`${STORE}/${name}`, one] as const),
    ...Object.entries(kept).map(([name, one]) => [`${KEPT}/${name}`, one] as const),
  ]);
  const folders: Record<string, string> = {};
  const incus = {
    makeDirectory: (_: string, path: string, mode: string) => Promise.resolve(void (folders[path] = mode)),
    readBytes: (_: string, path: string) => Promise.resolve(files.get(path) ?? null),
    writeFile: (_: string, path: string, content: Uint8Array, access: GuestFile['access']) =>
      Promise.resolve(void files.set(path, { content, access })),
    removeFile: (_: string, path: string) => Promise.resolve(void files.delete(path)),
    readDirectory: (_: string, path: string) => {
      const inside = [...files.keys()].filter((one) => one.startsWith(`${path}/`));
      return Promise.resolve(inside.length === 0 ? null : inside.map((one) => one.slice(path.length + 1)));
    },
  } as unknown as Incus;
  const of = (folder: string) =>
    Object.fromEntries(
      [...files].flatMap(([path, one]) =>
        path.startsWith(`${folder}/`) ? [[path.slice(folder.length + 1), one]] : [],
      ),
    );
  return { ...secretsIn(incus), folders, secrets: () => of(STORE), kept: () => of(KEPT) };
}

/** Not text, and not valid UTF-8. */
const ODD = { content: Uint8Array.from([0, 255, 10, 128]), access: { uid: 4711, gid: 4711, mode: '0400' } };

describe('what secrets were before an upgrade', () => {
  test('is kept byte for byte, for root alone, and is there again with its owner', async () => {
    const { keepSecrets, writeSecrets, revertSecrets, folders, ...shown } = guest({
      db: ODD,
      old: file('old'),
    });
    await keepSecrets(APP, ['db', 'new', 'old'], []);
    expect(folders[KEPT]).toBe('0700');
    await writeSecrets(APP, [{ name: 'db', value: Buffer.from('2'), mode: '0400', owner: 'root' }], ['old']);
    await writeSecrets(APP, [{ name: 'new', value: Buffer.from('n'), mode: '0400', owner: 'root' }], []);
    expect(await revertSecrets(APP, ['db', 'new', 'old'])).toEqual([]);
    expect(shown.secrets()).toEqual({ db: ODD, old: file('old') });
  });

  test('is that of before the first of several runs', async () => {
    const { keepSecrets, revertSecrets, ...shown } = guest({ db: file('2') }, { db: file('1') });
    await keepSecrets(APP, ['db', 'api'], ['db']);
    expect(Object.keys(shown.kept())).toEqual(['db', '.none.api']);
    await revertSecrets(APP, ['db']);
    expect(shown.secrets()).toEqual({ db: file('1') });
  });

  test('takes the place of what an upgrade that has ended has left', async () => {
    const stale = { db: file('0'), '.none.api': file(''), gone: file('x') };
    const { keepSecrets, ...shown } = guest({ db: file('1'), api: file('1') }, stale);
    await keepSecrets(APP, ['db', 'api'], []);
    expect(shown.kept()).toEqual({ db: file('1'), api: file('1') });
  });

  test('goes when it is over, or only that of some', async () => {
    const { forgetSecrets, ...shown } = guest({}, { db: file('1'), '.none.api': file(''), old: file('o') });
    await forgetSecrets(APP, ['db', 'api']);
    expect(Object.keys(shown.kept())).toEqual(['old']);
    await forgetSecrets(APP, null);
    await forgetSecrets(APP, null);
    expect(shown.kept()).toEqual({});
  });

  test('is not known where nobody has kept it: nothing is changed then', async () => {
    const { revertSecrets, ...shown } = guest({ db: file('2') });
    expect(await revertSecrets(APP, ['db', 'api'])).toEqual(['db', 'api']);
    expect(shown.secrets()).toEqual({ db: file('2') });
  });
});
