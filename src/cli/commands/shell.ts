import type { GlobalOptions } from '../../runtime/context.js';
import type { Runtime } from '../../runtime/runtime.js';
import { exec } from './exec.js';
import type { CommandLine } from '../command-line.js';
import { examples, withGlobalOptions } from '../options.js';

export function addShell({ program, actionOf }: CommandLine): void {
  withGlobalOptions(program.command('shell <app>'))
    .summary('open a login shell in an app')
    .description('Opens a login shell of root in the container of an app.')
    .addHelpText('after', examples('pets shell web'))
    .action(actionOf(shell));
}

/** A login shell of root's, with what the guest's profile sets up. */
function shell(runtime: Runtime, options: GlobalOptions, name: string): Promise<number> {
  return exec(runtime, { ...options, stdin: true }, name, ['su', '--login']);
}
