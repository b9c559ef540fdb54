import { closureOf, isRefusal } from '../domain/closure.js';
import type { Exec } from '../lib/program.js';
import { isOwnUnit } from './log.js';
import type { Process } from './processes.js';
import type { Unhealthy } from './verdict.js';

const INIT = 1;
const HINT = 'activation = "restart" restarts the container for each new system';

/** The store paths of a system; null: this host does not know them, as after its garbage was collected. */
export type Closure = () => Promise<ReadonlySet<string> | null>;

/** Both store modes build on this host. Asked for once, when it is needed. */
export function closureOnce(toplevel: string, exec: Exec, say: (line: string) => void): Closure {
  let asked: ReturnType<Closure> | undefined;
  const ask = async () => {
    const paths = await closureOf(toplevel, exec);
    if (!isRefusal(paths)) return new Set(paths);
    const why = paths.refusal.trim();
    say(`cannot tell what ${toplevel} is made of, so what answers is taken to be it: ${why}`);
    return null;
  };
  return () => (asked ??= ask());
}

/**
 * Whether processes are of the new system: by the store paths in their programs and arguments, and by what their units
 * were started with, which a wrapper that ends in another program does not show. Where nobody can tell (systemd itself
 * holds the socket, no store path is named) it is enough that the guest runs the new system. `left`: units that were
 * started before the last switch, with what they do not say any more.
 */
export async function originOf(
  processes: readonly Process[],
  left: readonly string[],
  closure: Closure,
): Promise<Unhealthy | 'from its own system' | 'in its own system'> {
  const telling = processes.filter(({ pid, paths }) => pid !== INIT && paths.length > 0);
  const known = telling.length === 0 ? null : await closure();
  for (const { pid, unit, paths } of telling) {
    const old = known && paths.find((path) => !known.has(path));
    if (old == null) continue;
    return {
      ill: `pid ${pid}${unit === null ? '' : ` of ${unit}`} still runs the system before: ${old}`,
      hint: HINT,
      unit,
    };
  }
  const [unit] = left.filter(isOwnUnit);
  if (unit !== undefined) {
    const ill = `${unit} still runs what it was started with before the switch: its command or its environment is another now`;
    return { ill, hint: HINT, unit };
  }
  return known === null ? 'in its own system' : 'from its own system';
}
