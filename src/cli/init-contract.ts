import { existsSync, lstatSync } from 'node:fs';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { byHand } from '../contract/by-hand.js';
import { modulesInsertion, withInsertion } from '../contract/flake-edit.js';
import { contractItems, prerequisites, releaseOf, serviceOf, type Examined } from '../contract/items.js';
import { incusModule, moduleText, type Service } from '../contract/templates.js';
import { nearestName } from '../manifest/names.js';
import { didYouMean } from '../manifest/suggest.js';
import type { FlakeRef } from '../model.js';
import { makeRunFolder } from '../nix/run-folder.js';
import { stage } from '../nix/source.js';
import { EXIT, ProblemError, type ExitCode, type Problem } from '../problem.js';
import { readRegular, UnfitFile } from '../regular-file.js';
import { contractText } from '../ui/index.js';
import { confirm, mayAsk } from './confirm.js';
import { wantsColor, type Context } from './context.js';
import type { InitOptions } from './init.js';
import { flakeRefOf, inspectorFor, type Inspector } from './inspect.js';
import { inTheWay, makeVisible, rewrite, showChanges, writeNew, type NewFile } from './new-files.js';
import { notice } from './notice.js';
import { lazyExec } from './wire.js';

/** What is to be written: a new file, and flake.nix with one thing inserted. */
type Change = { readonly file: NewFile; readonly before: string; readonly after: string };

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
  const service = serviceFor(name, examined);
  const change = changeFor(service, folder);
  const result = await tried(change, { ref, service, examined, inspector });
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

/** Of a flake that has all it takes; what it lacks is for its author to write. */
function serviceFor(given: string | undefined, examined: Examined): Service {
  const { facts } = examined;
  const names = Object.keys(facts.services ?? {});
  if (given !== undefined && names.length > 0 && !names.includes(given)) {
    const hint = didYouMean(given, names) ?? `it declares ${names.join(', ')}`;
    throw new ProblemError(
      { message: `nixosModules.default declares no services.${given}`, hint },
      EXIT.usage,
    );
  }
  const name = given ?? serviceOf(facts);
  const lacking = prerequisites(examined, name).map(({ name: item, status, found, write }): Problem => {
    const words = [
      `${item} is ${status === 'missing' ? 'missing' : 'not to be seen yet'}`,
      ...(found === null ? [] : [found]),
    ];
    return { message: words.join(': '), ...(write !== null && { hint: `write: ${write}` }) };
  });
  if (lacking.length > 0 || name === null)
    throw new ProblemError([
      ...lacking,
      { message: 'nothing was written', hint: 'meet these, then run it again' },
    ]);
  return { name, hostname: nearestName(name) ?? 'app', release: releaseOf(facts.version) };
}

/** Bytes of a flake.nix. */
const MOST = 16 * 2 ** 20;

function textOf(path: string): string {
  try {
    return readRegular(path, MOST).toString();
  } catch (error) {
    if (!(error instanceof UnfitFile)) throw error;
    throw new ProblemError({ message: `${path} ${error.message}` });
  }
}

function changeFor(service: Service, folder: string): Change {
  const hasFolder = lstatSync(join(folder, 'nix'), { throwIfNoEntry: false })?.isDirectory() === true;
  const path = hasFolder ? 'nix/incus.nix' : 'incus-module.nix';
  if (existsSync(join(folder, path))) throw inTheWay(path);
  const before = textOf(join(folder, 'flake.nix'));
  const edit = modulesInsertion(before, [{ name: 'incus', value: (self) => `import ./${path} ${self}` }]);
  if (!edit.ok)
    throw refusal(`flake.nix cannot be added to: ${edit.reason}`, byHandText(before, service, false));
  return { file: { path, text: incusModule(service) }, before, after: withInsertion(before, edit) };
}

function refusal(message: string, hint: string): ProblemError {
  return new ProblemError({ message: `${message}; nothing was written`, hint });
}

/** The whole of it, for a person to write. */
function byHandText(flake: string, service: Service, isTried: boolean): string {
  return byHand(flake, [{ name: 'incus', value: (self) => moduleText(service, '', self) }], isTried);
}

type Trial = {
  readonly ref: FlakeRef;
  readonly service: Service;
  readonly examined: Examined;
  readonly inspector: Inspector;
};

/** Evaluates the change on a copy, so that nothing has to be taken back. It must add the module, and nothing else. */
async function tried(change: Change, { ref, service, examined, inspector }: Trial): Promise<Examined> {
  const copy = await mkdtemp(join(await makeRunFolder(), 'changed-'));
  try {
    await stage(ref, new Set(), copy, lazyExec);
    for (const { path, text } of [change.file, { path: 'flake.nix', text: change.after }]) {
      await mkdir(dirname(join(copy, path)), { recursive: true });
      // It may be a link to the flake's own.
      await rm(join(copy, path), { force: true });
      await writeFile(join(copy, path), text);
    }
    const changed = { ...ref, written: `path:${copy}`, url: `path:${copy}`, directory: copy };
    const hint = byHandText(change.before, service, true);
    const result = await inspector.inspect(changed).catch((error: unknown) => {
      if (error instanceof ProblemError) throw refusal(`with the change ${error.message}`, hint);
      throw error;
    });
    if (result.problem) throw refusal(`with the change ${result.problem.message}`, hint);
    if (!onlyAdds(examined, result))
      throw refusal('with the change the flake would not have this module besides all it has now', hint);
    return result;
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

function onlyAdds({ facts: before }: Examined, { facts: after }: Examined): boolean {
  const same = (a: readonly string[], b: readonly string[]) =>
    [...a].sort().join('\0') === [...b].sort().join('\0');
  return (
    same(before.outputs, after.outputs) &&
    same(before.packages, after.packages) &&
    same([...before.modules, 'incus'], after.modules)
  );
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

async function write(folder: string, { file, before, after }: Change): Promise<void> {
  const flake = await realpath(join(folder, 'flake.nix'));
  if (textOf(flake) !== before) {
    throw new ProblemError({ message: 'flake.nix has been changed meanwhile; nothing was written' });
  }
  await writeNew(folder, [file]);
  try {
    await rewrite(flake, after);
    await makeVisible(folder, [file.path]);
  } catch (error) {
    await rm(join(folder, file.path), { force: true });
    if (textOf(flake) !== before) await rewrite(flake, before);
    throw error;
  }
}
