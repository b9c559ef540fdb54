import { afterEach, describe, expect, test } from '@jest/globals';
import { PassThrough } from 'node:stream';
import { Command } from 'commander';
import { run } from '../../src/cli/args.js';
import { wantsColor, type Context } from '../../src/cli/context.js';
import { flag, withRunOptions } from '../../src/cli/options.js';
import { EXIT, ProblemError } from '../../src/problem.js';
import { written } from '../written.js';

const set = new Set<string>();
function variable(name: string, value: string): void {
  set.add(name);
  process.env[name] = value;
}
afterEach(() => {
  for (const name of set) Reflect.deleteProperty(process.env, name);
});

async function pets(...argv: string[]): Promise<{ code: number; out: string }> {
  const stdout = new PassThrough();
  const { stdin, stderr } = process;
  const context: Context = {
    cwd: '/',
    argv,
    env: {},
    stdin,
    stdout,
    stderr,
    draining: (work) => work(new AbortController().signal),
  };
  let code: number;
  try {
    code = await run(argv, context);
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    return { code: error.exitCode, out: error.message };
  }
  return { code, out: await written(stdout) };
}

describe('usage', () => {
  test.each([
    [['upp'], "unknown command 'upp' (Did you mean up?)"],
    [['up', '--prun'], "unknown option '--prun' (Did you mean --prune?)"],
    [['up', '--jobs', '0'], 'expected a whole number from 1'],
    [['up', '--timeout', '5 minutes'], 'expected a duration'],
    [['down', '--lock-wait', 'long'], 'expected a duration'],
    [['diff', '--progress', 'loud'], 'Allowed choices are'],
    [['down', 'web'], 'too many arguments'],
    [['backup'], "missing required argument 'app'"],
    [['restore', 'web', '1', '2'], 'too many arguments'],
    [[], 'no command given'],
  ])('pets %j: 64, %s', async (argv, words) => {
    const { code, out } = await pets(...argv);
    expect(code).toBe(EXIT.usage);
    expect(out).toContain(words);
  });

  test('--help has examples, for each verb; --version is a line', async () => {
    for (const verb of [
      'up',
      'diff',
      'down',
      'ps',
      'runs',
      'validate',
      'config',
      'backup',
      'backups',
      'restore',
      'check',
      'init',
    ]) {
      const { code, out } = await pets(verb, '--help');
      expect(code).toBe(0);
      expect(out).toContain(`Examples:\n  $ pets ${verb}`);
    }
    expect((await pets('--version')).out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe('variables', () => {
  const parse = (...argv: string[]) =>
    withRunOptions(new Command())
      .addOption(flag('--prune', '').default(false))
      .exitOverride()
      .parse(argv, { from: 'user' })
      .opts();

  test('stand in for their flags; a flag wins', () => {
    variable('PETS_JOBS', '3');
    variable('PETS_TIMEOUT', '2m');
    expect(parse()).toMatchObject({ jobs: 3, timeout: 120_000 });
    expect(parse('--jobs', '5')).toMatchObject({ jobs: 5 });
    expect(parse()).toMatchObject({ lockWait: 0 });
    variable('PETS_LOCK_WAIT', '1m');
    expect(parse()).toMatchObject({ lockWait: 60_000 });
    expect(parse('--lock-wait', '0')).toMatchObject({ lockWait: 0 });
  });

  test.each([
    ['1', true],
    ['yes', true],
    ['0', false],
    ['false', false],
    ['', false],
    ['NO', false],
  ])('PETS_PRUNE=%s prunes: %s', (value, prune) => {
    variable('PETS_PRUNE', value);
    expect(parse()).toMatchObject({ prune });
  });

  test('PETS_NO_INPUT never asks', () => {
    expect(parse()).toMatchObject({ input: true });
    variable('PETS_NO_INPUT', '1');
    expect(parse()).toMatchObject({ input: false });
  });
});

test.each([
  ['never', { FORCE_COLOR: '1' }, true, false],
  ['always', { NO_COLOR: '1' }, false, true],
  ['auto', { NO_COLOR: '1', FORCE_COLOR: '1' }, true, false],
  ['auto', { FORCE_COLOR: '1' }, false, true],
  ['auto', { FORCE_COLOR: '0' }, true, false],
  ['auto', {}, true, true],
  ['auto', {}, false, false],
  ['auto', { TERM: 'dumb' }, true, false],
] as const)('colour: --color %s, %j, terminal %s: %s', (flagged, env, isTTY, expected) => {
  expect(wantsColor(flagged, env, { isTTY })).toBe(expected);
});
