import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ProblemError } from '../domain/problem.js';
import type { Tools } from './tools.js';
import { parameterOf, pathOf } from './url.js';

/**
 * Whether a flake has a lock of its own. `written`: what it is in the manifest. The `path` that `nix flake metadata`
 * tells is no place to look at: since Nix 2.35, and with lazy trees, nothing is copied there.
 */
export async function hasLock(url: string, written: string, tools: Tools): Promise<boolean> {
  const source = url.startsWith('path:') ? pathOf(url) : (await tools.fetch(url)).storePath;
  const dir = parameterOf(url, 'dir') ?? '';
  const folder = join(source, dir);
  try {
    return (await readdir(folder)).includes('flake.lock');
  } catch (error) {
    const { code = String(error) } = error as NodeJS.ErrnoException;
    const isMissing = dir !== '' && existsSync(source);
    const why = isMissing
      ? `there is no folder ${JSON.stringify(dir)} in it`
      : `cannot read ${folder} (${code})`;
    throw new ProblemError({ message: `\`${written}\`: ${why}` });
  }
}
