import { printManifest } from '../../manifest/print.js';
import { EXIT, type ExitCode } from '../../domain/problem.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { CommandLine } from '../command-line.js';
import { examples, withGlobalOptions } from '../options.js';

export function addConfig({ program, actionOf }: CommandLine): void {
  withGlobalOptions(program.command('config'))
    .summary('print the manifest with every default filled in')
    .option('--json', 'print JSON', false)
    .addHelpText('after', examples('pets config', 'pets config --json'))
    .action(actionOf(config));
}

/** The manifest with every default filled in, as TOML or JSON. */
async function config(runtime: Runtime, options: { readonly json: boolean }): Promise<ExitCode> {
  const { manifest } = await runtime.project();
  runtime.output.write(printManifest(manifest, options.json ? 'json' : 'toml'));
  return EXIT.ok;
}
