import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ProblemError } from '../domain/problem.js';
import type { Tools } from './tools.js';
import { parameterOf, pathOf } from './url.js';

/**
 * The names of the inputs that a flake's own lock has; null: it has no lock. `written`: what it is in the manifest. The
 * `path` that `nix flake metadata` tells is no place to look at: since Nix 2.35, and with lazy trees, nothing is
 * copied there.
 */
export async function lockedInputs(
  url: string,
  written: string,
  tools: Tools,
): Promise<readonly string[] | null> {
  const source = url.startsWith('path:') ? pathOf(url) : (await tools.fetch(url)).storePath;
  const dir = parameterOf(url, 'dir') ?? '';
  const folder = join(source, dir);
  try {
    const isThere = (await readdir(folder)).includes('flake.lock');
    return isThere ? inputsIn(await readFile(join(folder, 'flake.lock'), 'utf8')) : null;
  } catch (error) {
    const { code = String(error) } = error as NodeJS.ErrnoException;
    const isMissing = dir !== '' && existsSync(source);
    const why = isMissing
      ? `there is no folder ${JSON.stringify(dir)} in it`
      : `cannot read ${folder} (${code})`;
    throw new ProblemError({
      code: isMissing ? 'source-missing' : 'source-unreadable',
      message: `\`${written}\`: ${why}`,
    });
  }
}

type LockJson = {
  readonly root?: string;
  readonly nodes?: Readonly<Record<string, { readonly inputs?: object } | undefined>>;
};

/** None of a text that is no lock: Nix says what is wrong with it. */
function inputsIn(text: string): readonly string[] {
  try {
    const { root = 'root', nodes = {} } = JSON.parse(text) as LockJson;
    return Object.keys(nodes[root]?.inputs ?? {});
  } catch {
    return [];
  }
}
