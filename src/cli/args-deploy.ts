import type { Command } from 'commander';
import type { Context } from '../runtime/context.js';
import { adopt } from './commands/adopt.js';
import type { AdoptOptions } from './commands/adoptable.js';
import { deploy, type DeployOptions } from './commands/deploy.js';
import { examples, withLockOptions, withRunOptions, type Ends, runtimeFor } from './options.js';

/** What describes the app has no variables: one that is set for good would move what is deployed already. */
export function addDeploy(program: Command, context: Context, ends: Ends): void {
  withRunOptions(program.command('deploy <flake-ref> [name]'))
    .summary('run an app from a flake, without a manifest')
    .description(
      'Brings up one app at the newest revision of its flake and prints its URL. What is not given is as it was deployed last; the name is the one that the flake suggests. Every other verb finds it with --deployed.',
    )
    .option('--port <port>', 'port on the host; needed once')
    .option('--listen <ip>', 'address on the host on which the port is open (at first: 127.0.0.1)')
    .option('--nixpkgs <flake-ref>', 'nixpkgs that the system is assembled with (at first: as in a manifest)')
    .addHelpText(
      'after',
      examples(
        'pets deploy github:srid/anywhen --port 8080',
        'pets deploy ./web blog --port 8081 --listen 0.0.0.0',
        'pets deploy ./web blog',
        'pets ps --deployed',
      ),
    )
    .action((ref: string, name: string | undefined, options: DeployOptions) =>
      ends(deploy(runtimeFor(context, options), options, ref, name)),
    );
}

export function addAdopt(program: Command, context: Context, ends: Ends): void {
  withLockOptions(program.command('adopt <name>'))
    .summary('take a container that has no manifest into this one')
    .description(
      "Prints the table that the manifest would have for a container of `pets deploy` or of incus-pet. With --write it is appended to the manifest, and the container is the project's from then on, with its data and its generations.",
    )
    .option('--write', 'insert it, and hand the container over', false)
    .option('--force', 'also one that bears no mark; it needs --flake-ref', false)
    .option('--flake-ref <ref>', 'the flake that it is to be made from')
    .addHelpText(
      'after',
      examples(
        'pets adopt blog',
        'pets adopt blog --write',
        'pets adopt old --write --force --flake-ref ./old',
      ),
    )
    .action((name: string, options: AdoptOptions) =>
      ends(adopt(runtimeFor(context, options), options, name)),
    );
}
