import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { commandLine, run } from '../../src/cli/args.js';
import { FREE_VERBS } from '../../src/cli/verbs.js';
import type { Context } from '../../src/runtime/context.js';
import { written } from '../written.js';

const MANIFEST = `project = "p"
[apps.hello]
flake-ref = "github:a/b"
tags = ["public"]
[apps.help]
flake-ref = "github:a/b"
tags = ["public", "slow"]
`;

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pets-complete-'));
  writeFileSync(join(folder, 'pets.toml'), MANIFEST);
  writeFileSync(join(folder, 'other.toml'), 'project = "q"\n[apps.blog]\nflake-ref = "github:a/b"\n');
  writeFileSync(join(folder, 'broken.toml'), 'project = ');
  for (const id of ['20260101T000000Z-0001', '20260102T000000Z-0001'])
    mkdirSync(join(folder, 'state', 'p', 'runs', id), { recursive: true });
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function contextOf(argv: readonly string[]): Context & { readonly stdout: PassThrough } {
  const { stderr } = process;
  const env = { PETS_STATE_DIR: join(folder, 'state'), INCUS_SOCKET: join(folder, 'no.socket') };
  const draining: Context['draining'] = (work) => work(new AbortController().signal);
  const streams = { stdin: () => process.stdin, stdout: new PassThrough(), stderr };
  return { cwd: folder, argv, freeVerbs: FREE_VERBS, env, ...streams, draining };
}

/** The words that are offered for the last one. */
async function offered(...words: readonly string[]): Promise<string[]> {
  const context = contextOf(['__complete', '--', ...words]);
  expect(await run(context.argv, context)).toBe(0);
  const lines = (await written(context.stdout)).split('\n').slice(0, -1);
  return lines.map((line) => line.split('\t')[0] ?? '');
}

describe('what is offered', () => {
  test.each<[string[], string[]]>([
    [['val'], ['validate']],
    [
      ['volume', ''],
      ['ls', 'rm'],
    ],
    [
      ['up', 'he'],
      ['hello', 'help'],
    ],
    [
      ['up', 'hello', ''],
      ['help', '@public', '@slow'],
    ],
    [['up', '@s'], ['@slow']],
    [
      ['history', ''],
      ['hello', 'help'],
    ],
    [['history', 'hello', ''], []],
    [['up', '--jo'], ['--jobs']],
    [['diff', '--exit'], ['--exit-code']],
    [['ps', '--prune'], []],
    [['up', '--color', 'al'], ['always']],
    [['up', '--color=al'], ['--color=always']],
    [['up', '--jobs', ''], []],
    [
      ['up', '--jobs', '4', 'hel'],
      ['hello', 'help'],
    ],
    [
      ['up', '--jobs=4', 'hel'],
      ['hello', 'help'],
    ],
    [['up', '--', '--he'], []],
    [['up', '-f', ''], [':files']],
    [['up', '--file='], [':files']],
    [['up', '--plan', ''], [':files']],
    [['diff', '--out='], [':files']],
    [['show', ''], [':files']],
    [['backup', 'hello', '--output', ''], [':folders']],
    [['up', '-f', 'other.toml', ''], ['blog']],
    [['up', '--file=other.toml', ''], ['blog']],
    [['up', '--file', 'broken.toml', ''], []],
    [
      ['runs', '2026'],
      ['20260102T000000Z-0001', '20260101T000000Z-0001'],
    ],
    [['runs', 'l'], ['last']],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish'],
    ],
    [['no-such-verb', ''], []],
    [['help', 'val'], ['validate']],
    [
      ['help', 'volume', ''],
      ['ls', 'rm'],
    ],
    [['help', 'up', ''], []],
    // The manifest's apps are none of those that `pets deploy` made.
    [['rm', '--deployed', ''], []],
    // No daemon here: nothing, and no word about it.
    [['rollback', 'hello', ''], []],
    [['volume', 'rm', ''], []],
  ])('%j: %j', async (words, expected) => {
    expect(await offered(...words)).toEqual(expected);
  });

  test('of the first word, every command but the hidden ones', async () => {
    const program = await commandLine(contextOf([]), () => Promise.resolve());
    const names = program.commands.map((one) => one.name()).filter((name) => name !== '__complete');
    expect((await offered('')).sort()).toEqual(names.sort());
    expect(await offered('help', '')).toEqual(await offered(''));
  });

  test('every flag of every command, as its help has them', async () => {
    for (const command of (await commandLine(contextOf([]), () => Promise.resolve())).commands) {
      if (['__complete', 'help'].includes(command.name()) || command.commands.length > 0) continue;
      const flags = await offered(command.name(), '-');
      expect(flags.sort()).toEqual([...command.options.map(({ long }) => long), '--help'].sort());
    }
  });

  test('each line says what the word means', async () => {
    const context = contextOf(['__complete', '--', 'sche']);
    await run(context.argv, context);
    expect(await written(context.stdout)).toBe(
      'schema\tprint the JSON Schema of the manifest, for editors\n',
    );
  });
});

test.each(['bash', 'zsh', 'fish'])('the script for %s knows no command: it asks', async (shell) => {
  const context = contextOf(['completion', shell]);
  expect(await run(context.argv, context)).toBe(0);
  const script = await written(context.stdout);
  expect(script).toContain('pets __complete -- ');
  expect(script).not.toMatch(/\b(rollback|--prune)\b/);
});
