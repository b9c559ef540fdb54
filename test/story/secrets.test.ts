import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { must, run, Story } from './rig.js';
import { ageKey, sopsFile } from './sops-file.js';

/** One unit that loads a secret, one that has nothing to do with it. */
const READER = `
  systemd.services.reader = {
    wantedBy = [ "multi-user.target" ];
    serviceConfig = { DynamicUser = true; LoadCredential = [ "db" "again:/etc/credstore/db" ]; ExecStart = "/bin/sleep infinity"; };
  };
  systemd.services.other = {
    wantedBy = [ "multi-user.target" ];
    serviceConfig.ExecStart = "/bin/sleep infinity";
  };
  users.users.clerk = { isSystemUser = true; group = "clerk"; };
  users.groups.clerk = { };
`;
const CREDSTORE = '/etc/credstore';

class SecretStory extends Story {
  get state(): string {
    return join(this.folder, '.state');
  }

  override pets(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    return super.pets(args, { PETS_STATE_DIR: this.state, ...env });
  }

  secrets(lines: string, more = ''): void {
    this.manifest({ app: `flake-ref = "./app"\n${more}\nsecrets = { ${lines} }` });
  }

  sha(path: string): Promise<string> {
    return this.inside('app', 'sha256sum', path).then((line) => line.split(' ')[0] ?? '');
  }

  access(name: string): Promise<string> {
    return this.inside('app', 'stat', '-c', '%a %U:%G', join(CREDSTORE, name));
  }

  /** A number that a unit has anew each time it is started. */
  async starts(...units: readonly string[]): Promise<string[]> {
    const ids = await this.inside('app', 'systemctl', 'show', '--property=InvocationID', '--value', ...units);
    return ids.split(/\n+/);
  }
}

describe('a secret', () => {
  const story = new SecretStory('secret');
  /** Not text, and as long as systemd takes. */
  const bytes = Buffer.alloc(1024 * 1024, Uint8Array.from([0, 10, 13, 255, 128, 39, 34, 92]));

  beforeAll(() => {
    story.plainFlake('app', READER);
    mkdirSync(join(story.folder, 'private'));
    writeFileSync(join(story.folder, 'private/db'), 'first');
    writeFileSync(join(story.folder, 'private/bytes'), bytes);
  });
  afterAll(() => story.cleanUp());

  test('is there before the first start, byte for byte, for the unit that loads it and for nobody else', async () => {
    story.secrets(
      'db = { file = "private/db" }, bytes = { file = "./private/bytes", mode = "0440", owner = "clerk" }, uid = { env = "A_SECRET", owner = 4711 }',
    );
    const diff = await story.ok(['diff'], { A_SECRET: 'in the environment' });
    expect(existsSync(story.state)).toBe(false);
    expect(diff.stdout).toMatch(/secret\.db +0400 root/);
    await story.ok(['up'], { A_SECRET: 'in the environment' });
    expect(await story.inside('app', 'cat', '/run/credentials/reader.service/db')).toBe('first');
    expect(await story.inside('app', 'cat', '/run/credentials/reader.service/again')).toBe('first');
    expect(await story.inside('app', 'cat', join(CREDSTORE, 'uid'))).toBe('in the environment');
    expect(await story.inside('app', 'stat', '-c', '%a %U', CREDSTORE)).toBe('700 root');
    expect(await story.access('db')).toBe('400 root:root');
    expect(await story.access('bytes')).toBe('440 clerk:clerk');
    expect(await story.access('uid')).toMatch(/^400 UNKNOWN:root/);
    const copy = await run('sha256sum', [join(story.folder, 'private/bytes')]);
    expect(await story.sha(join(CREDSTORE, 'bytes'))).toBe(copy.stdout.split(' ')[0]);
    expect((await story.ok(['diff'], { A_SECRET: 'in the environment' })).stdout).toContain('No changes');
  });

  test('that changes restarts what loads it, and nothing else; the plan does not say to what', async () => {
    story.secrets('db = { file = "private/db" }');
    await story.ok(['up']);
    const before = { boot: await story.bootIds(), starts: await story.starts('reader', 'other') };
    writeFileSync(join(story.folder, 'private/db'), 'second\n');
    const diff = (await story.ok(['diff'])).stdout;
    expect(diff).toMatch(/secrets update +restarts the service/);
    expect(diff).toMatch(/secret\.db +changed +\(changed in its source\)/);
    const up = await story.ok(['up']);
    expect(up.stderr).toContain('secrets updated');
    expect(await story.inside('app', 'cat', '/run/credentials/reader.service/db')).toBe('second');
    const [reader, ...others] = await story.starts('reader', 'other');
    expect(reader).not.toBe(before.starts[0]);
    expect(others).toEqual(before.starts.slice(1));
    expect(await story.bootIds()).toEqual(before.boot);
    expect((await story.ok(['diff'])).stdout).toContain('No changes');
  });

  test('whose mode changes restarts nothing; one that is gone is removed; they survive a restart', async () => {
    const before = await story.starts('reader', 'other');
    story.secrets('db = { file = "private/db", mode = "0440" }, more = { command = ["echo", "one line"] }');
    await story.ok(['up']);
    expect(await story.access('db')).toBe('440 root:root');
    expect(await story.inside('app', 'cat', join(CREDSTORE, 'more'))).toBe('one line');
    expect(await story.starts('reader', 'other')).toEqual(before);
    await must('incus', ['restart', story.name('app')]);
    expect(await story.inside('app', 'ls', CREDSTORE)).toBe('db\nmore');
    story.secrets('db = { file = "private/db", mode = "0440" }');
    expect((await story.ok(['diff'])).stdout).toMatch(/secret\.more +0400 root → none/);
    await story.ok(['up']);
    expect(await story.inside('app', 'ls', CREDSTORE)).toBe('db');
  });

  test('of a sops file with age is there, and another value in it is a change', async () => {
    const { identity, recipient } = await ageKey();
    const file = async (db: string) => {
      story.write('secrets.yaml', await sopsFile({ of: { db }, pin: 4711 }, recipient));
    };
    story.write('keys', identity);
    mkdirSync(join(story.folder, '.bin'));
    symlinkSync(join(import.meta.dirname, 'sops.mjs'), join(story.folder, '.bin/sops'));
    const path = `${story.folder}/.bin:${process.env['PATH'] ?? ''}`;
    const env = { SOPS_AGE_KEY_FILE: join(story.folder, 'keys'), PATH: path };
    await file('a value in sops');
    story.secrets(
      'db = { sops = "./secrets.yaml", key = "of.db" }, pin = { sops = "./secrets.yaml", key = "pin" }',
    );
    await story.ok(['up'], env);
    expect(await story.inside('app', 'cat', '/run/credentials/reader.service/db')).toBe('a value in sops');
    expect(await story.inside('app', 'cat', join(CREDSTORE, 'pin'))).toBe('4711');
    // Encrypted anew, every byte of the file is another one; the values are not.
    await file('a value in sops');
    expect((await story.ok(['diff'], env)).stdout).toContain('No changes');
    await file('another in sops');
    expect((await story.ok(['diff'], env)).stdout).toMatch(/secret\.db +changed +\(changed in its source\)/);
    await story.ok(['up'], env);
    expect(await story.inside('app', 'cat', '/run/credentials/reader.service/db')).toBe('another in sops');
    const without = await story.pets(['diff'], { PATH: path, SOPS_AGE_KEY_FILE: '/dev/null' });
    expect(without).toMatchObject({ code: 65 });
    expect(without.stderr).toMatch(/pets\.toml:\d+:\d+: .*`sops` failed with exit code 128: ./);
  });

  test('that changes with the system and while the container is stopped is there when it runs again', async () => {
    story.secrets('db = { file = "private/db", mode = "0440" }');
    story.plainFlake('app', `${READER} environment.etc."changed".text = "1";`);
    writeFileSync(join(story.folder, 'private/db'), 'third');
    await story.ok(['up']);
    expect(await story.inside('app', 'cat', '/run/credentials/reader.service/db')).toBe('third');
    await must('incus', ['stop', '--force', story.name('app')]);
    writeFileSync(join(story.folder, 'private/db'), 'fourth');
    await story.ok(['up']);
    expect(await story.inside('app', 'cat', '/run/credentials/reader.service/db')).toBe('fourth');
  });

  test('a unit that cannot start with it fails the run, and the next one mends it', async () => {
    story.secrets('');
    const up = await story.pets(['up']);
    expect(up).toMatchObject({ code: 1 });
    expect(up.stderr).toContain('reader.service failed');
    // As it was last applied, but not as the guest has it.
    story.secrets('db = { file = "private/db", mode = "0440" }');
    expect((await story.ok(['diff'])).stdout).toMatch(/secret\.db +unfinished → 0440 root/);
    await story.ok(['up']);
    expect(await story.inside('app', 'cat', '/run/credentials/reader.service/db')).toBe('fourth');
  });

  test('an owner whom the guest does not know is an error at its key', async () => {
    story.secrets('db = { file = "private/db", owner = "nobody-here" }');
    const up = await story.pets(['up']);
    expect(up).toMatchObject({ code: 1 });
    expect(up.stderr).toMatch(/pets\.toml:\d+:\d+: .*the guest has no user `nobody-here`/);
  });
});

describe('a generated secret', () => {
  const story = new SecretStory('made');
  const files = () => readdirSync(join(story.state, story.project, 'secrets/generated'));

  beforeAll(() => {
    story.plainFlake('app', READER);
    story.secrets('db = { generate = true, length = 20 }');
  });
  afterAll(() => story.cleanUp());

  test('is made once and kept for its owner alone', async () => {
    await story.ok(['up']);
    const value = await story.inside('app', 'cat', join(CREDSTORE, 'db'));
    expect(value).toMatch(/^[A-Za-z0-9]{20}$/);
    const folder = join(story.state, story.project, 'secrets');
    const key = join(folder, 'fingerprint-key');
    const kept = join(folder, 'generated', `${story.name('app')}.db`);
    expect(readFileSync(kept, 'utf8')).toBe(value);
    expect([folder, key, kept].map((path) => statSync(path).mode & 0o777)).toEqual([0o700, 0o600, 0o600]);
    await story.ok(['down', '--yes']);
    await story.ok(['up']);
    expect(await story.inside('app', 'cat', join(CREDSTORE, 'db'))).toBe(value);
    expect((await story.ok(['diff'])).stdout).toContain('No changes');
  });

  test('goes along with a renamed app, also when `was` is taken out again', async () => {
    const value = await story.inside('app', 'cat', join(CREDSTORE, 'db'));
    const lines = 'flake-ref = "./app"\nsecrets = { db = { generate = true } }';
    story.manifest({ fresh: `${lines}\nwas = "${story.name('app')}"` });
    await story.ok(['up']);
    expect(files()).toEqual([`${story.name('fresh')}.db`]);
    story.manifest({ fresh: lines });
    expect((await story.ok(['diff'])).stdout).toContain('No changes');
    expect(await story.inside('fresh', 'cat', join(CREDSTORE, 'db'))).toBe(value);
  });
});

describe('a container with a store of its own', () => {
  const story = new SecretStory('copysecret');
  beforeAll(() => {
    story.plainFlake('app', READER);
    writeFileSync(join(story.folder, 'db'), 'first');
  });
  afterAll(() => story.cleanUp());

  test('has its secrets at the first start, and when it is made anew', async () => {
    story.secrets('db = { file = "db", owner = "clerk" }', 'store = "copy"');
    await story.ok(['up']);
    expect(await story.inside('app', 'cat', '/run/credentials/reader.service/db')).toBe('first');
    expect(await story.access('db')).toBe('400 clerk:clerk');
    writeFileSync(join(story.folder, 'db'), 'second');
    await story.ok(['up']);
    expect(await story.inside('app', 'cat', '/run/credentials/reader.service/db')).toBe('second');
    story.secrets('db = { file = "db" }', 'store = "shared"');
    await story.ok(['up', '--recreate']);
    expect(await story.inside('app', 'cat', '/run/credentials/reader.service/db')).toBe('second');
    expect(await story.access('db')).toBe('400 root:root');
    expect((await story.ok(['diff'])).stdout).toContain('No changes');
  });
});

describe('a source that fails', () => {
  const story = new SecretStory('nosecret');
  beforeAll(() => {
    story.plainFlake('app', READER);
    // Prints half a secret before it fails, as a program may.
    story.write('fails', '#!/bin/sh\necho half-a-secret; echo the store is locked >&2; exit 3\n');
    chmodSync(join(story.folder, 'fails'), 0o755);
    story.write('secrets.yaml', 'not of sops\n');
  });
  afterAll(() => story.cleanUp());

  test.each([
    ['{ file = "./missing" }', 'there is no /.*/missing'],
    ['{ file = "." }', 'is no plain file'],
    ['{ env = "NOT_SET_ANYWHERE" }', 'the variable `NOT_SET_ANYWHERE` is not set'],
    ['{ command = ["./fails"] }', '`./fails` failed with exit code 3: the store is locked'],
    ['{ command = ["no-such-program"] }', '`no-such-program` is not installed'],
  ])('%s stops the run before anything is touched', async (source, words) => {
    story.secrets(`db = ${source}`);
    for (const verb of ['up', 'diff']) {
      const result = await story.pets([verb]);
      expect(result).toMatchObject({ code: 65 });
      expect(result.stderr).toMatch(new RegExp(`pets\\.toml:\\d+:\\d+: .*${words}`));
      expect(result.stdout + result.stderr).not.toContain('half-a-secret');
    }
    expect(await story.instances()).toEqual([]);
    expect(existsSync(story.state)).toBe(false);
  });

  test('of an app that is not selected does not matter, and is not read', async () => {
    story.write('counts', '#!/bin/sh\necho x >> "$PWD/count"; echo value\n');
    chmodSync(join(story.folder, 'counts'), 0o755);
    story.manifest({
      app: 'flake-ref = "./app"\nsecrets = { db = { command = ["./counts"] }, more = { command = ["./counts"] } }',
      bad: 'flake-ref = "./app"\nsecrets = { db = { env = "NOT_SET_ANYWHERE" } }',
    });
    const diff = await story.pets(['diff', story.name('app')]);
    expect(diff).toMatchObject({ code: 0 });
    expect(story.read('count')).toBe('x\n');
  });
});

describe('a value', () => {
  const story = new SecretStory('poison');
  const poison = `poison-${process.pid}-${'c0ffee'.repeat(4)}`;
  /** Where the value was seen among the processes of this machine, by the time it was there. */
  const seen = new Set<string>();
  let isOver = false;

  /** Every process there is: pets and its children, the daemon and its helpers, those of the guests. */
  async function watch(): Promise<void> {
    while (!isOver) {
      for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
        if (Number(pid) === process.pid) continue;
        for (const file of ['cmdline', 'environ']) {
          if (textOf(`/proc/${pid}/${file}`).includes(poison))
            seen.add(`${file} of ${textOf(`/proc/${pid}/comm`)}`);
        }
      }
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  beforeAll(() => {
    story.plainFlake('app', READER);
    story.write('db', poison);
    story.secrets('db = { file = "db" }');
  });
  afterAll(async () => {
    isOver = true;
    await story.cleanUp();
  });

  test('is nowhere but in its source and in the guest', async () => {
    const watching = watch();
    const output: string[] = [];
    const keep = async (args: readonly string[]) => {
      const { stdout, stderr } = await story.pets(args);
      output.push(stdout, stderr);
    };
    await keep(['diff', '--json']);
    for (const mode of ['json', 'plain', 'quiet', 'tty']) {
      story.write('db', `${poison} ${mode}`);
      await keep(['diff', '--json']);
      await keep(['up', '--progress', mode]);
    }
    expect(await story.inside('app', 'cat', '/run/credentials/reader.service/db')).toBe(`${poison} tty`);
    // A run that fails with it.
    story.plainFlake(
      'app',
      `${READER} systemd.services.reader.serviceConfig.ExecStartPre = "/bin/sh -c 'cat /run/credentials/reader.service/db; exit 1'";`,
    );
    story.write('db', `${poison} failing`);
    await keep(['up']);
    await keep(['config', '--json']);
    await keep(['ps', '--json']);
    isOver = true;
    await watching;

    const system = await story.inside('app', 'readlink', '-f', '/run/current-system');
    const closure = (await must('nix-store', ['--query', '--requisites', system])).split('\n');
    const store = await run('grep', [
      '-rlF',
      '--',
      poison,
      ...closure.filter((path) => !path.includes('userland')),
    ]);
    const instance = await must('incus', ['config', 'show', '--expanded', story.name('app')]);
    const operations = await must('incus', ['query', '/1.0/operations?recursion=2']);
    const log = await run('grep', ['-rlF', '--', poison, '/var/log/incus']);
    expect(output.filter((text) => text.includes(poison))).toEqual([]);
    expect([...seen]).toEqual([]);
    expect(store.stdout).toBe('');
    expect(instance).not.toContain(poison);
    expect(operations).not.toContain(poison);
    expect(log.stdout).toBe('');
    const state = await run('grep', ['-rlF', '--', poison, story.state]);
    expect(state.stdout).toBe('');
  });

  test('has a fingerprint in the record that the plan does not show', async () => {
    const [instance] = await story.instances();
    const { facets } = JSON.parse(instance?.config['user.pets.applied'] ?? '{}') as {
      facets: { secrets: Record<string, string> };
    };
    const [field = ''] = Object.values(facets.secrets);
    expect(field).toMatch(/^v1:[0-9a-f]{32} 0400 root$/);
    story.write('db', 'another');
    expect((await story.pets(['diff', '--json'])).stdout).not.toMatch(/v1:[0-9a-f]/);
  });
});

function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    // The process has ended, or is the kernel's.
    return '';
  }
}
