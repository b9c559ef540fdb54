import { execCommand } from '../../incus/client/enter.js';
import type { Context, GlobalOptions } from '../../runtime/context.js';
import { runningPet } from '../../runtime/pets.js';

export type ExecOptions = GlobalOptions & { readonly stdin: boolean };

/** Runs a command as root in a pet, on a terminal where we have one: its own exit code. */
export async function exec(
  name: string,
  command: readonly string[],
  options: ExecOptions,
  context: Context,
): Promise<number> {
  const pet = await runningPet(name, options, context);
  const { foreground } = await import('../../lib/processes.js');
  return context.draining((stop) =>
    foreground(execCommand(pet.name, command), stop, options.stdin ? 'inherit' : 'ignore'),
  );
}

/** A login shell of root's, with what the guest's profile sets up. */
export function shell(name: string, options: GlobalOptions, context: Context): Promise<number> {
  return exec(name, ['su', '--login'], { ...options, stdin: true }, context);
}
