import { contractItems } from '../../flake-contract/items.js';
import { EXIT, ProblemError, type ExitCode } from '../../domain/problem.js';
import { contractText } from '../../ui/index.js';
import type { Runtime } from '../runtime.js';
import { changeFor, readFlake, tryChange, writeChange } from './flake-change.js';
import type { InitOptions } from '../inspect.js';
import { serviceFor } from './service.js';
import { flakeRefOf, inspectorFor } from '../inspect.js';
import { showChanges } from './new-files.js';

/** Adds `nixosModules.incus` to the flake in this folder; to one that has it, nothing. */
export async function initContract(
  runtime: Runtime,
  options: InitOptions,
  name: string | undefined,
): Promise<ExitCode> {
  const folder = runtime.cwd;
  const inspector = await inspectorFor(runtime, options);
  const ref = flakeRefOf('.', folder);
  const examined = await inspector.inspect(ref);
  if (examined.facts.modules.includes('incus')) {
    runtime.output.notice(
      'note',
      'the flake has nixosModules.incus already: `pets check .` says what it lacks',
    );
    return EXIT.ok;
  }
  const flake = readFlake(folder);
  const { service, module } = await serviceFor(name, { examined, flake, options, runtime });
  const change = changeFor({ service, module }, folder, flake);
  const result = await tryChange(change, { ref, examined, inspector, exec: runtime.programs.exec });
  showChanges(runtime, [
    { path: change.file.path, before: null, after: change.file.text },
    { path: 'flake.nix', before: change.before, after: change.after },
  ]);
  if (options.dryRun) return EXIT.ok;
  if (!(await isAgreed(runtime, options))) {
    runtime.output.notice('note', 'nothing was written');
    return EXIT.ok;
  }
  await writeChange(folder, change, runtime.programs.exec);
  const items = contractItems(result);
  const color = runtime.output.colors.stdout;
  runtime.output.write(contractText({ flakeRef: '.', nixpkgs: inspector.nixpkgs.written, items }, color));
  return items.every(({ status }) => status === 'ok') ? EXIT.ok : EXIT.failed;
}

async function isAgreed(runtime: Runtime, options: InitOptions): Promise<boolean> {
  if (options.yes) return true;
  if (runtime.prompt.mayAsk) return runtime.prompt.confirm('Write this?');
  const hint = 'pets init --contract --yes';
  throw new ProblemError(
    {
      code: 'not-confirmed',
      message: 'nobody can be asked whether to write this; nothing was written',
      hint,
    },
    EXIT.usage,
  );
}
