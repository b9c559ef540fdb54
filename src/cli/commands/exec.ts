import { execCommand } from '../../incus/client/enter.js';
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
  return runtime.draining((stop) =>
    runtime.programs.foreground(execCommand(pet.name, line), stop, options.stdin ? 'inherit' : 'ignore'),
  );
}
