import { contractItems } from '../../flake-contract/items.js';
import { EXIT, type ExitCode } from '../../domain/problem.js';
import { contractText, jsonText } from '../../ui/index.js';
import { wantsColor, type Context } from '../../runtime/context.js';
import { flakeRefOf, inspectorFor, type InspectOptions } from './inspect.js';

/** What a flake has of the contract, item by item. Evaluates it, and makes nothing. */
export async function check(
  written: string,
  options: InspectOptions & { readonly json: boolean },
  context: Context,
): Promise<ExitCode> {
  const ref = flakeRefOf(written, context.cwd);
  const { nixpkgs, inspect } = await inspectorFor(options, context);
  const items = contractItems(await inspect(ref));
  const isWhole = items.every(({ status }) => status === 'ok');
  const report = { flakeRef: ref.written, attribute: ref.attribute, nixpkgs: nixpkgs.written, items };
  const color = wantsColor(options.color, context.env, context.stdout);
  context.stdout.write(
    options.json ? jsonText({ version: 1, ok: isWhole, ...report }) : contractText(report, color),
  );
  return isWhole ? EXIT.ok : EXIT.failed;
}
