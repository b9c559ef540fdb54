import { contractItems } from '../../flake-contract/items.js';
import { EXIT, type ExitCode } from '../../domain/problem.js';
import { contractText, jsonText } from '../../ui/index.js';
import type { Runtime } from '../../runtime/runtime.js';
import { flakeRefOf, inspectorFor, type InspectOptions } from './inspect.js';

/** What a flake has of the contract, item by item. Evaluates it, and makes nothing. */
export async function check(
  runtime: Runtime,
  options: InspectOptions & { readonly json: boolean },
  written: string,
): Promise<ExitCode> {
  const ref = flakeRefOf(written, runtime.cwd);
  const { nixpkgs, inspect } = await inspectorFor(options, runtime);
  const items = contractItems(await inspect(ref));
  const isWhole = items.every(({ status }) => status === 'ok');
  const report = { flakeRef: ref.written, attribute: ref.attribute, nixpkgs: nixpkgs.written, items };
  const color = runtime.output.colors.stdout;
  runtime.output.write(
    options.json ? jsonText({ version: 1, ok: isWhole, ...report }) : contractText(report, color),
  );
  return isWhole ? EXIT.ok : EXIT.failed;
}
