import { GUEST_PATH } from '../../domain/guest-path.js';
import type { Command } from '../../lib/program.js';
import { INCUS_PROJECT } from './own.js';

/**
 * Runs a command in a guest by way of the `incus` program, which knows about terminals: one is made where stdin and
 * stdout are one. The remote is named: the default one may be another host.
 */
export function execCommand(
  app: string,
  command: readonly string[],
  { terminal = true }: { readonly terminal?: boolean } = {},
): Command {
  const mode = terminal ? [] : ['-T'];
  const path = ['--env', `PATH=${GUEST_PATH}`];
  return ['incus', '--project', INCUS_PROJECT, 'exec', ...mode, ...path, `local:${app}`, '--', ...command];
}
