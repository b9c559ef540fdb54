import type { Protection } from './actual.js';
import type { Problem } from './problem.js';

export function protectionKey(against: Protection['against']): string {
  return `security.protection.${against}`;
}

/** Why something cannot be done with an instance, before any of it is done, and the command that makes it possible. */
export function protectedProblem(instance: string, { against, by }: Protection, wants: string): Problem {
  const key = protectionKey(against);
  const command =
    by === 'instance' ? `incus config unset ${instance} ${key}` : `incus config set ${instance} ${key}=false`;
  return {
    code: 'instance-protected',
    data: { key },
    app: instance,
    message: `Incus protects \`${instance}\` (${key}${by === 'profile' ? ', in a profile' : ''}), and ${wants}`,
    hint: `${command}; then run the same command again`,
  };
}
