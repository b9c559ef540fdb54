import { describe, expect, test } from '@jest/globals';
import { desiredFrom } from '../../../src/manifest/desired.js';
import { emptyLock } from '../../../src/manifest/lock.js';
import { manifestOf, problemsIn } from '../reading.js';

const textOf = (secrets: string) =>
  `project = "x"\n[apps.web]\nflake-ref = "github:a/b"\nsecrets = ${secrets}\n`;
const secretsOf = (secrets: string) => manifestOf(textOf(secrets)).apps[0]?.secrets;

test.each([
  ['{ file = "./db" }', { kind: 'file', file: { written: './db', path: '/srv/homelab/db' } }],
  [
    '{ sops = "s.yaml", key = "a.0.b" }',
    { kind: 'sops', file: { written: 's.yaml', path: '/srv/homelab/s.yaml' }, key: 'a.0.b' },
  ],
  ['{ env = "DB_PASSWORD" }', { kind: 'env', variable: 'DB_PASSWORD' }],
  ['{ command = ["pass", "show", ""] }', { kind: 'command', command: ['pass', 'show', ''] }],
  ['{ generate = true }', { kind: 'generate', length: 32 }],
  ['{ generate = true, length = 64 }', { kind: 'generate', length: 64 }],
])('%s', (written, source) => {
  expect(secretsOf(`{ db = ${written} }`)).toEqual([{ name: 'db', source, mode: '0400', owner: 'root' }]);
});

test('mode and owner; sorted by name', () => {
  const all = secretsOf(
    '{ b = { env = "B", mode = "440", owner = "web" }, a = { env = "A", owner = 1000 } }',
  );
  expect(all).toMatchObject([
    { name: 'a', mode: '0400', owner: 1000 },
    { name: 'b', mode: '0440', owner: 'web' },
  ]);
});

test.each([
  ['{ db = {} }', 'apps.web.secrets.db: exactly one of `file`'],
  ['{ db = { env = "A", file = "b" } }', 'apps.web.secrets.db.env: a secret has exactly one of'],
  ['{ db = { sops = "b" } }', 'apps.web.secrets.db: `key` is missing'],
  ['{ db = { env = "A", key = "b" } }', 'apps.web.secrets.db.key: has no effect without `sops`'],
  ['{ db = { env = "A", length = 9 } }', 'apps.web.secrets.db.length: has no effect without `generate`'],
  ['{ db = { env = "$A" } }', 'expected the name of a variable'],
  ['{ db = { command = [] } }', 'the first word is the program'],
  ['{ db = { command = "pass show db" } }', 'expected a list of a program and its arguments'],
  ['{ db = { generate = false } }', 'expected true, got false'],
  ['{ db = { generate = true, length = 4 } }', 'expected a number from 8 to 1024'],
  ['{ db = { env = "A", mode = "r--" } }', 'expected permissions'],
  ['{ db = { env = "A", owner = "Web Site" } }', 'expected the name of a user or a uid'],
  ['{ db = { env = "A", owner = -1 } }', 'expected the name of a user or a uid'],
  ['{ db = { sops = "a", key = "a..b" } }', 'expected names with dots between them'],
  ['{ "../x" = { env = "A" } }', 'a secret has a name of'],
  ['{ db = { fiel = "A" } }', 'unknown key'],
])('%s is refused', (secrets, words) => {
  expect(problemsIn(textOf(secrets))).toContain(words);
});

describe('what was read', () => {
  const manifest = manifestOf(textOf('{ db = { file = "db" }, up = { env = "UP" } }'));
  const desired = (secrets: Parameters<typeof desiredFrom>[1]['secrets']) => {
    const rest = { lock: emptyLock, contentHashes: {}, fileHashes: {}, paths: {}, platform: 'p' };
    const [app] = desiredFrom(manifest, { ...rest, secrets }).apps;
    if (!app) throw new Error('no app');
    return app;
  };

  test('is a facet of fingerprints with mode and owner; where it comes from is not in what is wanted', () => {
    const app = desired({ web: { db: { fingerprint: 'v1:a' }, up: { fingerprint: 'v1:b' } } });
    expect(app.facets.secrets).toEqual({ 'secret.db': 'v1:a 0400 root', 'secret.up': 'v1:b 0400 root' });
    expect(app.secrets).toEqual([
      { name: 'db', mode: '0400', owner: 'root' },
      { name: 'up', mode: '0400', owner: 'root' },
    ]);
  });

  test('and failed is a problem at the key of its source', () => {
    const app = desired({
      web: {
        db: { problem: { code: 'secret-missing', message: 'there is no db' } },
        up: { fingerprint: 'v1:b' },
      },
    });
    expect(app.problems).toEqual([
      {
        code: 'secret-missing',
        message: 'there is no db',
        app: 'web',
        path: ['apps', 'web', 'secrets', 'db', 'file'],
      },
    ]);
  });
});
