import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BackupDraft, once } from '../../src/backup/folder.js';
import type { Backup } from '../../src/backup/format.js';
import { rewrite, writeNew } from '../../src/runtime/init/new-files.js';
import { trialsIn } from '../../src/runtime/trials.js';
import { localHost } from '../../src/incus/observe/host.js';
import { makeFolder, makeFolderSync } from '../../src/lib/files.js';
import type { AppName, StorePath } from '../../src/domain/names.js';
import { BuiltSystems } from '../../src/state/built-systems.js';
import { lockFileAt } from '../../src/nix/lock-file.js';
import type { RunMeta } from '../../src/domain/run.js';
import { RunRecord } from '../../src/state/runs/write.js';
import { generatedIn } from '../../src/state/secrets/generated.js';
import { SecretFiles } from '../../src/state/secrets/kept.js';

const WEB = 'web' as AppName;
let folder = '';
let usual = 0o022;
beforeEach(() => {
  usual = process.umask(0o022);
  folder = mkdtempSync(join(tmpdir(), 'pets-made-'));
});
afterEach(() => {
  process.umask(usual);
  rmSync(folder, { recursive: true });
});

/** All that pets makes on the host, but for what is below /nix (deliver/shared.real.test.ts). */
async function makeAll(): Promise<void> {
  const at = (path: string) => join(folder, path);
  await localHost.makeFolder(at('binds/site'));
  await new SecretFiles(at('state/secrets')).keepKey(new Uint8Array(1));
  await new SecretFiles(at('state/secrets')).keepGenerated(WEB, 'key', new Uint8Array(1));
  await generatedIn(at('state/secrets')).stage(WEB, 'id', new Map([['key', new Uint8Array(1)]]));
  trialsIn(at('state/.trials')).keep('daemon', null);
  new BuiltSystems(at('state/built')).remember(
    WEB,
    {},
    {
      toplevel: '/nix/store/x' as StorePath,
      isLasting: true,
    },
  );
  recordRun(at('state/runs'));
  const draft = await BackupDraft.begin(at('backups/web'), 'id');
  await draft.add('data.tar.gz', once(new Uint8Array(1)));
  await draft.finish({} as Backup);
  mkdirSync(at('repository'), { mode: 0o755 });
  await writeNew(at('repository'), [
    { path: 'pets.toml', text: 'x' },
    { path: 'web/flake.nix', text: 'x' },
  ]);
  await lockFileAt(at('repository/pets.lock'), { refs: {} } as never, () => 'x').add('url', {} as never);
}

function recordRun(runs: string): void {
  const print = { json: () => 'x', event: () => 'x', outcome: () => ({}) };
  const meta = { id: '20261121T193000Z-4f2a' } as RunMeta;
  const record = new RunRecord(runs, meta, { operations: [] } as never, print);
  record.event({ kind: 'output', app: WEB, op: 'web/build', at: 0, line: 'x' });
  record.end(0);
}

function modesBelow(path: string): Record<string, string> {
  const entries = readdirSync(path, { recursive: true, encoding: 'utf8' }).map((name) => {
    const info = lstatSync(join(path, name));
    const kind = info.isSymbolicLink() ? 'link' : (info.mode & 0o7777).toString(8);
    return [name.replace(/[0-9a-f]{32,}/, '<hash>'), kind] as const;
  });
  return Object.fromEntries(entries.sort());
}

describe.each([0o000, 0o022, 0o077])('under umask %i', (mask) => {
  beforeEach(() => {
    process.umask(mask);
  });

  test('all that is made has its mode', async () => {
    await makeAll();
    expect(modesBelow(folder)).toEqual({
      binds: '755',
      'binds/site': '755',
      backups: '700',
      'backups/web': '700',
      'backups/web/id': '700',
      'backups/web/id/backup.json': '600',
      'backups/web/id/data.tar.gz': '600',
      repository: (0o755 & ~mask).toString(8),
      'repository/pets.lock': '644',
      'repository/pets.toml': '644',
      'repository/web': '755',
      'repository/web/flake.nix': '644',
      state: '700',
      'state/.trials': '700',
      'state/.trials/<hash>.json': '600',
      'state/built': '700',
      'state/built/web.<hash>': 'link',
      'state/runs': '700',
      'state/runs/20261121T193000Z-4f2a': '700',
      'state/runs/20261121T193000Z-4f2a/events.jsonl': '600',
      'state/runs/20261121T193000Z-4f2a/log': '700',
      'state/runs/20261121T193000Z-4f2a/log/web.log': '600',
      'state/runs/20261121T193000Z-4f2a/meta.json': '600',
      'state/runs/20261121T193000Z-4f2a/plan.json': '600',
      'state/secrets': '700',
      'state/secrets/fingerprint-key': '600',
      'state/secrets/generated': '700',
      'state/secrets/generated/web.key': '600',
      'state/secrets/restoring': '700',
      'state/secrets/restoring/web.id.key': '600',
    });
  });

  test('what is written anew keeps the mode that it had', async () => {
    for (const mode of [0o600, 0o640, 0o664]) {
      const path = join(folder, 'file');
      writeFileSync(path, 'x');
      chmodSync(path, mode);
      await rewrite(path, 'y');
      expect(lstatSync(path).mode & 0o777).toBe(mode);
      await lockFileAt(path, { refs: {} } as never, () => 'z').add('url', {} as never);
      expect(lstatSync(path).mode & 0o777).toBe(mode);
    }
  });

  test('a folder that was there stays as it was, and those above it', async () => {
    mkdirSync(join(folder, 'there'));
    chmodSync(join(folder, 'there'), 0o770);
    await makeFolder(join(folder, 'there/a/b'), 0o755);
    makeFolderSync(join(folder, 'there/c/../d/'), 0o700);
    await makeFolder(join(folder, 'there'), 0o755);
    expect(modesBelow(folder)).toMatchObject({
      there: '770',
      'there/a': '755',
      'there/a/b': '755',
      'there/d': '700',
    });
  });
});

const SRC = fileURLToPath(new URL('../../src', import.meta.url));
/** These make what only Nix reads, in a run's own private folder; or set each mode themselves; or open only to read. */
const OTHERS = [
  ...['nix/assemble.ts', 'nix/closure.ts', 'nix/files.ts', 'nix/inputs.ts', 'nix/nix.ts', 'nix/source.ts'],
  ...['nix/run-folder.ts', 'runtime/init/flake-change.ts', 'stores/host-directory.ts', 'backup/folder.ts'],
  ...['state/runs/write.ts', 'lib/files.ts', 'lib/regular-file.ts'],
];

test('nothing else makes files or folders', () => {
  const makes = /\b(?:mkdir|mkdtemp|writeFile|appendFile|copyFile|cp|openSync|createWriteStream)(?:Sync)?\b/;
  const makers = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) => {
    const text = file.endsWith('.ts') ? readFileSync(join(SRC, file), 'utf8') : '';
    return [...text.matchAll(/^import \{([^}]*)\} from 'node:fs(?:\/promises)?';/gm)].some(([, names = '']) =>
      makes.test(names),
    );
  });
  expect(makers.sort()).toEqual([...OTHERS].sort());
});
