import { contractItems } from '../../flake-contract/items.js';
import { EXIT, ProblemError, type ExitCode } from '../../domain/problem.js';
import { contractText } from '../../ui/index.js';
import { confirm, mayAsk } from '../../runtime/confirm.js';
import { wantsColor, type Context } from '../../runtime/context.js';
import { changeFor, readFlake, tried, write } from './flake-change.js';
import type { InitOptions } from './init.js';
import { serviceFor } from './init-service.js';
import { flakeRefOf, inspectorFor } from './inspect.js';
import { showChanges } from './new-files.js';
import { notice } from '../../runtime/notice.js';

/** Adds `nixosModules.incus` to the flake in this folder; to one that has it, nothing. */
export async function initContract(
  name: string | undefined,
  options: InitOptions,
  context: Context,
): Promise<ExitCode> {
  const folder = context.cwd;
  const inspector = await inspectorFor(options, context);
  const ref = flakeRefOf('.', folder);
  const examined = await inspector.inspect(ref);
  if (examined.facts.modules.includes('incus')) {
    notice(
      'note',
      'the flake has nixosModules.incus already: `pets check .` says what it lacks',
      options,
      context,
    );
    return EXIT.ok;
  }
  const flake = readFlake(folder);
  const { service, module } = await serviceFor(name, { examined, flake, options, context });
  const change = changeFor({ service, module }, folder, flake);
  const result = await tried(change, { ref, examined, inspector });
  showChanges(
    [
      { path: change.file.path, before: null, after: change.file.text },
      { path: 'flake.nix', before: change.before, after: change.after },
    ],
    options,
    context,
  );
  if (options.dryRun) return EXIT.ok;
  if (!(await isAgreed(options, context))) {
    notice('note', 'nothing was written', options, context);
    return EXIT.ok;
  }
  await write(folder, change);
  const items = contractItems(result);
  const color = wantsColor(options.color, context.env, context.stdout);
  context.stdout.write(contractText({ flakeRef: '.', nixpkgs: inspector.nixpkgs.written, items }, color));
  return items.every(({ status }) => status === 'ok') ? EXIT.ok : EXIT.failed;
}

async function isAgreed(options: InitOptions, context: Context): Promise<boolean> {
  if (options.yes) return true;
  if (mayAsk(options, context)) return confirm('Write this?', context);
  const hint = 'pets init --contract --yes';
  throw new ProblemError(
    { message: 'nobody can be asked whether to write this; nothing was written', hint },
    EXIT.usage,
  );
}
