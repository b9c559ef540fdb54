import type { Command } from 'commander';
import { check } from './commands/check.js';
import type { Context } from '../runtime/context.js';
import { init } from './commands/init.js';
import type { InitOptions, InspectOptions } from './commands/inspect.js';
import { examples, flag, withGlobalOptions, type Ends, runtimeFor } from './options.js';

const nixpkgs = () =>
  flag(
    '--nixpkgs <flake-ref>',
    'nixpkgs to evaluate with (default: that of the manifest, where there is one)',
  );

/** The verbs about flakes that ship a pet: docs/contract.md. */
export function addContract(program: Command, context: Context, ends: Ends): void {
  withGlobalOptions(program.command('check <flake-ref>'))
    .summary('say what a flake has of the contract, item by item')
    .description(
      'Evaluates the flake as `up` would and lists each item of the contract: ok, missing or wrong, and what to write. Makes and builds nothing. Exits with 1 when an item is not ok.',
    )
    .addOption(nixpkgs())
    .option('--json', 'print JSON', false)
    .addHelpText(
      'after',
      examples('pets check .', 'pets check github:owner/repo', 'pets check ./web --json | jq .items'),
    )
    .action((ref: string, options: InspectOptions & { json: boolean }) =>
      ends(check(runtimeFor(context, options), options, ref)),
    );
  withGlobalOptions(program.command('init [name]'))
    .summary('write a first pets.toml, or what a flake needs to be a pet')
    .description(
      'Writes a commented pets.toml of the project <name>, by default the folder’s. With --contract it adds `nixosModules.incus` to the flake in this folder, for its service <name> where there are several; with --wrapper it writes a flake around another one’s package, with its module where it has one, in a folder <name>. Nothing is ever overwritten.',
    )
    .option('--contract', 'add nixosModules.incus to the flake in this folder', false)
    .option('--wrapper <flake-ref>', 'write a flake that makes a pet of this one’s package')
    .addOption(
      flag(
        '--host-option <option>',
        'option of the service for the address that it listens on: settings.address',
      ),
    )
    .addOption(
      flag('--port-option <option>', 'the one for the port; the same for both where it takes address:port'),
    )
    .addOption(nixpkgs())
    .addOption(flag('-n, --dry-run', 'only show what would be written').default(false))
    .addOption(flag('-y, --yes', 'write without asking').default(false))
    .addOption(flag('--no-input', 'never ask'))
    .addHelpText(
      'after',
      examples(
        'pets init homelab',
        'pets init --contract --dry-run',
        'pets init --contract --host-option settings.bind --port-option settings.port',
        'pets init --wrapper github:owner/repo#server web',
      ),
    )
    .action((name: string | undefined, options: InitOptions) =>
      ends(init(runtimeFor(context, options), options, name)),
    );
}
