import { EXIT, type ExitCode } from '../../domain/problem.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { CommandLine } from '../command-line.js';
import { examples, withGlobalOptions } from '../options.js';

export function addValidate({ program, actionOf }: CommandLine): void {
  withGlobalOptions(program.command('validate'))
    .summary('check the manifest, offline')
    .addHelpText('after', examples('pets validate', 'pets validate --file hosts/box/pets.toml'))
    .action(actionOf(validate));
}

/** Reads the manifest and its lock, and nothing else. */
async function validate(runtime: Runtime): Promise<ExitCode> {
  const { manifest } = await runtime.project();
  const count = manifest.apps.length;
  runtime.output.write(`project \`${manifest.project}\`: ${count} ${count === 1 ? 'app' : 'apps'}, valid\n`);
  return EXIT.ok;
}
