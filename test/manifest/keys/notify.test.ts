import { expect, test } from '@jest/globals';
import { readManifest } from '../../../src/manifest/read.js';
import { problemsIn } from '../reading.js';

const textOf = (notify: string) => `project = "x"\n[notify]\n${notify}\n`;
function notifyOf(text: string) {
  const read = readManifest(text, { file: 'pets.toml', directory: '/srv/homelab' });
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  return read.notify;
}
const ALL = [
  ...['failed', 'rolled-back', 'unhealthy', 'drift', 'backup-failed', 'backup-late'],
  ...['update-failed', 'update-held', 'disk-full', 'cannot-run', 'mended'],
];

test('nobody is told where nobody is named', () => {
  expect(notifyOf('project = "x"\n')).toBeNull();
});

test.each([
  ['command = ["./tell", "-v"]', { command: ['./tell', '-v'], url: null, format: 'json', on: ALL }],
  [
    'url = "https://ntfy.example/pets"\nformat = "ntfy"',
    { command: null, url: { kind: 'written', url: 'https://ntfy.example/pets' }, format: 'ntfy', on: ALL },
  ],
  [
    'url = { file = "./url" }\non = ["updated", "failed", "failed"]',
    {
      ...{ command: null, format: 'json', on: ['failed', 'updated'] },
      url: { kind: 'file', file: { written: './url', path: '/srv/homelab/url' } },
    },
  ],
  ['url = { env = "NOTIFY_URL" }\non = []', { url: { kind: 'env', variable: 'NOTIFY_URL' }, on: [] }],
  ['url.command = ["pass", "x"]', { url: { kind: 'command', command: ['pass', 'x'] } }],
  ['url = { sops = "s.yaml", key = "a" }', { url: { kind: 'sops', key: 'a' } }],
])('%s', (written, notify) => {
  expect(notifyOf(textOf(written))).toMatchObject(notify);
});

test.each([
  ['', 'notify: `command` or `url` is needed: there is nobody to tell'],
  ['command = []', 'notify.command: the first word is the program'],
  ['command = "tell"', 'notify.command: expected a list of a program and its arguments'],
  ['url = "ntfy.example"', 'notify.url: expected a URL such as'],
  ['url = "file:///etc/passwd"', 'notify.url: expected a URL such as'],
  ['url = "https://me:pw@ntfy.example/"', 'notify.url: a user and a password stand in it'],
  ['url = {}', 'notify.url: exactly one of `file`, `sops`, `env` and `command` is needed'],
  ['url = { env = "A", file = "b" }', 'notify.url.env: a URL has exactly one of'],
  ['url = { generate = true }', 'notify.url.generate: unknown key'],
  ['command = ["a"]\nformat = "ntfy"', 'notify.format: has no effect without `url`'],
  ['url = "http://a/"\nformat = "ntfi"', 'notify.format: expected "json"'],
  ['url = "http://a/"\non = ["test"]', 'notify.on[0]: expected "failed"'],
  ['url = "http://a/"\nto = "b"', 'notify.to: unknown key'],
])('%s is refused', (written, message) => {
  expect(problemsIn(textOf(written))).toContain(message);
});
