import type { Exec } from '../ports.js';
import type { Process } from './processes.js';
import type { Ill } from './verdict.js';

const INIT = 1;

/** The store paths of a system; null: this host does not know them, as after its garbage was collected. */
export type Closure = () => Promise<ReadonlySet<string> | null>;

/** Both store modes build on this host. Asked for once, when it is needed. */
export function closureOf(toplevel: string, exec: Exec, say: (line: string) => void): Closure {
  let asked: ReturnType<Closure> | undefined;
  const ask = async () => {
    const { exitCode, stdout, stderr } = await exec('nix-store', ['--query', '--requisites', toplevel]);
    if (exitCode === 0) return new Set(stdout.split('\n'));
    say(`cannot tell what ${toplevel} is made of, so what answers is taken to be it: ${stderr.trim()}`);
    return null;
  };
  return () => (asked ??= ask());
}

/**
 * Whether processes are of the new system, by the store paths in their programs and arguments. Where nobody can tell
 * (systemd itself holds the socket, no store path is named) it is enough that the guest runs the new system.
 */
export async function originOf(
  processes: readonly Process[] | null,
  closure: Closure,
): Promise<Ill | 'from its own system' | 'in its own system'> {
  if (!processes) return { ill: 'the guest does not say which process it is' };
  const telling = processes.filter(({ pid, paths }) => pid !== INIT && paths.length > 0);
  const known = telling.length === 0 ? null : await closure();
  if (known === null) return 'in its own system';
  for (const { pid, unit, paths } of telling) {
    const old = paths.find((path) => !known.has(path));
    if (old === undefined) continue;
    return {
      ill: `pid ${pid}${unit === null ? '' : ` of ${unit}`} still runs the system before: ${old}`,
      hint: 'activation = "restart" restarts the container for each new system',
      unit,
    };
  }
  return 'from its own system';
}
