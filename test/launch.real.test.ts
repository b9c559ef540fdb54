import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { COMPILED } from '../src/launch.js';
import { ROOT, TYPESCRIPT } from './support/places.js';

/** Says on stderr what a run has loaded: chunks, and Node's own modules. */
const WATCHER = `
import { launch } from './src/launch.js';
const chunks = [];
launch(process.env.PETS_DIST, 'main.cjs', (script, path) => chunks.push([path, script.cachedDataRejected ?? null]));
process.on('exit', () => {
  const builtins = process.moduleLoadList.map((name) => name.replace(/^NativeModule /, ''));
  process.stderr.write(JSON.stringify({ chunks, builtins }));
});
`;
type Seen = {
  readonly chunks: readonly [path: string, isRejected: boolean | null][];
  readonly builtins: readonly string[];
};

let folder = '';
let dist = '';
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'pets-launch-'));
  dist = join(folder, 'dist');
  execFileSync(process.execPath, [...TYPESCRIPT, 'scripts/build.ts', dist], { cwd: ROOT });
  const stdin = { contents: WATCHER, resolveDir: ROOT };
  await build({ stdin, outfile: join(folder, 'watcher.cjs'), bundle: true, platform: 'node', format: 'cjs' });
  writeFileSync(join(folder, 'pets.toml'), 'project = "p"\n[apps.a]\nflake-ref = "github:a/b"\n');
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function pets(args: readonly string[], program = join(dist, 'pets.cjs'), options: readonly string[] = []) {
  const env = { PETS_DIST: dist, INCUS_SOCKET: join(folder, 'none'), PETS_STATE_DIR: join(folder, 'state') };
  return spawnSync(process.execPath, [...options, program, ...args], { cwd: folder, env, encoding: 'utf8' });
}

/** What a run reads of the program, and what is in it. */
function loadedBy(...args: readonly string[]) {
  const { stderr } = pets(args, join(folder, 'watcher.cjs'));
  const { chunks, builtins } = JSON.parse(stderr.slice(stderr.indexOf('{"chunks"'))) as Seen;
  const text = chunks.map(([path]) => readFileSync(path, 'latin1')).join('');
  return {
    files: chunks.length,
    bytes: text.length,
    text,
    builtins,
    rejected: chunks.filter(([, no]) => no !== false),
  };
}

/** Found in what is built of it, and in nothing else. */
const MARKS = { ws: 'Sec-WebSocket-Key', execa: 'ipcInput', toml: 'unterminated-string', ink: 'yoga' };
const marked = (text: string) =>
  Object.entries(MARKS).flatMap(([name, mark]) => (text.includes(mark) ? [name] : []));

describe('a run loads what it needs', () => {
  test.each([
    [['--version'], { files: 6, bytes: 60_000 }],
    [['__complete', '--', 'up', '--'], { files: 12, bytes: 750_000 }],
    [['--help'], { files: 12, bytes: 750_000 }],
    [['config'], { files: 12, bytes: 750_000 }],
    [['diff'], { files: 12, bytes: 750_000 }],
  ])('%j: at most %j', (args, most) => {
    const { files, bytes, text, rejected } = loadedBy(...args);
    expect(files).toBeLessThanOrEqual(most.files);
    expect(bytes).toBeLessThanOrEqual(most.bytes);
    expect(marked(text).filter((name) => name !== 'toml')).toEqual([]);
    expect(rejected).toEqual([]);
  });

  test('to tell the version, hardly anything', () => {
    const { text, builtins } = loadedBy('--version');
    expect(marked(text)).toEqual([]);
    expect(builtins.filter((name) => /^(child_process|crypto|http)$/.test(name))).toEqual([]);
  });

  test('what is looked for is there to be found', () => {
    const all = readdirSync(dist).filter((name) => /\.[cm]js$/.test(name));
    const read = (name: string) => readFileSync(join(dist, name), 'latin1');
    expect(marked(all.map(read).join(''))).toEqual(Object.keys(MARKS));
    // The launcher reads bytes as characters.
    expect(all.filter((name) => name.endsWith('.cjs') && /[^\0-\x7f]/.test(read(name)))).toEqual([]);
  });
});

const seenOf = () =>
  readdirSync(dist).map((name) => [
    name,
    statSync(join(dist, name)).mtimeMs,
    statSync(join(dist, name)).size,
  ]);

type Spoil = (path: string) => void;
test.each<[string, Spoil]>([
  ['of another Node', rmSync],
  [
    'cut off',
    (path) => {
      writeFileSync(path, readFileSync(path).subarray(0, 100));
    },
  ],
  [
    'empty',
    (path) => {
      writeFileSync(path, '');
    },
  ],
  [
    'of another file',
    (path) => {
      writeFileSync(path, readFileSync(join(folder, 'kept', `main.cjs${COMPILED}`)));
    },
  ],
])('where what was compiled is %s, pets runs without it and writes nothing', (_, spoil) => {
  const kept = join(folder, 'kept');
  cpSync(dist, kept, { recursive: true });
  const chunks = readdirSync(dist).filter((name) => name.endsWith('.v8') && !name.startsWith('main.'));
  for (const name of chunks) spoil(join(dist, name));
  const before = seenOf();
  const { stdout, stderr, status } = pets(['ps', '--help']);
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  expect(stdout).toContain('Usage: pets ps|list');
  expect(seenOf()).toEqual(before);
  rmSync(dist, { recursive: true });
  cpSync(kept, dist, { recursive: true });
});

test('a link to where the program was once starts it too', () => {
  const { stdout, stderr } = pets(['--version'], join(dist, 'pets.mjs'));
  expect({ stdout, stderr }).toEqual({ stdout: pets(['--version']).stdout, stderr: '' });
});

/** What it asks a daemon is answered by nobody, and nothing is left that could go on. */
const NO_ANSWER = `
const request = () => new (require('node:stream').PassThrough)();
require('node:http').request = () => Object.assign(request(), { setTimeout() {} });
`;

test('a run that nothing brings to its end does not pass for one that ended well', () => {
  writeFileSync(join(folder, 'no-answer.cjs'), NO_ANSWER);
  const { status, stdout, stderr } = pets(['ps'], join(dist, 'pets.cjs'), [
    '-r',
    join(folder, 'no-answer.cjs'),
  ]);
  expect({ status, stdout }).toEqual({ status: 70, stdout: '' });
  expect(stderr).toContain('it waits for something that nothing brings about any more');
});
