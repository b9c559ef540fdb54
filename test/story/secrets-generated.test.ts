import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CREDSTORE, READER, SecretStory } from './secret-story.js';

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
