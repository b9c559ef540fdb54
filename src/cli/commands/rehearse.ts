import { rehearse } from '../../runtime/rehearse.js';
import type { CommandLine } from '../command-line.js';
import { dryRun, examples, retry, withRunOptions } from '../options.js';

export function addRehearse({ program, actionOf }: CommandLine): void {
  withRunOptions(program.command('rehearse [app...]'))
    .summary('try what `up` would bring, on copies')
    .description(
      'Builds the new system of each app that `up` would bring another one to, and starts it in a twin: a container with copies of the app’s volumes and its secrets, and without network and exposure. It must become healthy there; then the twin is deleted. The app is not touched, but for standing still while its volumes are copied. Ends with 4 where a new system did not get through.',
    )
    .addOption(retry())
    .addOption(dryRun())
    .addHelpText('after', examples('pets rehearse', 'pets update web && pets rehearse web && pets up web'))
    .action(actionOf(rehearse));
}
