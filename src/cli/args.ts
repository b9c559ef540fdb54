import { CommanderError, Option } from 'commander';
import { EXIT, ProblemError } from '../domain/problem.js';
import { VERSION } from '../domain/version.js';
import type { Context } from '../runtime/context.js';
import { asTyped, typedFor, type Typed } from '../runtime/typed.js';
import type { Ends } from './command-line.js';
import { examples, layout } from './help-layout.js';
import { VariableCommand } from './variables.js';
import { FREE_VERBS, verbsFor } from './verbs.js';

/** Runs the verb that `argv` (without node and script) names. Wrong usage is a ProblemError with exit code 64. */
export async function run(
  argv: readonly string[],
  around: Omit<Context, 'argv' | 'freeVerbs'>,
): Promise<number> {
  const context = { ...around, argv, freeVerbs: FREE_VERBS };
  let code: number = EXIT.ok;
  const ends: Ends = async (result) => {
    code = await result;
  };
  const program = await commandLine(context, ends);
  let typed: Typed = (text) => text;
  program.hook('preAction', (_, verb) => {
    typed = typedFor(verb.opts(), context);
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof ProblemError) throw asTyped(error, typed);
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return EXIT.ok;
    const { help, usageError } = await loadCommands();
    // It needs a command below it, and got none.
    if (error.code === 'commander.help')
      return help(
        argv.filter((word) => word !== '--'),
        program,
      );
    throw await usageError(error, program, context);
  }
}

/**
 * The commands that `context.argv` needs, with their options; all of them for no words: help, completion and the manual
 * page are made from this.
 */
export async function commandLine(context: Context, ends: Ends): Promise<VariableCommand> {
  const program = programFor(context);
  const groups = verbsFor(context.argv);
  if (groups.length === 0) return program;
  const commands = await loadCommands();
  const line = commands.commandLineOf(program, context, ends);
  for (const [heading, adders] of groups) {
    program.commandsGroup(heading);
    for (const adder of adders) commands[adder](line);
  }
  return program;
}

/** They need nearly all of pets, which takes longer to load than the version takes to tell. */
function loadCommands(): Promise<typeof import('./commands/index.js')> {
  return import('./commands/index.js');
}

function programFor({ stdout, env }: Context): VariableCommand {
  return (
    new VariableCommand(env, 'pets')
      .description(
        'Compose for NixOS services on Incus: pets.toml says what should run, `pets up` makes it so.',
      )
      .usage('<command> [options]')
      .version(VERSION, '-v, --version', 'print the version')
      .addHelpOption(new Option('-h, --help', 'show this help'))
      .helpCommand(false)
      // What comes after the command that `exec` runs is for that.
      .enablePositionalOptions()
      .configureOutput({ writeOut: (text) => stdout.write(text), writeErr: () => undefined })
      .configureHelp(layout)
      .exitOverride()
      .addHelpText(
        'after',
        examples(
          'pets diff    # what would `up` do?',
          'pets up      # do it',
          'pets ps      # what is running, and where',
        ),
      )
  );
}
