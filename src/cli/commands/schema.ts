import { manifestJsonSchema } from '../../manifest/json-schema.js';
import { EXIT, type ExitCode } from '../../domain/problem.js';
import { jsonText } from '../../ui/index.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { CommandLine } from '../command-line.js';
import { examples, withGlobalOptions } from '../options.js';

export function addSchema({ program, actionOf }: CommandLine): void {
  withGlobalOptions(program.command('schema'))
    .summary('print the JSON Schema of the manifest, for editors')
    .addHelpText('after', examples('pets schema > pets.schema.json'))
    .action(actionOf(schema));
}

/** The JSON Schema of the manifest, for editors. */
function schema({ output }: Runtime): Promise<ExitCode> {
  output.write(jsonText(manifestJsonSchema()));
  return Promise.resolve(EXIT.ok);
}
