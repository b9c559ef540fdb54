import { existsSync, lstatSync } from 'node:fs';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Added } from '../../flake-contract/added.js';
import { byHand } from '../../flake-contract/by-hand.js';
import { modulesInsertion, withInsertion } from '../../flake-contract/flake-edit.js';
import { incusModule, moduleText, type Program, type Service } from '../../flake-contract/incus-module.js';
import type { Examined } from '../../domain/contract.js';
import { attributePath } from '../../flake-contract/nix-text.js';
import type { FlakeRef } from '../../domain/manifest.js';
import { makeRunFolder } from '../../nix/run-folder.js';
import { stage } from '../../nix/source.js';
import { ProblemError } from '../../domain/problem.js';
import { readRegular, UnfitFile } from '../../lib/regular-file.js';
import type { Exec } from '../../lib/program.js';
import type { Inspector } from '../inspect.js';
import { inTheWay, makeVisible, rewrite, writeNew, type NewFile } from './new-files.js';

/** `module`: the one of `nixosModules` that declares the service. */
export type Shipped = { readonly service: Service; readonly module: string };

/** What is to be written: a new file, and flake.nix with one thing inserted. */
export type Change = {
  readonly file: NewFile;
  readonly before: string;
  readonly after: string;
  /** Names of the modules that it adds. */
  readonly added: readonly string[];
  /** What a person can write instead. */
  readonly byHand: string;
};

/** Bytes of a flake.nix. */
const MOST = 16 * 2 ** 20;

export function readFlake(folder: string): string {
  const path = join(folder, 'flake.nix');
  try {
    return readRegular(path, MOST).toString();
  } catch (error) {
    if (!(error instanceof UnfitFile)) throw error;
    throw new ProblemError({ code: 'file-unreadable', message: `${path} ${error.message}` });
  }
}

export function changeFor({ service, module }: Shipped, folder: string, before: string): Change {
  const hasFolder = lstatSync(join(folder, 'nix'), { throwIfNoEntry: false })?.isDirectory() === true;
  const path = hasFolder ? 'nix/incus.nix' : 'incus-module.nix';
  if (existsSync(join(folder, path))) throw inTheWay(path);
  const added = [
    ...defaultOf(module),
    { name: 'incus', value: (self: string) => `import ./${path} ${self}` },
  ];
  const edit = modulesInsertion(before, added);
  if (!edit.ok)
    throw refusal(`flake.nix cannot be added to: ${edit.reason}`, textByHand(before, service, module));
  return {
    file: { path, text: incusModule(service) },
    before,
    after: withInsertion(before, edit),
    added: added.map(({ name }) => name),
    byHand: textByHand(before, service, module, true),
  };
}

/** The whole of it. `module`: the default where it is null. `isTried`: it has been inserted, and has not worked. */
export function textByHand(
  flake: string,
  pet: Service | Program,
  module: string | null,
  isTried = false,
): string {
  const incus = { name: 'incus', value: (self: string) => moduleText(pet, '', self) };
  return byHand(flake, [...defaultOf(module ?? 'default'), incus], isTried);
}

/** A module of another name is made the default. */
function defaultOf(module: string): Added[] {
  if (module === 'default') return [];
  return [{ name: 'default', value: (self) => `${self}.${attributePath('nixosModules', module)}` }];
}

function refusal(message: string, hint: string): ProblemError {
  return new ProblemError({ code: 'flake-not-editable', message: `${message}; nothing was written`, hint });
}

type Trial = {
  readonly ref: FlakeRef;
  readonly examined: Examined;
  readonly inspector: Inspector;
  readonly exec: Exec;
};

/** Evaluates the change on a copy, so that nothing has to be taken back. It must add the modules, and nothing else. */
export async function tryChange(
  change: Change,
  { ref, examined, inspector, exec }: Trial,
): Promise<Examined> {
  const copy = await mkdtemp(join(await makeRunFolder(), 'changed-'));
  try {
    await stage(ref, new Set(), copy, exec);
    for (const { path, text } of [change.file, { path: 'flake.nix', text: change.after }]) {
      await mkdir(dirname(join(copy, path)), { recursive: true });
      // It may be a link to the flake's own.
      await rm(join(copy, path), { force: true });
      await writeFile(join(copy, path), text);
    }
    const changed = { ...ref, written: `path:${copy}`, url: `path:${copy}`, directory: copy };
    const result = await inspector.inspect(changed).catch((error: unknown) => {
      if (error instanceof ProblemError) throw refusal(`with the change ${error.message}`, change.byHand);
      throw error;
    });
    if (result.problem) throw refusal(`with the change ${result.problem.message}`, change.byHand);
    if (!onlyAdds(change.added, examined, result)) {
      const words = 'with the change the flake would not have this module besides all it has now';
      throw refusal(words, change.byHand);
    }
    return result;
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

function onlyAdds(
  added: readonly string[],
  { facts: before }: Examined,
  { facts: after }: Examined,
): boolean {
  const same = (a: readonly string[], b: readonly string[]) =>
    [...a].sort().join('\0') === [...b].sort().join('\0');
  return (
    same(before.outputs, after.outputs) &&
    same(before.packages, after.packages) &&
    same([...before.modules, ...added], after.modules)
  );
}

export async function writeChange(
  folder: string,
  { file, before, after }: Change,
  exec: Exec,
): Promise<void> {
  const flake = await realpath(join(folder, 'flake.nix'));
  if (readFlake(folder) !== before) {
    throw new ProblemError({
      code: 'file-changed',
      message: 'flake.nix has been changed meanwhile; nothing was written',
    });
  }
  await writeNew(folder, [file]);
  try {
    await rewrite(flake, after);
    await makeVisible(folder, [file.path], exec);
  } catch (error) {
    await rm(join(folder, file.path), { force: true });
    if (readFlake(folder) !== before) await rewrite(flake, before);
    throw error;
  }
}
