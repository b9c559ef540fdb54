import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { capture } from '../../programs.js';
import type { AppName } from '../../../src/domain/names.js';
import type { ManifestApp, Secret, SecretSource } from '../../../src/domain/manifest.js';
import { vaultIn } from '../../../src/state/secrets/vault.js';
import { ageKey, sopsFile, writeSops } from '../../story/sops-file.js';

const [WEB, SITE] = ['web', 'site'] as [AppName, AppName];
let folder = '';
let path = process.env['PATH'];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pets-vault-'));
  path = process.env['PATH'];
});
afterEach(() => {
  process.env['PATH'] = path;
  rmSync(folder, { recursive: true });
});

const vault = (env: Record<string, string> = {}) =>
  vaultIn(join(folder, 'state'), { directory: folder, env, capture });

function app(source: SecretSource, name = WEB, was: AppName | null = null): ManifestApp {
  const secret: Secret = { name: 'db', source, mode: '0400', owner: 'root' };
  return { name, was, secrets: [secret] } as unknown as ManifestApp;
}

async function read(source: SecretSource, env: Record<string, string> = {}) {
  const it = vault(env);
  const reads = await it.read([app(source)]);
  const one = reads['web']?.['db'];
  return one && 'problem' in one
    ? one.problem.message
    : Buffer.from(await it.value(WEB, 'db')).toString('latin1');
}

function file(name: string, text: string): { written: string; path: string } {
  writeFileSync(join(folder, name), text);
  return { written: name, path: join(folder, name) };
}

function program(name: string, text: string): void {
  file(name, `#!/bin/sh\n${text}\n`);
  chmodSync(join(folder, name), 0o755);
}

test('a file byte for byte, a variable as it is, a command without one final newline', async () => {
  const bytes = 'a\0b\n\n';
  expect(await read({ kind: 'file', file: file('db', bytes) })).toBe(bytes);
  expect(await read({ kind: 'env', variable: 'A' }, { A: 'x\n' })).toBe('x\n');
  expect(await read({ kind: 'env', variable: 'A' }, { A: '' })).toBe('');
  expect(await read({ kind: 'command', command: ['printf', 'a\\0b\\n\\n'] })).toBe('a\0b\n');
});

test('a command runs in the folder of the manifest', async () => {
  program('here', 'pwd');
  expect(await read({ kind: 'command', command: ['./here'] })).toBe(folder);
});

describe('of a sops file', () => {
  const tree = { db: { users: ['anna', 'bert'], 'pass word': 'a\nb\n' }, pin: 12_345 };
  let identity = '';
  const programs = mkdtempSync(join(tmpdir(), 'pets-sops-'));

  beforeAll(() => {
    writeSops(programs);
  });
  afterAll(() => {
    rmSync(programs, { recursive: true });
  });
  beforeEach(async () => {
    const key = await ageKey();
    identity = key.identity;
    file('s.yaml', await sopsFile(tree, key.recipient));
    file('keys', identity);
    process.env['PATH'] = `${programs}:${path ?? ''}`;
    process.env['SOPS_AGE_KEY_FILE'] = join(folder, 'keys');
  });
  afterEach(() => {
    delete process.env['SOPS_AGE_KEY_FILE'];
  });
  const at = (key: string) =>
    read({ kind: 'sops', file: { written: 's.yaml', path: join(folder, 's.yaml') }, key });

  test('one value is taken as it is; of a number the newline is not part', async () => {
    expect(readFileSync(join(folder, 's.yaml'), 'utf8')).not.toMatch(/bert|12345/);
    expect(await at('db.pass word')).toBe('a\nb\n');
    expect(await at('db.users.1')).toBe('bert');
    expect(await at('pin')).toBe('12345');
  });

  test('what is not in it, and a key that does not fit, are errors in the words of sops', async () => {
    expect(await at('db.absent')).toBe('`sops` failed with exit code 128: component ["absent"] not found');
    file('keys', (await ageKey()).identity);
    const refused = await at('pin');
    expect(refused).toMatch(/^`sops` failed with exit code 128: ./);
    expect(refused).not.toContain('12345');
  });
});

test('what fails says nothing of what it printed', async () => {
  program('fails', 'echo half; exit 2');
  program('dies', 'kill -9 $$');
  expect(await read({ kind: 'command', command: ['./fails', 'an argument'] })).toBe(
    '`./fails` failed with exit code 2 and said nothing',
  );
  expect(await read({ kind: 'command', command: ['./dies'] })).toContain('was ended by a signal');
  expect(await read({ kind: 'file', file: { written: '.', path: folder } })).toContain(
    'is a folder, not a regular file',
  );
});

test('what is larger than systemd takes is refused when it is read, with the limit', async () => {
  const most = 'systemd takes at most 1.0 MiB of credentials for a unit';
  const large = file('large', '');
  truncateSync(large.path, 2 ** 20);
  expect(await read({ kind: 'file', file: large })).toHaveLength(2 ** 20);
  truncateSync(large.path, 3 * 2 ** 20);
  expect(await read({ kind: 'file', file: large })).toBe(`${large.path} has 3.0 MiB; ${most}`);
  const much = 'x'.repeat(2 ** 20 + 1);
  expect(await read({ kind: 'env', variable: 'A' }, { A: much })).toBe(`it has 1.0 MiB; ${most}`);
  const printing = { kind: 'command', command: ['printf', '%1500000s', ''] } as const;
  expect(await read(printing)).toBe(`it has 1.4 MiB; ${most}`);
  const endless = { kind: 'command', command: ['yes'] } as const;
  expect(await read(endless)).toBe(`\`yes\` prints more than 2 MiB; ${most}`);
});

test('a named pipe is not waited for', async () => {
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  const pipe = { written: 'pipe', path: join(folder, 'pipe') };
  expect(await read({ kind: 'file', file: pipe })).toContain('is a named pipe, not a regular file');
  expect(await read({ kind: 'sops', file: pipe, key: 'a' })).toContain('is a named pipe, not a regular file');
});

test('a source of several secrets is read once', async () => {
  program('counts', 'echo x >> count; echo value');
  const source = { kind: 'command', command: ['./counts'] } as const;
  await vault().read([app(source), app(source, SITE)]);
  expect(readFileSync(join(folder, 'count'), 'utf8')).toBe('x\n');
});

describe('a fingerprint', () => {
  const source = { kind: 'env', variable: 'A' } as const;
  const print = async (value: string, name = WEB) => {
    const it = vault({ A: value });
    const one = (await it.read([app(source, name)]))[name]?.['db'];
    await it.value(name, 'db');
    return one && 'fingerprint' in one ? one.fingerprint : '';
  };

  test('is the same for the same value, in later runs and under another name of the app', async () => {
    const first = await print('x');
    expect(first).toMatch(/^v1:[0-9a-f]{32}$/);
    expect([await print('x'), await print('x', SITE)]).toEqual([first, first]);
    expect(await print('y')).not.toBe(first);
    expect(statSync(join(folder, 'state/fingerprint-key')).mode & 0o777).toBe(0o600);
  });

  test('holds for later processes as soon as it is kept, and nothing else is kept with it', async () => {
    const told = async (isKept: boolean) => {
      const it = vault({ A: 'x' });
      const reads = await it.read([app(source), app({ kind: 'generate', length: 16 }, SITE)]);
      if (isKept) await it.keepFingerprints();
      return { print: reads['web']?.['db'], isNew: [it.isNew(WEB, 'db'), it.isNew(SITE, 'db')] };
    };
    expect((await told(false)).print).not.toEqual((await told(false)).print);
    const first = await told(true);
    expect(await told(false)).toEqual({ ...first, isNew: [false, true] });
    expect(readdirSync(join(folder, 'state'))).toEqual(['fingerprint-key']);
  });

  test('says nothing without the key', async () => {
    const first = await print('x');
    rmSync(join(folder, 'state'), { recursive: true });
    expect(await print('x')).not.toBe(first);
  });
});

describe('a generated secret', () => {
  const source = { kind: 'generate', length: 16 } as const;
  const value = async (one: ManifestApp) => {
    const it = vault();
    await it.read([one]);
    return { it, text: Buffer.from(await it.value(one.name, 'db')).toString() };
  };

  test('is kept once it is handed out, and not before', async () => {
    await vault().read([app(source)]);
    expect(existsSync(join(folder, 'state'))).toBe(false);
    const { it, text } = await value(app(source));
    expect(it.isNew(WEB, 'db')).toBe(true);
    const later = vault();
    await later.read([app(source)]);
    expect(later.isNew(WEB, 'db')).toBe(false);
    expect(text).toMatch(/^[A-Za-z0-9]{16}$/);
    expect((await value(app({ kind: 'generate', length: 99 }))).text).toBe(text);
    expect((await value(app(source, SITE))).text).not.toBe(text);
  });

  test('is taken over by a renamed app', async () => {
    const { text } = await value(app(source));
    const it = vault();
    await it.read([app(source, SITE, WEB)]);
    await it.take(WEB, SITE, false);
    expect(readdirSync(join(folder, 'state/generated'))).toEqual(['site.db']);
    expect((await value(app(source, SITE))).text).toBe(text);
  });
});

test('apps that ask at the same time', async () => {
  const it = vault({ A: 'x' });
  const names = Array.from({ length: 20 }, (_, i) => `app${i}` as AppName);
  await it.read(names.map((name) => app({ kind: 'env', variable: 'A' }, name)));
  const values = await Promise.all(names.map((name) => it.value(name, 'db')));
  expect(new Set(values.map(String)).size).toBe(1);
});
