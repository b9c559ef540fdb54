import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { CREDSTORE, READER, SecretStory } from './secret-story.js';
import { ageKey, sopsFile, writeSops } from './sops-file.js';

describe('a secret', () => {
  const story = new SecretStory('sops');

  beforeAll(async () => {
    story.plainFlake('app', READER);
    // The app has it from a plain file before it has it from sops.
    story.write('db', 'first');
    story.secrets('db = { file = "db" }');
    await story.ok(['up']);
  });
  afterAll(() => story.cleanUp());

  test('of a sops file with age is there, and another value in it is a change', async () => {
    const { identity, recipient } = await ageKey();
    const file = async (db: string) => {
      story.write('secrets.yaml', await sopsFile({ of: { db }, pin: 4711 }, recipient));
    };
    story.write('keys', identity);
    mkdirSync(join(story.folder, '.bin'));
    writeSops(join(story.folder, '.bin'));
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
    ['{ file = "." }', 'is a folder, not a regular file'],
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
    expect(existsSync(join(story.state, story.project))).toBe(false);
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
