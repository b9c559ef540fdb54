import { join } from 'node:path';
import { MODES, setMode } from '../lib/files.js';
import type { Exec } from '../lib/program.js';
import { pathUrl } from './url.js';
import { failedEvaluation, hideFolder } from './words.js';

/** Writes the flake.lock of a flake in a folder, which may be in a git work tree that does not know it yet. */
export async function lockFlake(folder: string, exec: Exec): Promise<void> {
  const features = ['--extra-experimental-features', 'nix-command flakes'];
  const result = await exec('nix', [...features, 'flake', 'lock', '--', pathUrl(folder)]);
  const blame = () => ({ code: 'fetch-failed' }) as const;
  if (result.exitCode !== 0)
    throw failedEvaluation('the wrapper cannot be locked', result, hideFolder(folder), blame);
  await setMode(join(folder, 'flake.lock'), MODES.shared.file);
}
