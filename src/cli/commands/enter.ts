import { execCommand } from '../../incus/client/enter.js';
import type { Runtime } from '../../runtime/runtime.js';
import { runningPet } from '../../runtime/pets.js';

export type ExecOptions = { readonly stdin: boolean };

/** Runs a command as root in a pet, on a terminal where we have one: its own exit code. */
export async function exec(
  runtime: Runtime,
  options: ExecOptions,
  name: string,
  command: readonly string[],
): Promise<number> {
  const pet = await runningPet(runtime, name);
  return runtime.draining((stop) =>
    runtime.programs.foreground(execCommand(pet.name, command), stop, options.stdin ? 'inherit' : 'ignore'),
  );
}

/** A login shell of root's, with what the guest's profile sets up. */
export function shell(runtime: Runtime, options: object, name: string): Promise<number> {
  return exec(runtime, { ...options, stdin: true }, name, ['su', '--login']);
}
