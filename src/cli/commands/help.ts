import { type Command, CommanderError, Option } from 'commander';
import { EXIT, ProblemError, type ExitCode } from '../../domain/problem.js';
import type { CommandLine } from '../command-line.js';
import { examples } from '../options.js';
import { unknownCommand } from '../usage.js';
import { VERSION } from '../../domain/version.js';

/** `pets help up` and `pets version`, for those who know them from elsewhere; `-V` is what `-v` was called once. */
export function addHelp({ program, context: { stdout } }: CommandLine): void {
  program
    .command('help [command...]')
    .summary('show what a command does, its options and examples')
    .addHelpText('after', examples('pets help', 'pets help up', 'pets help volume rm'))
    .action((names: string[]) => {
      help(names, program);
    });
  program
    .command('version')
    .summary('print the version')
    .addHelpText('after', examples('pets version'))
    .action(() => {
      stdout.write(`${VERSION}\n`);
    });
  program.addOption(new Option('-V').hideHelp()).on('option:V', () => {
    stdout.write(`${VERSION}\n`);
    throw new CommanderError(EXIT.ok, 'commander.version', VERSION);
  });
}

/** The help of the command that the names lead to, on stdout; none is a ProblemError. */
export function help(names: readonly string[], program: Command): ExitCode {
  let command = program;
  for (const name of names) {
    const below = command.createHelp().visibleCommands(command);
    const found = below.find((one) => [one.name(), ...one.aliases()].includes(name));
    if (!found) {
      const hint = '`pets help` lists the commands';
      throw new ProblemError({ code: 'usage', message: unknownCommand(name, command), hint }, EXIT.usage);
    }
    command = found;
  }
  command.outputHelp();
  return EXIT.ok;
}
