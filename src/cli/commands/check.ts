import { contractItems } from '../../flake-contract/items.js';
import { EXIT, type ExitCode } from '../../domain/problem.js';
import { contractText, jsonText } from '../../ui/index.js';
import type { Runtime } from '../../runtime/runtime.js';
import { flakeRefOf, inspectorFor, type InspectOptions } from '../../runtime/inspect.js';
import type { CommandLine } from '../command-line.js';
import { examples, nixpkgs, withGlobalOptions } from '../options.js';

export function addCheck({ program, actionOf }: CommandLine): void {
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
    .action(actionOf(check));
}

/** What a flake has of the contract, item by item. Evaluates it, and makes nothing. */
async function check(
  runtime: Runtime,
  options: InspectOptions & { readonly json: boolean },
  written: string,
): Promise<ExitCode> {
  const ref = flakeRefOf(written, runtime.cwd);
  const { nixpkgs, inspect } = await inspectorFor(runtime, options);
  const items = contractItems(await inspect(ref));
  const isWhole = items.every(({ status }) => status === 'ok');
  const report = { flakeRef: ref.written, attribute: ref.attribute, nixpkgs: nixpkgs.written, items };
  const color = runtime.output.colors.stdout;
  runtime.output.write(
    options.json ? jsonText({ version: 1, ok: isWhole, ...report }) : contractText(report, color),
  );
  return isWhole ? EXIT.ok : EXIT.failed;
}
