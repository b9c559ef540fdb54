import { describe, expect, test } from '@jest/globals';
import { APP, BELOW, TOP } from '../../../src/manifest/keys/brought-keys.js';
import { problemsIn } from '../reading.js';

const HEAD = 'project = "p"\n[apps.db]\nflake-ref = "github:a/b"\n[apps.web]\n';
/** What makes a table of an app whole, with a key that is looked at. */
const TABLES: Readonly<Record<string, (line: string) => string>> = {
  health: (line) => `[apps.web.health]\n${line.startsWith('timeout') ? `tcp = true\n${line}` : line}`,
  publish: (line) => `[[apps.web.publish]]\n${line.startsWith('port') ? line : `port = 7000\n${line}`}`,
  volumes: (line) => `[apps.web.volumes.data]\n${line.startsWith('path') ? line : `path = "/data"\n${line}`}`,
  secrets: (line) => `[apps.web.secrets.db]\n${/^(file|env)/.test(line) ? line : `generate = true\n${line}`}`,
  limits: (line) => `[apps.web.limits]\n${line}`,
};

/** What is said of a key that nobody here has. */
function hintOf(manifest: string): string {
  const said = problemsIn(manifest);
  expect(said).toContain('unknown key');
  const [own = ''] = (said.split('unknown key')[1] ?? '').split('\npets.toml:');
  return (own.split('  hint: ')[1] ?? '').replaceAll('\n        ', '\n');
}

const lineOf = (hint: string) => /^instead(?: in \[apps\.web\])?: ([^]*)/.exec(hint)?.[1] ?? '';
/** The lines of a hint that are TOML; what explains them comes after. */
const tomlOf = (hint: string) =>
  lineOf(hint)
    .split('\n')
    .filter((line) => /^[\w."<>-]+ = /.test(line))
    .join('\n');
const source = (line: string) => (line.includes('flake-ref') ? line : `flake-ref = "github:a/b"\n${line}`);

describe('of an app', () => {
  test.each(Object.keys(APP))('%s: what is to be written is a manifest', (key) => {
    const hint = hintOf(`${HEAD}flake-ref = "github:a/b"\n${key} = true\n`);
    expect(hint).not.toBe('');
    expect(problemsIn(`${HEAD}${source(tomlOf(hint))}\n`)).toBe('ok');
  });

  test.each([
    ['environment = { A = "b" }', 'nixos.systemd.services.web.environment.KEY = "value"'],
    ['env = ["A=b"]', 'nixos.systemd.services.web.environment.KEY'],
    ['env_file = ".env"', 'secrets.env = { file = "./secrets/env" }'],
    ['depends_on = ["db"]', 'after = ["db"]'],
    ['dependsOn = { db = { condition = "service_healthy" } }', 'after = ["db"]'],
    ['depends-on = true', 'after = ["db"]'],
    ['restart = "always"', 'nixos.systemd.services.web.serviceConfig.Restart = "always"'],
    ['healthcheck = { test = "curl" }', 'health = { path = "/healthz" }'],
    ['ports = ["8080:80"]', 'publish = [{ port = 7700, to = 80 }]'],
    ['to = 80', '`port` leads to 8080 in the app'],
    ['hostname = "x"', 'are called as the table is'],
    ['user = "1000"', 'nixos.systemd.services.web.serviceConfig.User'],
    ['privileged = true', 'no pet is privileged'],
    ['build = "."', 'flake-ref = "./web"'],
    ['command = ["a"]', 'a pet has no command of its own'],
    ['ulimits = { nofile = 1 }', 'LimitNOFILE'],
    ['devices = ["/dev/net/tun"]', 'incus.devices.tun = { type = "unix-char", path = "/dev/net/tun" }'],
  ])('%s: %s', (line, expected) => {
    const hint = hintOf(`${HEAD}flake-ref = "github:a/b"\n${line}\n`);
    expect(hint).toContain(expected);
    expect(hint).not.toContain('did you mean');
  });

  test('a name that needs quotes has them; in [defaults] no app is named', () => {
    const env = 'env = "x"\n';
    expect(hintOf(`project = "p"\n[apps."a b"]\n${env}`)).toContain('services."a b".environment');
    expect(hintOf(`project = "p"\n[defaults]\n${env}`)).toContain(
      'instead in [apps.<name>]: nixos.systemd.services.<name>.',
    );
  });

  test('an image of Docker alone is no app', () => {
    expect(problemsIn(`${HEAD}image = "nginx"\n`)).toContain(
      '`image` is only what a store of its own begins with',
    );
  });
});

describe.each(Object.entries(BELOW))('of %s', (table, answers) => {
  test.each(Object.keys(answers))('%s: what is to be written is a manifest', (key) => {
    const inTable = TABLES[table] ?? String;
    const hint = hintOf(`${HEAD}flake-ref = "github:a/b"\n${inTable(`${key} = true`)}\n`);
    expect(hint).not.toBe('');
    const line = tomlOf(hint);
    const isApps = hint.startsWith('instead in [apps.web]: ');
    const manifest = isApps ? source(line) : `flake-ref = "github:a/b"\n${line === '' ? '' : inTable(line)}`;
    expect(problemsIn(`${HEAD}${manifest}\n`)).toBe('ok');
  });
});

test.each(Object.keys(TOP))('at the top, %s has an answer', (key) => {
  expect(hintOf(`${key} = {}\nproject = "p"\n`)).not.toBe('');
});

test.each([
  ['[services.web]\n', 'apps are written [apps.web]'],
  ['[web]\n', 'apps are written [apps.web]'],
  ['version = "3"\n', 'take the key out'],
])('at the top, %j: %s', (text, expected) => {
  expect(hintOf(text.startsWith('[') ? `project = "p"\n${text}` : `${text}project = "p"\n`)).toContain(
    expected,
  );
});

test('keys that are like inherited properties have no answer', () => {
  expect(hintOf(`${HEAD}flake-ref = "github:a/b"\nconstructor = 1\n`)).toBe('');
});
