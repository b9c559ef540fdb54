import type { Runtime } from '../../runtime/runtime.js';
import { runningPet } from '../../runtime/pets.js';
import type { CommandLine } from '../command-line.js';
import { examples, flag, withGlobalOptions } from '../options.js';

type ExecOptions = { readonly stdin: boolean };

export function addExec({ program, actionOf }: CommandLine): void {
  withGlobalOptions(program.command('exec <app> <command...>'))
    .summary('run a command in an app')
    .description(
      'Runs a command as root in the container of an app, on a terminal where there is one, and ends with its exit code. No shell looks at it.',
    )
    .addOption(flag('-n, --no-stdin', 'leave standard input alone, as in a loop that reads from it'))
    .passThroughOptions()
    .addHelpText(
      'after',
      examples(
        'pets exec web -- systemctl status',
        'pets exec db -- pg_dump app > app.sql',
        'while read app; do pets exec -n $app -- uptime; done < apps',
      ),
    )
    .action(actionOf(exec));
}

/** Runs a command as root in a pet, on a terminal where we have one: its own exit code. */
export async function exec(
  runtime: Runtime,
  options: ExecOptions,
  name: string,
  command: readonly string[],
): Promise<number> {
  const line = command[0] === '--' ? command.slice(1) : command;
  const pet = await runningPet(runtime, name);
  const { attach } = runtime.daemons.of(pet.name);
  const code = await runtime.foreground(
    { attach, app: pet.name, command: line },
    options.stdin ? 'inherit' : 'ignore',
  );
  const why = NOT_RUN[code];
  if (why !== undefined) runtime.output.notice('note', `\`${line[0] ?? ''}\` ended with ${code}: ${why}`);
  return code;
}

/** What the daemon says of a command that it could not run, in the codes of a shell. */
const NOT_RUN: Readonly<Record<number, string | undefined>> = {
  126: 'it cannot be executed',
  127: 'there is no such command',
};
