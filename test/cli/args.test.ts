import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { run } from '../../src/cli/args.js';
import { wantsColor, type Context } from '../../src/runtime/context.js';
import { flag, withRunOptions } from '../../src/cli/options.js';
import { FREE_VERBS } from '../../src/cli/verbs.js';
import { VariableCommand } from '../../src/cli/variables.js';
import { EXIT, formatProblem, ProblemError } from '../../src/domain/problem.js';
import { written } from '../written.js';

let env: Record<string, string> = {};
function variable(name: string, value: string): void {
  env[name] = value;
}
afterEach(() => {
  env = {};
});

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pets-args-'));
  const apps = ['web', 'db'].map((name) => `[apps.${name}]\nflake-ref = "github:a/b"\ntags = ["public"]\n`);
  writeFileSync(join(folder, 'pets.toml'), `project = "p"\n${apps.join('')}`);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

async function pets(...argv: string[]): Promise<{ code: number; out: string }> {
  const stdout = new PassThrough();
  const { stderr } = process;
  const context: Context = {
    cwd: folder,
    argv,
    freeVerbs: FREE_VERBS,
    env,
    stdin: () => process.stdin,
    stdout,
    stderr,
    draining: (work) => work(new AbortController().signal),
  };
  let code: number;
  try {
    code = await run(argv, context);
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    return { code: error.exitCode, out: error.problems.map((problem) => formatProblem(problem)).join('\n') };
  }
  return { code, out: await written(stdout) };
}

describe('usage', () => {
  test.each([
    [['upp'], 'pets: there is no command "pets upp"; did you mean `up`?', 'usage: pets <command> [options]'],
    [['volume', 'lss'], 'there is no command "pets volume lss"; did you mean `ls`?', 'usage: pets volume '],
    [['_complete'], 'there is no command "pets _complete"', '`pets help` lists the commands'],
    [
      ['up', '--prun'],
      '`pets up` has no option "--prun"; did you mean `--prune`?',
      'usage: pets up [options] [app...]',
    ],
    [['--json', 'ps'], 'the option `--json` comes after its command', 'usage: pets ps [options]'],
    [['-f', 'x.toml', 'up'], 'the option `-f` comes after its command', 'usage: pets up'],
    [['--jsn'], '`pets` has no option "--jsn"', '`pets help` lists the commands'],
    [['up', '--jobs', '0'], '`-j, --jobs <n>` cannot be "0": expected a whole number from 1', 'pets help up'],
    [['up', '--timeout', "5' minutes"], `cannot be "5' minutes": expected a duration`, 'usage: pets up'],
    [['down', '--lock-wait', 'long'], 'expected a duration', 'usage: pets down [options]'],
    [['diff', '--progress', 'loud'], 'cannot be "loud": expected auto, tty, plain, json, quiet', 'usage: '],
    [['diff', '--file'], 'the option `-f, --file <path>` needs a value', 'usage: pets diff'],
    [
      ['completion', 'tcsh'],
      '`<shell>` cannot be "tcsh": expected bash, zsh, fish',
      'usage: pets completion',
    ],
    [['down', 'web'], '`pets down` takes no arguments; "web" is too much', '`pets rm` removes single apps'],
    [['history'], '`pets history` needs <app>', 'usage: pets history [options] <app>'],
    [
      ['backup', '--keep', '0'],
      '`--keep <n>` cannot be "0": expected a whole number from 1',
      'usage: pets backup',
    ],
    [['history'], '', 'there are: db, web\n'],
    [['rm'], '`pets rm` needs at least one <app>', 'there are: db, web\n'],
    [
      ['exec', 'web'],
      '`pets exec` needs at least one <command>',
      'usage: pets exec [options] <app> <command...>',
    ],
    [['completion'], '`pets completion` needs <shell>', 'there are: bash, zsh, fish'],
    [
      ['restore', 'web', '1', '2', '\u001b[1m'],
      '`pets restore` takes 2 arguments; "2", "\\u001b[1m" is too much',
      '',
    ],
    [['help', 'upp'], 'there is no command "pets upp"; did you mean `up`?', '`pets help` lists the commands'],
    [['help', 'up', 'web'], 'there is no command "pets up web"', ''],
    [['help', '__complete'], 'there is no command', ''],
    [['version', 'up'], '`pets version` takes no arguments', ''],
  ])('pets %j: 64, %s, %s', async (argv, message, hint) => {
    const { code, out } = await pets(...argv);
    expect(code).toBe(EXIT.usage);
    expect(`${out}\n`).toContain(message);
    expect(`${out}\n`).toContain(hint);
    // Words of the library that takes the command line apart.
    expect(out).not.toMatch(
      /error:|required argument|too many arguments|Allowed choices|unknown (option|command)/,
    );
  });

  test('a variable is named as such', async () => {
    variable('PETS_JOBS', 'many');
    const { code, out } = await pets('up');
    expect(code).toBe(EXIT.usage);
    expect(out).toContain('`PETS_JOBS` cannot be "many": expected a whole number from 1');
  });

  test('of many names none is shown', async () => {
    const apps = Array.from({ length: 13 }, (_, n) => `[apps.a${n}]\nflake-ref = "github:a/b"\n`);
    const file = join(folder, 'many.toml');
    writeFileSync(file, `project = "p"\n${apps.join('')}`);
    const { out } = await pets('history', '--file', file);
    expect(out).toContain('needs <app>');
    expect(out).not.toContain('there are');
  });

  test('without a manifest only the usage is shown', async () => {
    const { code, out } = await pets('history', '--file', join(folder, 'none.toml'));
    expect(code).toBe(EXIT.usage);
    expect(out).not.toContain('there are');
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
    for (const word of ['--version', '-v', '-V', 'version'])
      expect(await pets(word)).toEqual({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  });

  test.each([
    [[], ['--help']],
    [['--'], ['--help']],
    [['help'], ['--help']],
    [
      ['help', 'up'],
      ['up', '--help'],
    ],
    [
      ['help', 'plan'],
      ['diff', '--help'],
    ],
    [['volume'], ['volume', '--help']],
    [
      ['help', 'volume'],
      ['volume', '--help'],
    ],
    [
      ['help', 'volume', 'rm'],
      ['volume', 'rm', '--help'],
    ],
  ])('pets %j is pets %j', async (argv, same) => {
    const shown = await pets(...argv);
    expect(shown).toEqual(await pets(...same));
    expect(shown.code).toBe(0);
    expect(shown.out).toContain('Usage: pets');
  });
});

describe('--help', () => {
  test('has each command in a group, by what it is for', async () => {
    const { out } = await pets('--help');
    const headings = [...out.matchAll(/^(\w[\w ]*):$/gm)].map((match) => match[1]);
    expect(headings).toEqual(['Options', 'Run', 'Look', 'Data', 'Write', 'Host', 'Examples']);
    for (const [heading, first] of [
      ['Run', 'up'],
      ['Look', 'diff|plan'],
      ['Data', 'backup'],
      ['Write', 'init'],
      ['Host', 'doctor'],
    ] as const)
      expect(out).toContain(`\n${heading}:\n  ${first} `);
    expect(out).not.toContain('-V');
  });

  test("has a verb's own options before those of all", async () => {
    const { out } = await pets('up', '--help');
    const at = [
      '\nOptions:\n',
      '--prune',
      '--help',
      '\nOptions of each run:\n',
      '--jobs',
      '\nOptions of each command:\n',
      '--file',
    ];
    const places = at.map((text) => out.indexOf(text));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(places).not.toContain(-1);
  });
});

describe('variables', () => {
  const parse = (...argv: string[]) =>
    withRunOptions(new VariableCommand(env))
      .addOption(flag('--prune', '').default(false))
      .exitOverride()
      .parse(argv, { from: 'user' })
      .opts();

  test('are those of the context, not of the process', () => {
    process.env['PETS_JOBS'] = '3';
    try {
      expect(parse()).toMatchObject({ jobs: 8 });
    } finally {
      delete process.env['PETS_JOBS'];
    }
  });

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
