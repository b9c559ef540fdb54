import type { Services } from '../src/executor/job.js';
import { FailedProgram, ProblemError } from '../src/domain/problem.js';

/**
 * What goes wrong at one call of a port. `killed`: the process is gone, and nothing that it would have asked for
 * happens any more. `isDone`: what was asked for happens, and only its answer is lost.
 */
export type Fault = {
  readonly at: number;
  readonly kind: 'daemon' | 'program' | 'killed' | 'stopped';
  readonly isDone: boolean;
};

type Call = (...args: readonly unknown[]) => Promise<unknown>;

/** Ports that fail at these calls, which are counted over all of them. `stop`: somebody presses Ctrl-C. */
export function faultyPorts(ports: Services, faults: readonly Fault[], stop: () => void): Services {
  let calls = 0;
  let isDead = false;
  const run = async (call: () => Promise<unknown>): Promise<unknown> => {
    const fault = faults.find(({ at }) => at === calls);
    calls++;
    if (isDead) throw new Error('the process is gone');
    if (fault?.kind === 'stopped') stop();
    if (!fault || fault.kind === 'stopped') return call();
    if (fault.isDone) await call();
    isDead = fault.kind === 'killed';
    const problem = { code: 'bug' as const, message: `${fault.kind} at call ${fault.at}` };
    throw fault.kind === 'program' ? new FailedProgram(problem, []) : new ProblemError(problem);
  };
  const wrap = <T extends object>(port: T, plain: readonly string[] = []): T =>
    Object.fromEntries(
      Object.entries(port as Record<string, Call>).map(([name, call]) => [
        name,
        plain.includes(name) ? call : (...args: readonly unknown[]) => run(() => call(...args)),
      ]),
    ) as T;
  const { incus, nix, guest, host, secrets, lockFile, stores, limitMs, twin } = ports;
  const made = ['instance', 'bootstrap'];
  return {
    twin,
    ...{ incus: wrap(incus), nix: wrap(nix), guest: wrap(guest), host: wrap(host), limitMs },
    ...{ secrets: wrap(secrets, ['hide']), lockFile: wrap(lockFile) },
    stores: { shared: wrap(stores.shared, made), copy: wrap(stores.copy, made) },
  };
}
